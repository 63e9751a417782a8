import Basics
import CLibgit2
import Git
import Processes
import SystemPackage

/// Brings a new worktree's files, submodules and hook about.
struct WorktreeCheckout: Sendable {
  let registration: WorktreeRegistration
  let environment: [String: String]

  private var path: FilePath { registration.path }
  private var command: GitCommand { GitCommand(directory: path, environment: environment) }

  /// - Returns: what is not as it should be in a worktree that can be used all the same, a sentence each.
  func run() async throws(GitError) -> [String] {
    let (plan, hooks) = try await offPool { () throws(GitError) in
      let worktree = try Repository.open(path, environment: environment)
      return (try checkOutOrLeaveToGit(worktree), try worktree.hooks())
    }
    if Task.isCancelled { throw GitError(.cancelled, "creating the worktree '\(path)' was canceled") }
    if plan.needsGit != nil {
      // What `git worktree add` itself runs: fills the empty index and writes the files, filters applied.
      try await requireGit(.checkout(hooks: hooks), ["reset", "--hard", "--quiet", "--no-recurse-submodules"])
    }
    if !plan.submodules.isEmpty { try await fill(plan.submodules, hooks: hooks) }
    guard let hook = hooks?.appending("post-checkout"), hook.isExecutable else { return [] }
    let complaint = try await Self.run(
      hook, in: path, at: registration.tip.description, environment: command.environment)
    return [complaint].compactMap(\.self)
  }

  /// Clones submodules from where they come from. Where that cannot be reached, what the main checkout has of them
  /// serves, as far as it has what is needed.
  private func fill(_ submodules: [Submodule], hooks: FilePath?) async throws(GitError) {
    do throws(GitError) {
      return try await clone(submodules, hooks: hooks)
    } catch {
      let here = submodules.filter { $0.repository.appending("objects").isDirectory }
      guard error.code == .checkoutFailed, !here.isEmpty else { throw error }
      let entries =
        here.map { FrozenConfiguration.Entry(key: "submodule.\($0.name).url", value: $0.repository.string) } + [
          .init(key: "protocol.file.allow", value: "always")
        ]
      let taken = try await command.run(
        .checkout(hooks: hooks), ["submodule", "--quiet", "update", "--init", "--"] + here.map(\.path),
        configuration: entries)
      guard taken.isSuccess else { throw error }
      for submodule in here {
        try await GitCommand(directory: path.pushing(FilePath(submodule.path)), environment: environment)
          .run(.configuring, ["config", "remote.origin.url", submodule.url])
      }
      // Those within them, and those that are not here.
      try await clone(submodules, hooks: hooks)
    }
  }

  private func clone(_ submodules: [Submodule], hooks: FilePath?) async throws(GitError) {
    try await requireGit(
      .checkout(hooks: hooks),
      ["submodule", "--quiet", "update", "--init", "--recursive", "--"] + submodules.map(\.path))
  }

  struct Submodule: Sendable {
    let name: String
    let path: String
    let url: String
    /// The main checkout's repository of it, if it has one.
    let repository: FilePath
  }

  private struct Plan: Sendable {
    /// Why the files were left to git; `nil` when they are there.
    var needsGit: CheckoutFallbackReason?
    /// The paths of those to bring along.
    var submodules: [Submodule] = []
  }

  private func checkOutOrLeaveToGit(_ worktree: Repository) throws(GitError) -> Plan {
    let activity = Activities.shared.begin("the checkout of '\(path)'")
    defer { Activities.shared.end(activity) }
    var plan = Plan()
    plan.needsGit = try worktree.configurationNeedsGit()
    if plan.needsGit == nil { plan.needsGit = try worktree.treeNeedsGit(of: registration.tip) }
    if plan.needsGit == nil {
      var options = git_checkout_options()
      try check(git_checkout_options_init(&options, UInt32(GIT_CHECKOUT_OPTIONS_VERSION)))
      options.checkout_strategy = GIT_CHECKOUT_FORCE.rawValue
      // No attribute changes content here. Without this libgit2 looks each file's attributes up, at two realpath(3).
      options.disable_filters = 1
      KillPoint.before(.checkout)
      defer { KillPoint.after(.checkout) }
      try check(git_checkout_head(worktree.pointer, &options), "cannot check out the worktree '\(path)'")
    } else {
      // Where they come from is for a stranger's tree to say.
      if GitGuard.current.isForeign { return plan }
      plan.submodules = try worktree.initialisedSubmodules(in: registration.tip)
    }
    return plan
  }

  private func requireGit(_ purpose: GitPurpose, _ arguments: [String]) async throws(GitError) {
    do throws(GitError) {
      try await command.require(purpose, arguments)
    } catch {
      // git names the files it could not write, but not why.
      guard !path.isOnFullDisk else {
        throw GitError(.diskFull, "cannot check out the worktree '\(path)': \(Errno.noSpace)\n\(error.message)")
      }
      throw GitError(
        error.code == .commandFailed ? .checkoutFailed : error.code,
        "cannot check out the worktree '\(path)': \(error.message)")
    }
  }

  /// Runs the hook with the arguments `git worktree add` gives it: no commit before, this one now, a branch checkout.
  /// - Returns: what a hook that failed said, as a sentence. git leaves the worktree as it is then, filled.
  static func run(
    _ hook: FilePath, in path: FilePath, at tip: String, environment: [String: String]
  ) async throws(GitError) -> String? {
    KillPoint.before(.postCheckoutHook)
    defer { KillPoint.after(.postCheckoutHook) }
    let output = try await Invocation(
      executable: hook, arguments: [ObjectID.zeros, tip, "1"], environment: environment, directory: path
    ).run(input: nil, timeout: nil, called: "post-checkout hook")
    return output.isSuccess ? nil : "the post-checkout hook fails in new worktrees: \(output.complaint)"
  }
}

extension Repository {
  /// The commit's submodules that the user has initialised in this repository.
  fileprivate func initialisedSubmodules(in commit: ObjectID) throws(GitError) -> [WorktreeCheckout.Submodule] {
    let listing = try runGit(
      .configuring,
      [
        "config", "-z", "--blob", "\(commit):.gitmodules", "--get-regexp", #"^submodule\..*\.path$"#,
      ])
    guard listing.isSuccess else { return [] }
    var found: [WorktreeCheckout.Submodule] = []
    for record in listing.records {
      guard let line = record.firstIndex(of: "\n") else { continue }
      let key = record[..<line].dropLast(".path".count)
      let url = try runGit(.configuring, ["config", "--get", "\(key).url"])
      let isExcluded = try runGit(.configuring, ["config", "--type=bool", "--get", "\(key).active"]).text == "false"
      guard url.isSuccess, !isExcluded else { continue }
      let name = String(key.dropFirst("submodule.".count))
      // Names are folders below `modules`; git refuses those that lead out of it, and so do we.
      let folder = commonDirectory.appending("modules").pushing(FilePath(name)).normalized
      found.append(
        WorktreeCheckout.Submodule(
          name: name, path: String(record[record.index(after: line)...]), url: url.text,
          repository: folder.lies(in: commonDirectory.appending("modules")) ? folder : FilePath("/nonexistent")))
    }
    return found
  }
}
