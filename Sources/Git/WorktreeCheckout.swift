import Basics
import CLibgit2
import Processes
import SystemPackage

/// Brings a new worktree's files, submodules and hook about.
struct WorktreeCheckout: Sendable {
  let registration: WorktreeRegistration
  let environment: [String: String]

  private var path: FilePath { registration.path }
  private var command: GitCommand { GitCommand(directory: path, environment: environment) }

  func run() async throws(GitError) {
    let (plan, hooks) = try await offPool { () throws(GitError) in
      let worktree = try Repository.open(path, environment: environment)
      return (try checkOutOrLeaveToGit(worktree), try worktree.hooks())
    }
    if Task.isCancelled { throw GitError(.cancelled, "creating the worktree '\(path)' was canceled") }
    if plan.needsGit != nil {
      // What `git worktree add` itself runs: fills the empty index and writes the files, filters applied.
      try await requireGit(.checkout(hooks: hooks), ["reset", "--hard", "--quiet", "--no-recurse-submodules"])
    }
    if !plan.submodules.isEmpty {
      try await requireGit(
        .checkout(hooks: hooks),
        ["submodule", "--quiet", "update", "--init", "--recursive", "--"] + plan.submodules)
    }
    if let hook = hooks?.appending("post-checkout"), hook.isExecutable {
      try await Self.run(hook, in: path, at: registration.tip.description, environment: command.environment)
    }
  }

  private struct Plan: Sendable {
    /// Why the files were left to git; `nil` when they are there.
    var needsGit: CheckoutFallbackReason?
    /// The paths of those to bring along.
    var submodules: [String] = []
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
      throw GitError(error.code, "cannot check out the worktree '\(path)': \(error.message)")
    }
  }

  /// Runs the hook with the arguments `git worktree add` gives it: no commit before, this one now, a branch checkout.
  static func run(
    _ hook: FilePath, in path: FilePath, at tip: String, environment: [String: String]
  ) async throws(GitError) {
    KillPoint.before(.postCheckoutHook)
    defer { KillPoint.after(.postCheckoutHook) }
    let output = try await Invocation(
      executable: hook, arguments: [ObjectID.zeros, tip, "1"], environment: environment, directory: path
    ).run(input: nil, timeout: nil, called: "post-checkout hook")
    guard output.isSuccess else {
      throw GitError(
        .commandFailed, "the post-checkout hook failed in the new worktree '\(path)': \(output.complaint)")
    }
  }
}

extension Repository {
  /// The paths of the commit's submodules that the user has initialised in this repository.
  fileprivate func initialisedSubmodules(in commit: ObjectID) throws(GitError) -> [String] {
    let listing = try runGit(
      .configuring,
      [
        "config", "-z", "--blob", "\(commit):.gitmodules", "--get-regexp", #"^submodule\..*\.path$"#,
      ])
    guard listing.isSuccess else { return [] }
    var paths: [String] = []
    for record in listing.records {
      guard let line = record.firstIndex(of: "\n") else { continue }
      let key = record[..<line].dropLast(".path".count)
      let isInitialised = try runGit(.configuring, ["config", "--get", "\(key).url"]).isSuccess
      let isExcluded = try runGit(.configuring, ["config", "--type=bool", "--get", "\(key).active"]).text == "false"
      if isInitialised && !isExcluded { paths.append(String(record[record.index(after: line)...])) }
    }
    return paths
  }
}
