import Agents
import Attempts
import Basics
import Engine
import Forges
import Git
import Guarding
import Journal
import Plans
import Preparing
import Processes
import Remotes

/// Brings proven work to where it belongs: the branch to the remote, and a pull request for it to the forge.
struct Delivery: Sendable {
  let route: DeliveryRoute
  /// The branches that had an upstream before.
  var upstreams: Set<String> = []
  /// nil where each branch is pushed by itself.
  var queue: PushQueue?
}

/// Delivers one task's work.
struct TaskDelivery: Sendable {
  let context: RunContext
  let delivery: Delivery
  let task: AgentTask
  let place: WorktreePlan
  /// Needed branches that are no part of the run.
  let externalDependencies: [ExternalDependencyRecord]
  let proof: CompletionProof
  /// Where the branch was before it was given back: what the remote has then may be replaced.
  var replaced: ObjectID?
  /// The base, where that has moved since the run began.
  var landedOn: ObjectID?

  private var journal: RunJournal { context.journal }

  /// - Throws: only what the journal throws.
  func deliver() async throws -> TaskEnding {
    guard let remote = delivery.route.remote else { return TaskEnding(status: .success) }
    // Two clones must not push the same branches.
    if let reason = await RunLedger.current?.reasonToStop() { return TaskEnding(status: .interrupted, message: reason) }
    try await journal.append([
      .pushStarting(task: task.id, remote: remote, commit: proof.tip.description), effectOfPush(to: remote),
    ])
    // A first Ctrl-C lets a push end; a second does not.
    let failure = try await context.stop.cancelling(at: .immediate) { await pushFailure(to: remote) }
    if let failure {
      return TaskEnding(
        status: .pushFailed, message: context.secrets.masking(failure),
        advice: [
          "try again: git orch run --continue", "or push by hand: git push -u \(remote) \(task.branch)",
        ])
    }
    try await journal.append(.pushed(task: task.id, commit: proof.tip.description))
    guard let pullRequests = delivery.route.pullRequests else { return TaskEnding(status: .success) }
    switch try await openPullRequest(pullRequests, remote: remote) {
    case .open(let seen, let note): return ending(for: seen, note: note)
    case .refused(let error): return ending(for: error)
    }
  }

  // MARK: - Push

  /// Pushes and asks the remote where its branch is now; nil when it is at the proven commit.
  private func pushFailure(to remote: String) async -> String? {
    if replaced == nil, let queue = delivery.queue, await queue.push(task.branch, at: proof.tip) { return nil }
    // From the worktree, so that a pre-push hook sees the task's files; but a relative URL is meant from the checkout.
    let git =
      delivery.route.remoteIsRelative || FileSystem.isVacant(place.worktree)
      ? context.place.git : GitCommand(directory: place.worktree, environment: context.place.environment)
    do {
      var lease: ObjectID?
      if let replaced,
        try await git.remoteTip(remote: remote, branch: task.branch, pushURL: delivery.route.pushURL) == replaced
      {
        lease = replaced
      }
      switch try await git.push(
        remote: remote, branch: task.branch, tip: proof.tip, expecting: lease, setsUpstream: false,
        pushURL: delivery.route.pushURL)
      {
      case .pushed, .upToDate:
        break
      case .rejected(let reason):
        return "'\(remote)' rejected the branch: \(reason)"
      case .failed(let message):
        return "cannot push to '\(remote)': \(message)"
      }
      guard let theirs = try await git.remoteTip(remote: remote, branch: task.branch, pushURL: delivery.route.pushURL)
      else {
        return "'\(remote)' accepted the branch, but does not show it"
      }
      return theirs == proof.tip
        ? nil : "'\(remote)' has the branch at \(theirs.abbreviated), not \(proof.tip.abbreviated)"
    } catch {
      return "\(error)"
    }
  }

  // MARK: - Pull request

  private enum Opening {
    /// As the forge shows it, and what the user should know of it.
    case open(PullRequest, note: String?)
    case refused(ForgeError)
  }

  /// Opens the pull request, or adopts the one that is open, and asks the forge for its commit.
  /// - Throws: only what the journal throws: that ends the run, not the task.
  private func openPullRequest(
    _ pullRequests: PullRequestDelivery, remote: String
  ) async throws(JournalError) -> Opening {
    let base = await base(pullRequests, remote: remote)
    let state = await journal.state
    try await journal.append([.pullRequestStarting(task: task.id, base: base), effectOfOpening(against: base)])
    let text = PullRequestText(
      task: task, destination: pullRequests.destination, base: base, commits: proof.commits, state: state,
      secrets: context.secrets, followsTemplate: pullRequests.template != nil)
    let new = NewPullRequest(
      title: text.title, body: text.body(), head: task.branch, base: base, fields: pullRequests.fields)
    let tip = proof.tip.description
    let seen: PullRequest
    let wasThere: Bool
    do throws(ForgeError) {
      (seen, wasThere) = try await open(new, at: tip, on: pullRequests)
    } catch {
      return .refused(error)
    }
    try await journal.append(
      .pullRequestOpened(
        task: task.id, pullRequest: PullRequestRecord(seen, commit: seen.isAt(tip) ? tip : seen.head.commit),
        adopted: wasThere))
    try await markTodo()
    let notes =
      [note(on: seen, wasThere: wasThere, wanted: base)].compactMap(\.self)
      + (await setFields(of: seen, on: pullRequests))
    return .open(seen, note: notes.isEmpty ? nil : notes.joined(separator: "; "))
  }

  /// Gives it its fields, also where an earlier process has opened it; returns what could not be set, a clause each.
  private func setFields(of pullRequest: PullRequest, on delivery: PullRequestDelivery) async -> [String] {
    let fields = delivery.fields
    guard fields != PullRequestFields(isDraft: fields.isDraft) else { return [] }
    do throws(ForgeError) {
      return try await delivery.forge.set(fields, on: pullRequest).map { context.secrets.masking($0) }
    } catch {
      return ["its fields could not be set: \(context.secrets.masking(error.message))"]
    }
  }

  /// The item that the task was made of gets its link.
  private func markTodo() async throws(JournalError) {
    let watch = context.watch
    try await TodoUpdate(place: context.place, journal: journal) { await watch.expect($0, $1) }.perform()
  }

  private func open(
    _ new: NewPullRequest, at tip: String, on delivery: PullRequestDelivery
  ) async throws(ForgeError) -> (PullRequest, wasThere: Bool) {
    let opened = try await delivery.forge.openOnce(new, retryPolicy: delivery.retryPolicy)
    if opened.pullRequest.isAt(tip) { return (opened.pullRequest, opened.wasThere) }
    let seen = try await delivery.forge.pullRequest(
      opened.pullRequest.number, retryPolicy: delivery.retryPolicy
    ) { $0.isAt(tip) }
    return (seen, opened.wasThere)
  }

  private func ending(for seen: PullRequest, note: String?) -> TaskEnding {
    guard seen.isAt(proof.tip.description) else {
      return TaskEnding(
        status: .prFailed,
        message: "pull request #\(seen.number) is at \(seen.head.commit.prefix(10)), not at the proven commit "
          + "\(proof.tip.abbreviated)",
        advice: ["look at it: \(seen.url)"])
    }
    return TaskEnding(status: .success, message: note)
  }

  /// What the user should know of an adopted pull request; nil for one that is as it would have been opened.
  private func note(on pullRequest: PullRequest, wasThere: Bool, wanted base: String) -> String? {
    guard wasThere, pullRequest.base != base else { return nil }
    return "pull request #\(pullRequest.number) was already open, against '\(pullRequest.base)' instead of '\(base)'"
  }

  /// A task that builds on another one targets its branch, so that its pull request shows only its own changes. One
  /// that builds on several starts from a merge that no branch holds, and targets the destination.
  private func base(_ pullRequests: PullRequestDelivery, remote: String) async -> String {
    // A branch of a fork is nothing that a pull request elsewhere could be merged into.
    if pullRequests.forge.heads != nil { return pullRequests.destination }
    if await isBegunOnBase { return pullRequests.destination }
    if task.needs.count == 1, externalDependencies.isEmpty {
      return await journal.state[task: task.needs[0]]?.header.branch ?? pullRequests.destination
    }
    guard task.needs.isEmpty, externalDependencies.count == 1 else { return pullRequests.destination }
    // The run did not push it: whether the remote has it is to be asked.
    let branch = externalDependencies[0].branch
    let tip = try? await context.place.git.remoteTip(
      remote: remote, branch: branch, pushURL: delivery.route.pushURL)
    return tip == nil ? pullRequests.destination : branch
  }

  /// Whether what it needs had landed when it was begun.
  private var isBegunOnBase: Bool {
    get async {
      guard let landedOn, !task.needs.isEmpty,
        let start = await journal.state[task: task.id]?.startCommit.flatMap(ObjectID.init)
      else { return false }
      return (try? await context.place.inRepository { try $0.isAncestor(start, of: landedOn) }) ?? false
    }
  }

  private func ending(for error: ForgeError) -> TaskEnding {
    let again = "to open it: git orch run --continue"
    if error.code == .cancelled, context.stop.level > .none {
      return TaskEnding(
        status: .interrupted, message: "pushed; interrupted before its pull request was open", advice: [again])
    }
    return TaskEnding(
      status: .prFailed, message: "pushed, but no pull request is open: \(context.secrets.masking(error.message))",
      advice: error.hints + [again])
  }
}
