import Agents
import Basics
import Platform
import SystemPackage

/// What `make install` puts in place with the programs.
extension Doctor {
  func checkManual(_ notes: Findings) async {
    let name = "Manual pages"
    func found(in folders: [FilePath]) -> FilePath? {
      folders.first { folder in
        ["git-orch.1", "git-orch.1.gz"].contains { Self.isThere("\(folder.string)/man1/\($0)") }
      }
    }
    if let folder = found(in: manualFolders) { return notes.ok(name, "found in \(folder)") }
    guard let share = shareFolder else { return notes.warn(name, "not found", hints: [Self.installHint]) }
    if let folder = found(in: [share.appending("man")]) {
      return notes.warn(
        name, "they are in \(folder), where man does not look",
        fixes: ["export MANPATH=\(shellQuoted(folder.string)):"])
    }
    notes.warn(name, "not found", hints: [Self.installHint])
  }

  private static let installHint = "'make install' installs them with the programs"

  /// Where man looks: `MANPATH`, whose empty parts stand for the usual places; these are, as man-db has it, next to the
  /// folders of `PATH`.
  private var manualFolders: [FilePath] {
    let written = scene.environment["MANPATH"].flatMap { $0.isEmpty ? nil : $0 }
    let parts = written?.split(separator: ":", omittingEmptySubsequences: false).map(String.init) ?? [""]
    var usual: [FilePath] = []
    for program in path {
      let prefix = program.removingLastComponent()
      usual += [prefix.appending("share/man"), prefix.appending("man"), program.appending("man")]
    }
    usual += ["/usr/local/share/man", "/usr/local/man", "/usr/share/man", "/opt/homebrew/share/man"]
    return parts.flatMap { $0.isEmpty ? usual : [FilePath($0)] }
  }

  private var path: [FilePath] {
    ExecutableSearch(scene.environment).folders.map { FilePath($0) }
  }

  /// `share` next to the folder of our own program.
  private var shareFolder: FilePath? {
    scene.executable?.removingLastComponent().removingLastComponent().appending("share")
  }

  // MARK: - Completion

  func checkCompletion(_ notes: Findings) async {
    let name = "Completion"
    let shell = scene.environment["SHELL"].map { FilePath($0).lastComponent?.string ?? "" } ?? ""
    let file: String
    let folders: [FilePath]
    /// Where the completion may lie without being loaded.
    var unseen: [FilePath] = []
    switch shell {
    case "bash":
      file = "git-orch"
      folders =
        under("BASH_COMPLETION_USER_DIR", "completions")
        + dataFolders.map { $0.appending("bash-completion/completions") } + ["/etc/bash_completion.d"]
        + (bashLooksInPrefixes ? prefixCompletions : [])
      unseen = prefixCompletions
    case "zsh":
      file = "_git-orch"
      let written = FilePath.folders(in: scene.environment["FPATH"])
      folders =
        written + prefixes.map { $0.appending("share/zsh/site-functions") }
        + [
          "/usr/local/share/zsh/site-functions", "/usr/share/zsh/site-functions", "/usr/share/zsh/vendor-completions",
          "/opt/homebrew/share/zsh/site-functions",
        ]
    case "fish":
      file = "git-orch.fish"
      folders =
        under("XDG_CONFIG_HOME", "fish/completions") + home.map { [$0.appending(".config/fish/completions")] }.orEmpty
        + dataFolders.map { $0.appending("fish/vendor_completions.d") } + ["/etc/fish/completions"]
    default:
      let words = shell.isEmpty ? "SHELL is not set" : "'\(shell)' is not supported"
      return notes.skip(name, "\(words); there are completions for bash, zsh and fish")
    }
    if let folder = folders.first(where: { Self.isThere($0.appending(file).string) }) {
      return notes.ok(name, "\(shell), in \(folder)")
    }
    if let folder = unseen.first(where: { Self.isThere($0.appending(file).string) }) {
      let own = "${XDG_DATA_HOME:-$HOME/.local/share}/bash-completion/completions"
      return notes.warn(
        name, "it is in \(folder), where bash-completion \(bashCompletionVersion ?? "of this version") does not look",
        fixes: ["mkdir -p \"\(own)\" && ln -s \(shellQuoted(folder.appending(file).string)) \"\(own)/\""])
    }
    notes.warn(name, "not installed for \(shell)", hints: ["'make install' installs it with the programs"])
  }

  private var prefixCompletions: [FilePath] {
    prefixes.map { $0.appending("share/bash-completion/completions") }
  }

  /// As bash-completion has it in its main file: `2.11`; nil where there is none.
  private var bashCompletionVersion: String? {
    let files = (dataFolders + prefixes.map { $0.appending("share") }).map {
      $0.appending("bash-completion/bash_completion")
    }
    let text = files.lazy.compactMap { try? $0.readText(limit: 256 << 10) }.first
    guard let start = text?.firstRange(of: "BASH_COMPLETION_VERSINFO=(")?.upperBound, let text else { return nil }
    let numbers = text[start...].prefix { $0 != ")" }.split(separator: " ").prefix(2)
    return numbers.count == 2 ? numbers.joined(separator: ".") : nil
  }

  /// Whether it looks for completions next to where programs are found: only since 2.12 (its CHANGELOG).
  private var bashLooksInPrefixes: Bool {
    let numbers = bashCompletionVersion?.split(separator: ".").compactMap { Int($0) } ?? []
    return numbers.count == 2 && (numbers[0], numbers[1]) >= (2, 12)
  }

  private var home: FilePath? { scene.environment["HOME"].map { FilePath($0) } }

  /// A folder in the one that a variable names; none when it names none.
  private func under(_ variable: String, _ path: String) -> [FilePath] {
    scene.environment[variable].flatMap { $0.isEmpty ? nil : [FilePath($0).appending(path)] }.orEmpty
  }

  /// The parents of the folders in which programs are found: shells derive other places from them.
  private var prefixes: [FilePath] { path.map { $0.removingLastComponent() } }

  /// `XDG_DATA_HOME` and `XDG_DATA_DIRS`, or what stands for them when they are not set.
  private var dataFolders: [FilePath] {
    let own = under("XDG_DATA_HOME", "")
    let shared = FilePath.folders(in: scene.environment["XDG_DATA_DIRS"])
    return (own.isEmpty ? home.map { [$0.appending(".local/share")] }.orEmpty : own)
      + (shared.isEmpty ? ["/usr/local/share", "/usr/share"] : shared)
  }

  private static func isThere(_ path: String) -> Bool { access(path, R_OK) == 0 }
}

extension Optional where Wrapped == [FilePath] {
  fileprivate var orEmpty: [FilePath] { self ?? [] }
}
