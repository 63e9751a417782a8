import Agents
import Basics
import Processes
import SystemPackage

/// Where things of this machine are on a host, before anybody knows which host it is: marks that no path holds stand for
/// the job's folder and for the worktree.
struct FarPaths: Sendable {
  static let job = FilePath("/@git-orch-job@")
  static let tree = FilePath("/@git-orch-tree@")

  /// Longest first.
  private let pairs: [(here: String, there: String)]
  private let records: String?

  init(_ work: JobWork) {
    var pairs = [
      (work.files.prompt.string, Self.job.appending("prompt").string),
      (work.worktree.string, Self.tree.string),
    ]
    if let repository = work.repository {
      let git = Self.tree.appending(".git").string
      pairs.append((repository.commonDirectory.string, git))
      if let record = repository.worktreeRecord { pairs.append((record.string, git)) }
      records = repository.commonDirectory.appending("orchestrator").string
      pairs.append((records ?? "", Self.job.appending("files").string))
    } else {
      records = nil
    }
    self.pairs = pairs.map { (here: $0.0, there: $0.1) }.sorted { $0.here.utf8.count > $1.here.utf8.count }
  }

  /// Those that a job was prepared with.
  init(_ table: [String: String]) {
    pairs = table.map { (here: $0.key, there: $0.value) }.sorted { $0.here.utf8.count > $1.here.utf8.count }
    records = nil
  }

  /// What is where, by what it is called here.
  var table: [String: String] {
    Dictionary(pairs.map { ($0.here, $0.there) }, uniquingKeysWith: { first, _ in first })
  }

  /// The text with each path of ours as it is there.
  func translated(_ text: String) -> String {
    var result = text
    for (here, there) in pairs where result.contains(here) {
      var parts: [Substring] = []
      var rest = result[...]
      while let found = rest.firstRange(of: here) {
        // `/trees/app` is not in `/trees/application`.
        let isWhole = found.upperBound == rest.endIndex || !Self.continuesName(rest[found.upperBound])
        parts += [rest[..<found.lowerBound], isWhole ? there[...] : rest[found]]
        rest = rest[found.upperBound...]
      }
      result = (parts + [rest]).joined()
    }
    return result
  }

  /// The files among our records that a text names, and what they are called in the job's folder there.
  func files(in texts: [String]) -> [String: String] {
    guard let records else { return [:] }
    var found: [String: String] = [:]
    for text in texts {
      var rest = text[...]
      while let place = rest.firstRange(of: "\(records)/") {
        let tail = rest[place.upperBound...].prefix { !$0.isWhitespace && !"\"',;:".contains($0) }
        let path = FilePath(String(rest[place.lowerBound..<tail.endIndex]))
        if FileStamp(path)?.isRegular == true { found[path.string] = "files/\(tail)" }
        rest = rest[tail.endIndex...]
      }
    }
    return found
  }

  private static func continuesName(_ character: Character) -> Bool {
    character.isLetter || character.isNumber || "._-@".contains(character)
  }

  /// What an agent gets as its environment there: the host's own folders and session, and all else of ours.
  func environment(_ variables: [String: String]) -> [String: String] {
    variables.filter { name, _ in
      !Self.ours.contains(name) && !Self.oursByPrefix.contains { name.hasPrefix($0) }
    }.mapValues(translated)
  }

  /// After the variables: where users have programs of their own, and a connection that no terminal was asked for has not.
  static let path = "PATH=$PATH:$HOME/.local/bin:$HOME/bin:/usr/local/bin\nexport PATH\n"

  /// About this machine, its folders and the session at it.
  private static let ours: Set<String> = [
    "BROWSER", "COLORTERM", "DBUS_SESSION_BUS_ADDRESS", "DISPLAY", "EDITOR", "GIT_ASKPASS", "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_NOSYSTEM", "GIT_CONFIG_SYSTEM", "GIT_EDITOR", "GIT_EXEC_PATH", "GIT_SEQUENCE_EDITOR", "GIT_SSH",
    "GIT_SSH_COMMAND", "GIT_TEMPLATE_DIR", "GPG_TTY", "HOME", "HOST", "HOSTNAME", "LOGNAME", "MAIL", "OLDPWD", "PATH",
    "PWD", "SHELL", "SHLVL", "STY", "TEMP", "TERM", "TERMINFO", "TMP", "TMPDIR", "TMUX", "TMUX_PANE", "USER", "VISUAL",
    "WAYLAND_DISPLAY", "XAUTHORITY", "_",
  ]
  private static let oursByPrefix = ["DYLD_", "LD_", "SSH_", "SUDO_", "SYSTEMD_", "XDG_"]
}
