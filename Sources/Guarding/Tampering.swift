package import Agents
import Basics
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
    let file = file.inRealFolder
    if file == change.path.inRealFolder { return true }
    // A copy to a folder, say.
    if change.kind != .configuration, change.kind != .reference,
      file == change.path.removingLastComponent().inRealFolder
    {
      return true
    }
    return change.kind == .reference && file == commonDirectory.appending("packed-refs").inRealFolder
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
        let path = mentioned.inRealFolder
        return path == checkout.inRealFolder || path == checkout.appending(".git").inRealFolder
          || path == commonDirectory.inRealFolder
      }
    case .hook, .file, .neighbor: return false
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
      return command.mentions.contains { $0.inRealFolder == checkout.inRealFolder }
    }
  }
}
