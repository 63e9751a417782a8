import Basics
import Engine
import ForgeMerges
import Forges
import Git
import Journal
import Merging
import Processes
import Remotes
import Restacking
import Settings
import Synchronization
import Trains

/// Where branches are that a landing has moved, by their tasks.
final class MovedTips: Sendable {
  private let tips = Mutex<[String: ObjectID]>([:])

  subscript(task: String) -> ObjectID? {
    get { tips.withLock { $0[task] } }
    set { tips.withLock { $0[task] = newValue } }
  }
}

/// Has the forge merge the pull requests of a train, one after the other, and sees after each that the base has become
/// what was tested.
struct ForgeLanding: Sendable {
  let plan: LandingPlan
  let side: LandingPlan.ForgeSide
  let context: MergeContext
  let builder: TrainBuilder
  let quarantine: MergeQuarantine
  /// Where the branches are that this process has moved.
  let tips = MovedTips()

  init?(_ plan: LandingPlan, in place: RepositoryContext, _ journal: RunJournal, _ stop: StopRequest, _ train: Train) {
    guard let side = plan.forge else { return nil }
    self.plan = plan
    self.side = side
    builder = train.builder.plain
    quarantine = train.quarantine
    context = MergeContext(
      place: place, journal: journal, stop: stop, forge: side.forge, retryPolicy: side.retryPolicy, rules: side.rules,
      remote: side.branchRemote, destination: plan.base.branch, secrets: Secrets(environment: place.environment))
  }

  enum Outcome: Sendable {
    /// The base is there now, with the very files that were tested.
    case landed(TrainBuilder.Head, commit: ObjectID)
    /// It is on the base, but not with the files that were tested; what is on the base now.
    case differs(commit: ObjectID, reason: String)
    /// The forge merges it on its own.
    case queued(String)
    case not(TaskStatus, String, advice: [String])
    /// The base is there now, before anything was merged.
    case baseMoved(ObjectID)
  }

  var mover: BranchMover {
    BranchMover(
      place: place, journal: journal, quarantine: quarantine, base: plan.base.branch, remote: side.branchRemote)
  }

  var journal: RunJournal { context.journal }
  var place: RepositoryContext { context.place }
  private var forge: any Forge { side.forge }
  private var base: String { plan.base.branch }

  /// Merges one pull request.
  /// - Parameters:
  ///   - head: the base as it is known.
  ///   - tree: what the tests have proven.
  func land(_ item: TrainItem, onto head: TrainBuilder.Head, expecting tree: ObjectID) async throws -> Outcome {
    do {
      return try await merge(item, onto: head, expecting: tree)
    } catch let error as ForgeError {
      if error.code == .cancelled || context.stop.level > .none { throw CancellationError() }
      return .not(.failed, context.secrets.masking(error.message), advice: error.hints + [Self.again])
    }
  }

  private static let again = "then: \(LandingRun.continuation)"

  private func merge(
    _ item: TrainItem, onto head: TrainBuilder.Head, expecting tree: ObjectID
  ) async throws -> Outcome {
    guard var request = side.requests[item.id] else { return .not(.skipped, "it has no open pull request", advice: []) }
    let name = "pull request #\(request.number)"
    var tip = present(item)
    if let moved = side.restacked[item.branch], moved.after == tip, request.isAt(moved.before.description) {
      try await mover.push([BranchMove(task: item.id, branch: item.branch, before: moved.before, after: tip)])
    }
    // Its parent has landed by other commits than those that it has.
    if item.fork != nil, side.method != .merge {
      switch try await restacked(item, onto: head, expecting: tree) {
      case .moved(let commit): tip = commit
      case .not(let outcome): return outcome
      }
    } else if try await quarantine.merge(head.commit, tip, in: .forge) != .clean(tree) {
      return .not(
        .failed, "the forge would make other files of it than those that were tested: it runs no merge drivers",
        advice: ["land it without the forge: git orch land --push \(shellQuoted(item.branch))"])
    }
    if let reason = try await settleBase(&request, of: item) { return .not(.failed, reason, advice: [Self.again]) }
    let rules = try await side.rules.rules(of: base)
    var seen: PullRequest
    var isUpdated = false
    repeat {
      let checked = MergeContext.CheckedCommit(tip, after: tip == item.tip ? nil : item.tip, rules: rules, base: base)
      if let reason = try await context.checkFault(of: checked, for: item.id) {
        return .not(.failed, "\(name): \(reason)", advice: ["look at it: \(request.url)", Self.again])
      }
      let commit = tip.description
      seen = try await forge.pullRequest(request.number, retryPolicy: side.retryPolicy) { seen in
        guard seen.state == .open else { return true }
        return seen.isAt(commit) && seen.mergeability != .unknown
      }
      // The queue does that itself.
      guard seen.isBehind, !rules.needsQueue, !isUpdated, seen.isAt(commit) else { break }
      // Somebody may have pushed in between: then the train is built again.
      guard try await theirs() == head.commit else { return .baseMoved(try await fetched()) }
      if context.stop.level > .none { throw CancellationError() }
      switch try await updated(item, onto: head, expecting: tree) {
      case .moved(let commit): tip = commit
      case .not(let outcome): return outcome
      }
      isUpdated = true
    } while true
    let commit = tip.description
    switch seen.state {
    case .merged: return try await conclude(item, seen, onto: head, expecting: tree)
    case .closed: return .not(.failed, "\(name) was closed", advice: ["look at it: \(seen.url)"])
    case .open: break
    }
    guard seen.isAt(commit) else {
      return .not(
        .failed, "\(name) is at \(seen.head.commit.prefix(10)), not at \(tip.abbreviated)", advice: [Self.again])
    }
    switch seen.mergeability {
    case .conflicting: return .not(.failed, "the forge says that \(name) conflicts with '\(base)'", advice: [])
    case .blocked(let reason) where !rules.needsQueue && !rules.allowsAutoMerge:
      return .not(
        .failed, "the forge does not allow it: \(plainText(reason, limit: 500))",
        advice: ["look at it: \(seen.url)", Self.again])
    default: break
    }
    if context.stop.level > .none { throw CancellationError() }
    guard try await theirs() == head.commit else { return .baseMoved(try await fetched()) }
    return try await ask(item, seen, tip, rules, onto: head, expecting: tree)
  }

  /// Makes the landing's base that of the pull request; returns why not, nil when it is.
  private func settleBase(_ request: inout PullRequest, of item: TrainItem) async throws -> String? {
    request = try await forge.pullRequest(request.number)
    guard request.base != base, request.state == .open else { return nil }
    switch try await context.stack.destination(of: request.number, from: request.base) {
    case .refused(let reason): return reason
    case .branch(base): break
    case .branch(let other): return "its pull request is to be merged into '\(other)'"
    }
    guard let seen = try await context.retarget(request.number, from: request.base, to: base, for: item.id) else {
      return "the forge does not show its new base '\(base)'"
    }
    request = seen
    return nil
  }

  private func ask(
    _ item: TrainItem, _ seen: PullRequest, _ tip: ObjectID, _ rules: MergeRules, onto head: TrainBuilder.Head,
    expecting tree: ObjectID
  ) async throws -> Outcome {
    let order = order(item, seen, tip)
    let (forge, number) = (forge, seen.number)
    try await journal.append(
      .pullRequestSeen(task: item.id, pullRequest: PullRequestRecord(seen, commit: tip.description)))
    var isBlocked = false
    if case .blocked = seen.mergeability { isBlocked = true }
    if rules.needsQueue || isBlocked {
      return try await leave(item, seen, order, inQueue: rules.needsQueue, onto: head, expecting: tree)
    }
    // Where the forge deletes what it merged, what is based on it would go with it.
    try await retargetChildren(of: seen, for: item.id)
    try await journal.append(.mergeStarting(task: item.id, commit: tip.description, tree: tree.description))
    do {
      // A first Ctrl-C lets a merge end; a second does not.
      try await context.stop.cancelling(at: .immediate) { try await forge.merge(number, order) }
    } catch let error as ForgeError {
      if error.code == .queueRequired {
        return try await leave(item, seen, order, inQueue: true, onto: head, expecting: tree)
      }
      guard error.leavesDoubt else {
        if error.code != .cancelled { try await giveBackChildren(of: item.id) }
        throw error
      }
    }
    let merged = try await forge.pullRequest(number, retryPolicy: side.retryPolicy) { $0.state != .open }
    guard merged.state == .merged else {
      try await giveBackChildren(of: item.id)
      return .not(
        .failed, "the forge took the merge of pull request #\(number) and does not show it",
        advice: ["look at it: \(seen.url)", Self.again])
    }
    return try await conclude(item, merged, onto: head, expecting: tree)
  }

  private func order(_ item: TrainItem, _ seen: PullRequest, _ tip: ObjectID) -> MergeOrder {
    let whole =
      side.method == .merge
      ? LandingMessage.merge(title: item.header.title, branch: item.branch, commits: item.commits)
      : LandingMessage.squash(title: item.header.title, branch: item.branch, commits: item.commits)
    let masked = context.secrets.masking(whole)
    let lines = masked.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
    let subject = lines.first.map(String.init) ?? item.branch
    let number = "(#\(seen.number))"
    return MergeOrder(
      commit: tip.description, method: side.method, methodName: side.methodName,
      title: subject.contains(number) ? subject : "\(subject) \(number)",
      message: lines.count > 1 ? String(lines[1]).trimmed : "")
  }

  // MARK: - The forge's queue

  private func leave(
    _ item: TrainItem, _ seen: PullRequest, _ order: MergeOrder, inQueue: Bool, onto head: TrainBuilder.Head,
    expecting tree: ObjectID
  ) async throws -> Outcome {
    let (forge, number) = (forge, seen.number)
    try await journal.append(.mergeStarting(task: item.id, commit: order.commit, tree: tree.description))
    try await context.stop.cancelling(at: .immediate) {
      try await forge.leaveToForge(number, order, inQueue: inQueue)
    }
    // One that takes longer than that makes nobody wait for the next ones.
    let isSlow = await journal.state.tasks.contains { $0.status == .queued }
    let limit = isSlow ? .zero : place.settings[.reviewChecksTimeout]
    var (waited, pause) = (Duration.zero, Duration.seconds(1))
    while true {
      let now = try await forge.pullRequest(number)
      switch now.state {
      case .merged: return try await conclude(item, now, onto: head, expecting: tree)
      case .closed: return .not(.failed, "pull request #\(number) was closed", advice: ["look at it: \(now.url)"])
      case .open: break
      }
      if waited > .zero, try await !forge.isLeftToForge(number) {
        let again = try await forge.pullRequest(number)
        if again.state == .merged { return try await conclude(item, again, onto: head, expecting: tree) }
        return .not(
          .failed,
          inQueue ? "it dropped out of the merge queue" : "the forge does not mean to merge it any more",
          advice: ["look at it: \(now.url)", Self.again])
      }
      guard waited < limit else {
        return .queued(inQueue ? "it is in the merge queue of '\(base)'" : "the forge merges it once its rules are met")
      }
      let next = min(pause, limit - waited)
      try await side.retryPolicy.pause(for: next, .checks)
      waited += next
      pause = min(pause * 2, .seconds(15))
    }
  }

  // MARK: - What the forge made

  /// Compares what the forge made with what was tested.
  func conclude(
    _ item: TrainItem, _ merged: PullRequest, onto head: TrainBuilder.Head, expecting tree: ObjectID?
  ) async throws -> Outcome {
    try await journal.append(.merged(task: item.id, commit: merged.mergeCommit))
    let tip = try await fetched()
    let named = merged.mergeCommit
    let (made, seen) = try await place.withRepository { repository throws(GitError) in
      var made = tip
      if let named, let id = try repository.commit(at: named), try repository.isAncestor(id, of: tip) { made = id }
      return (made, try repository.tree(of: made))
    }
    guard let tree else { return .landed(TrainBuilder.Head(commit: made, tree: seen), commit: made) }
    if seen == tree { return .landed(TrainBuilder.Head(commit: made, tree: tree), commit: made) }
    return .differs(
      commit: made,
      reason: "what the forge made of pull request #\(merged.number) (\(made.abbreviated)) has other files than those "
        + "that were tested, so that the tests prove nothing of it")
  }

  /// Where the remote has the base at this moment.
  private func theirs() async throws -> ObjectID? {
    try await place.git.remoteTip(remote: plan.remote ?? side.branchRemote, branch: base)
  }

  func fetched() async throws -> ObjectID {
    let (remote, branch) = (plan.remote ?? side.branchRemote, base)
    try await place.git.fetch(remote: remote, branch: branch)
    let tip = try await place.withRepository { repository throws(GitError) in
      try repository.remoteBranch(branch, of: remote)
    }
    guard let tip else { throw LandingError("'\(remote)' has no '\(branch)' any more") }
    return tip
  }
}
