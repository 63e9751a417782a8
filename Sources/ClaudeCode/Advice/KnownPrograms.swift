/// What is known of programs, to tell which of them a refusal is about and what could be allowed.
enum KnownPrograms {
  /// What the client allows without a rule, as far as the files that it names are in the worktree. Source: client
  /// 2.1.330; see ``OutsideRead``.
  static let reading: Set<String> = [
    "arch", "base64", "basename", "cal", "cat", "cmp", "column", "comm", "cut", "date", "df", "diff", "dirname", "du",
    "echo", "egrep", "expand", "expr", "false", "fd", "fgrep", "file", "find", "fmt", "fold", "free", "grep", "groups",
    "head", "hostname", "id", "jq", "locale", "ls", "man", "md5sum", "nl", "nproc", "numfmt", "od", "paste", "pgrep",
    "pr", "printf", "ps", "pwd", "readlink", "realpath", "rev", "rg", "seq", "sha1sum", "sha256sum", "sleep", "sort",
    "stat", "strings", "tac", "tail", "test", "tr", "tree", "true", "tsort", "type", "uname", "unexpand", "uniq",
    "uptime", "wc", "which", "whoami",
  ]

  static let gitReading: Set<String> = [
    "blame", "cat-file", "describe", "diff", "for-each-ref", "grep", "log", "ls-files", "merge-base", "reflog",
    "rev-list", "rev-parse", "shortlog", "show", "status",
  ]

  /// What changes files: allowed in the worktree by the mode `acceptEdits`; whether with options as well.
  static let editing: [String: Bool] = [
    "mkdir": true, "touch": true, "rm": true, "rmdir": true, "cp": false, "mv": false,
  ]

  /// What works on the worktree's own index or files, and can be allowed as it was asked for.
  static let gitLocal: Set<String> = ["check-ignore", "ls-tree", "name-rev", "reset", "restore", "show-ref"]

  /// What runs what the worktree has, as a test command does: with a plain word that says what, more arguments make no
  /// difference. By program, which words; an empty set: any.
  static let building: [String: Set<String>] = [
    "make": [], "gmake": [], "ninja": [], "gradle": [], "gradlew": [], "mvn": [], "mvnw": [], "rake": [], "just": [],
    "cargo": ["bench", "build", "check", "clippy", "doc", "fmt", "metadata", "nextest", "test", "tree"],
    "go": ["build", "fmt", "list", "test", "vet"],
    "swift": ["build", "format", "test"],
    "dotnet": ["build", "format", "restore", "test"],
    "mix": ["compile", "credo", "format", "test"],
    "bazel": ["build", "test"],
  ]

  /// What runs scripts by name: allowed as it was asked for if nothing follows, else with any arguments.
  static let scripts: Set<String> = ["npm", "pnpm", "yarn", "bun", "composer"]
  static let scriptWords: Set<String> = ["run", "run-script"]

  /// Test runners: they run the worktree's own code whatever follows.
  static let testing: Set<String> = ["pytest", "jest", "vitest", "mocha", "rspec", "phpunit", "tox", "nox", "ctest"]

  /// What interpreters and wrappers may run.
  static let checking: Set<String> = [
    "pytest", "unittest", "mypy", "ruff", "black", "flake8", "pylint", "isort", "rspec", "rubocop", "rake",
  ]
  /// The words before such a program.
  static let wrappers: [[String]] = [
    ["python", "-m"], ["python3", "-m"], ["uv", "run"], ["poetry", "run"], ["pipenv", "run"], ["bundle", "exec"],
  ]

  static let forgeReading: Set<String> = [
    "pr view", "pr list", "pr diff", "pr checks", "pr status", "issue view", "issue list", "issue status", "run list",
    "run view", "release list", "release view", "repo view",
  ]

  /// What runs whatever it is given, acts on the machine, on its services or in the user's name: no rule of a program
  /// like these is narrow.
  static let wide: Set<String> = [
    // Shells and what runs its arguments.
    "sh", "bash", "zsh", "dash", "ksh", "mksh", "fish", "csh", "tcsh", "ash", "busybox", "pwsh", "powershell", "env",
    "sudo", "doas", "su", "runuser", "xargs", "parallel", "eval", "exec", "command", "builtin", "source", ".", "nohup",
    "time", "timeout", "nice", "ionice", "stdbuf", "setsid", "watch", "strace", "ltrace", "gdb", "lldb", "script",
    "entr", "flock", "chroot", "unshare", "nsenter", "bwrap", "firejail", "systemd-run", "at", "batch", "crontab",
    "trap", "alias", "enable", "tmux", "screen", "expect", "find", "fd", "rg", "less", "more", "man", "install",
    // Interpreters and editors.
    "python", "python2", "python3", "pypy", "pypy3", "ipython", "node", "nodejs", "deno", "tsx", "ts-node", "perl",
    "ruby", "irb", "php", "lua", "luajit", "tclsh", "wish", "R", "Rscript", "julia", "java", "jshell", "groovy",
    "scala",
    "kotlin", "ghci", "runghc", "osascript", "awk", "gawk", "mawk", "nawk", "sed", "ed", "ex", "vi", "vim", "nvim",
    "emacs", "nano", "m4", "bc", "dc", "gcc", "cc", "ld", "sqlite3", "psql", "mysql", "redis-cli", "mongosh",
    // What fetches programs and runs them, containers, other machines.
    "npx", "bunx", "pnpx", "uvx", "pipx", "corepack", "uv", "poetry", "pipenv", "bundle", "docker", "docker-compose",
    "podman", "nerdctl", "kubectl", "helm", "terraform", "tofu", "pulumi", "ansible", "ansible-playbook", "vagrant",
    "packer", "aws", "gcloud", "az", "doctl", "heroku", "vercel", "fly", "flyctl", "wrangler", "firebase", "ssh", "scp",
    "sftp", "rsync", "curl", "wget", "aria2c", "nc", "ncat", "netcat", "socat", "telnet", "ftp", "http", "openssl",
    "gpg",
    "glab", "hub", "svn", "hg",
    // The machine.
    "apt", "apt-get", "dpkg", "dnf", "yum", "rpm", "pacman", "apk", "brew", "snap", "nix", "nix-shell", "nix-env",
    "systemctl", "service", "launchctl", "mount", "umount", "dd", "mkfs", "fdisk", "chown", "chgrp", "kill", "pkill",
    "killall", "shutdown", "reboot", "passwd", "useradd", "usermod", "visudo", "iptables", "ufw", "security",
    "defaults", "setfacl", "xattr", "tee", "ln", "link", "truncate", "shred", "tar", "zip", "unzip", "cpio", "rm", "cp",
    "mv",
    // Secrets, data, and what the user sees.
    "pass", "gopass", "op", "bw", "lpass", "vault", "secret-tool", "keyring", "mysqldump", "pg_dump", "dropdb",
    "createdb", "mongo", "mail", "sendmail", "mutt", "xdg-open", "open", "xclip", "xsel", "pbcopy", "pbpaste", "code",
    "ngrok", "cloudflared",
    // Agents, and ourselves.
    "claude", "codex", "gemini", "git-orch", "git-lfs",
  ]
}
