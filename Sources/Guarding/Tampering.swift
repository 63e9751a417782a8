package import Agents
import Basics
package import Git
package import SystemPackage

/// Which of an agent's own tool calls made a change. Only what a call says counts: a script that it ran may have done
/// anything, and then nobody knows who it was.
package struct Tampering: Equatable, Sendable {
  package let change: RepositoryChange
  package let call: AgentCall

  /// The changes that the calls show to be the agent's.
  /// - Parameters:
  ///   - worktree: what relative paths are relative to.
  ///   - place: the repository.
  package static func shown(
    by calls: [AgentCall], for changes: [RepositoryChange], worktree: FilePath, commonDirectory: FilePath,
    checkout: FilePath?, home: String?
  ) -> [Tampering] {
    let commands = calls.map { call in
      call.command.map { ShellWords.simpleCommands(of: $0, in: worktree, home: home) } ?? []
    }
    return changes.compactMap { change in
      for (call, commands) in zip(calls, commands) {
        let evidence = Evidence(change: change, commonDirectory: commonDirectory, checkout: checkout)
        if ["EnterWorktree", "ExitWorktree"].contains(call.tool), [.worktree, .configuration].contains(change.kind) {
          return Tampering(change: change, call: call)
        }
        if let path = call.path {
          let file = ShellWords.resolved(path, in: worktree, home: home)
          if evidence.isWritten(at: file) { return Tampering(change: change, call: call) }
        }
        if commands.contains(where: evidence.isShown) { return Tampering(change: change, call: call) }
      }
      return nil
    }
  }
}

/// What would show that a change was made by a call.
private struct Evidence {
  let change: RepositoryChange
  let commonDirectory: FilePath
  let checkout: FilePath?

  private var isAddedBranch: Bool { change.old == nil && change.name.hasPrefix("refs/heads/") }
  private var shortName: String {
    for prefix in ["refs/heads/", "refs/tags/", "refs/remotes/", "refs/"] where change.name.hasPrefix(prefix) {
      return String(change.name.dropFirst(prefix.count))
    }
    return change.name
  }

  func isWritten(at file: FilePath) -> Bool {
    let file = real(file)
    if file == real(change.path) { return true }
    // A copy to a folder, say.
    if change.kind != .configuration, change.kind != .reference, file == real(change.path.removingLastComponent()) {
      return true
    }
    return change.kind == .reference && file == real(commonDirectory.appending("packed-refs"))
  }

  func isShown(by command: ShellWords.Command) -> Bool {
    // Whoever only makes a branch takes nothing from anybody; that it left its own is the proof's to say.
    if isAddedBranch { return false }
    if let git = GitCall(command), isShown(by: git, command) { return true }
    guard !command.onlyReads else { return false }
    return command.mentions.contains { isWritten(at: $0) }
  }

  private func isShown(by git: GitCall, _ command: ShellWords.Command) -> Bool {
    switch change.kind {
    case .configuration: return isShownInConfiguration(git)
    case .reference: return isShownInReferences(git, command)
    case .worktree: return git.name == "worktree" && git.firstArgument.map { $0 != "list" } ?? false
    case .checkout:
      guard let checkout, GitCall.changers.contains(git.name) else { return false }
      return command.mentions.contains { mentioned in
        let path = real(mentioned)
        return path == real(checkout) || path == real(checkout.appending(".git")) || path == real(commonDirectory)
      }
    case .hook, .file: return false
    }
  }

  private func isShownInConfiguration(_ git: GitCall) -> Bool {
    let key = change.name.lowercased()
    switch git.name {
    case "config":
      guard git.writesConfiguration else { return false }
      return git.arguments.contains { argument in
        let argument = argument.lowercased()
        // A whole section, or an editor, may be any key of it.
        return argument == key || key.hasPrefix("\(argument).") || ["-e", "--edit", "edit"].contains(argument)
      }
    case "remote": return key.hasPrefix("remote.") && git.firstArgument != nil
    case "submodule": return key.hasPrefix("submodule.")
    case "branch", "checkout", "switch": return key.hasPrefix("branch.") && git.mentions(part(of: change.name))
    case "sparse-checkout": return key.hasPrefix("core.sparse") || key.hasPrefix("extensions.")
    default: return false
    }
  }

  /// `topic` of `branch.topic.merge`.
  private func part(of key: String) -> String {
    key.split(separator: ".").dropFirst().dropLast().joined(separator: ".")
  }

  private func isShownInReferences(_ git: GitCall, _ command: ShellWords.Command) -> Bool {
    let isNamed = git.mentions(shortName) || git.mentions(change.name)
    switch git.name {
    case "update-ref": return isNamed || git.arguments.contains("--stdin")
    case "symbolic-ref", "replace", "notes", "pack-refs": return isNamed
    case "branch":
      return isNamed && git.hasOption(in: ["-f", "-d", "-D", "-m", "-M", "-C"], ["--force", "--delete", "--move"])
    case "tag": return isNamed && change.name.hasPrefix("refs/tags/") && !git.hasOption(in: ["-l", "-v"], ["--list"])
    case "stash":
      return change.name == "refs/stash" && git.firstArgument.map { !["list", "show"].contains($0) } ?? true
    case "checkout", "switch": return isNamed && git.hasOption(in: ["-B", "-C"], ["--force-create"])
    case "worktree": return isNamed && git.hasOption(in: ["-B"], [])
    case "push", "fetch", "pull":
      return git.arguments.contains { $0.hasSuffix(":\(shortName)") || $0.hasSuffix(":\(change.name)") }
    case "remote": return change.name.hasPrefix("refs/remotes/") && git.firstArgument.map { $0 != "-v" } ?? false
    default:
      // The branch of another checkout.
      guard GitCall.changers.contains(git.name), change.name.hasPrefix("refs/heads/"), let checkout else {
        return false
      }
      return command.mentions.contains { real($0) == real(checkout) }
    }
  }

  private func real(_ path: FilePath) -> FilePath {
    // What is gone has no real path any more, but its folder has.
    if let found = path.removingLastComponent().realPath, let name = path.lastComponent { return found.appending(name) }
    return path
  }
}

/// A call of git on a command line.
private struct GitCall {
  let name: String
  let arguments: [String]

  /// Commands that change a working tree or the branch that is checked out there.
  static let changers: Set<String> = [
    "add", "am", "apply", "checkout", "cherry-pick", "clean", "commit", "merge", "mv", "pull", "rebase", "reset",
    "restore", "revert", "rm", "stash", "switch", "update-index", "read-tree",
  ]
  private static let optionsWithValue: Set<String> = [
    "-C", "-c", "--git-dir", "--work-tree", "--namespace", "--exec-path",
  ]

  init?(_ command: ShellWords.Command) {
    guard let start = command.words.firstIndex(where: { $0 == "git" || $0.hasSuffix("/git") }),
      command.words[..<start].allSatisfy(Self.mayStandBefore)
    else { return nil }
    var rest = command.words[(start + 1)...]
    while let option = rest.first, option.hasPrefix("-") {
      rest = rest.dropFirst(Self.optionsWithValue.contains(option) ? 2 : 1)
    }
    guard let name = rest.first else { return nil }
    self.name = name
    arguments = Array(rest.dropFirst())
  }

  /// Variables, and programs that run what follows them, with their options.
  private static func mayStandBefore(_ word: String) -> Bool {
    let wrappers: Set<String> = ["sudo", "env", "command", "exec", "time", "xargs", "nohup", "nice", "timeout", "eval"]
    return wrappers.contains(word) || word.contains("=") || word.hasPrefix("-") || word.allSatisfy(\.isNumber)
  }

  var firstArgument: String? { arguments.first }

  func mentions(_ name: String) -> Bool { arguments.contains { $0 == name || $0.hasSuffix("=\(name)") } }

  /// Letters may be joined: `-fd`.
  func hasOption(in letters: [String], _ long: [String]) -> Bool {
    arguments.contains { argument in
      if argument.hasPrefix("--") { return long.contains { argument.hasPrefix($0) } }
      guard argument.hasPrefix("-") else { return false }
      return letters.contains { argument.dropFirst().contains($0.dropFirst()) }
    }
  }

  /// Whether it does not only ask.
  var writesConfiguration: Bool {
    let writing: Set<String> = [
      "--unset", "--unset-all", "--add", "--replace-all", "--rename-section", "--remove-section", "--edit", "-e", "set",
      "unset", "rename-section", "remove-section", "edit",
    ]
    if arguments.contains(where: writing.contains) { return true }
    let asking = ["--get", "--list", "-l", "get", "list"]
    if arguments.contains(where: { argument in asking.contains { argument == $0 || argument.hasPrefix("--get") } }) {
      return false
    }
    // `git config [--file F] KEY VALUE`.
    var plain = 0
    var isValue = false
    for argument in arguments {
      if isValue {
        isValue = false
      } else if ["-f", "--file", "--blob", "--type", "--default"].contains(argument) {
        isValue = true
      } else if !argument.hasPrefix("-") {
        plain += 1
      }
    }
    return plain >= 2
  }
}
