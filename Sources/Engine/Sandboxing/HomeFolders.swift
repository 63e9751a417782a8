import Basics
import Platform
import SystemPackage

/// What is where on a machine, for sandboxes: relative to the home, unless they begin with a slash.
enum HomeFolders {
  /// What a fork's code may read of the home: programs and what they need to run, and what package managers have
  /// fetched. No folder of these holds logins; those next to them (`.cargo/credentials.toml`, `.m2/settings.xml`) stay
  /// hidden.
  static let toolchains = [
    ".asdf", ".bun/bin", ".bun/install/cache", ".cabal/bin", ".cabal/packages", ".cache/bazelisk", ".cache/deno",
    ".cache/go-build", ".cache/ms-playwright", ".cache/node/corepack", ".cache/pip", ".cache/puppeteer",
    ".cache/uv", ".cache/yarn", ".cargo/bin", ".cargo/env", ".cargo/git", ".cargo/registry", ".deno/bin", ".dotnet",
    ".elan", ".fnm", ".gem/ruby", ".ghcup", ".goenv", ".gradle/caches", ".gradle/jdks", ".gradle/wrapper", ".jdks",
    ".jenv", ".juliaup", ".local/bin", ".local/lib", ".local/pipx", ".local/share/fnm", ".local/share/gem",
    ".local/share/mise", ".local/share/pipx", ".local/share/pnpm", ".local/share/rtx", ".local/share/swiftly",
    ".local/share/uv", ".local/state/mise", ".m2/repository", ".m2/wrapper", ".nix-profile", ".nodenv",
    ".npm/_cacache", ".nuget/packages", ".nvm", ".opam", ".phpbrew", ".pub-cache/bin", ".pub-cache/hosted", ".pyenv",
    ".rbenv", ".rustup", ".rvm", ".sdkman/candidates", ".sdkman/bin", ".stack/programs", ".swiftly", ".swiftpm/cache",
    ".swiftenv", ".volta", ".yarn/berry/cache", "go/bin", "go/pkg", "sdk", "miniconda3", "anaconda3", "miniforge3",
  ]

  /// What holds logins, keys, or what somebody did elsewhere: hidden from one's own agents as well.
  static let secrets = [
    ".1password", ".ICEauthority", ".Xauthority", ".android/adbkey", ".ansible/vault", ".aws", ".azure",
    ".bash_history", ".bundle/config", ".boto", ".cargo/credentials", ".cargo/credentials.toml", ".chef", ".codex",
    ".colima", ".composer/auth.json", ".config/1Password", ".config/BraveSoftware", ".config/Signal", ".config/Slack",
    ".config/azure", ".config/chromium", ".config/composer/auth.json", ".config/containers", ".config/doctl",
    ".config/fly", ".config/gcloud", ".config/gh", ".config/git/credentials", ".config/github-copilot",
    ".config/glab-cli", ".config/google-chrome", ".config/heroku", ".config/hub", ".config/microsoft-edge",
    ".config/netlify", ".config/op", ".config/opera", ".config/pip/pip.conf", ".config/pypoetry/auth.toml",
    ".config/rclone", ".config/sops", ".config/vivaldi", ".config/vercel", ".databrickscfg", ".docker", ".fly",
    ".gem/credentials", ".gemini", ".git-credentials", ".gnupg", ".gradle/gradle.properties", ".heroku",
    ".kube", ".lima", ".local/share/containers", ".local/share/fish/fish_history", ".local/share/keyrings",
    ".local/share/kwalletd", ".local/share/com.vercel.cli", ".m2/settings-security.xml", ".m2/settings.xml",
    ".minikube", ".mozilla", ".my.cnf", ".mysql_history", ".netrc", ".node_repl_history", ".npmrc", ".nuget/NuGet",
    ".oci", ".orbstack", ".password-store", ".pgpass", ".pki", ".psql_history", ".pypirc", ".python_history", ".rd",
    ".s3cfg", ".sops", ".ssh", ".subversion/auth", ".terraform.d/credentials.tfrc.json", ".thunderbird", ".var/app",
    ".vault-token", ".wrangler", ".yarnrc.yml", ".zsh_history", "Library/Application Support/Google/Chrome",
    "Library/Application Support/Firefox", "Library/Cookies", "Library/Keychains", "Library/Safari", "_netrc", "snap",
  ]

  static let system = [
    "/run", "/var/run", "/tmp", "/var/tmp",
    "/etc/NetworkManager/system-connections", "/etc/docker", "/etc/gshadow", "/etc/gshadow-", "/etc/krb5.keytab",
    "/etc/kubernetes", "/etc/openvpn", "/etc/rancher", "/etc/shadow", "/etc/shadow-", "/etc/ssl/private",
    "/etc/sudoers", "/etc/sudoers.d", "/etc/wireguard",
    "/var/backups", "/var/lib/docker", "/var/lib/incus", "/var/lib/kubelet", "/var/lib/lxd", "/var/log", "/var/mail",
    "/var/snap", "/var/spool",
  ]

  /// The home of the user who runs this, whatever the environment says.
  static var ofUser: FilePath? {
    guard let entry = getpwuid(geteuid()), let home = entry.pointee.pw_dir else { return nil }
    return FilePath(platformString: home)
  }
}
