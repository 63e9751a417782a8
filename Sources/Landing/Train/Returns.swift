import Basics
import Engine
import Git
import Journal
import Processes
import Restacking
import Trains

/// Gives branches that were set aside back to the agents of their tasks: writes down that it is to be done, and why. It is
/// done once this part of the landing has ended, and then the landing continues.
struct Returns: Sendable {
  let plan: LandingPlan
  let place: RepositoryContext
  let journal: RunJournal
  let aside: SetAside

  func perform() async throws {
    let rounds = plan.request.fixRounds
    guard rounds > 0 else { return }
    let tasks = await journal.state.tasks.filter { $0.status.isFixable && !plan.unfixed.contains($0.header.id) }
    guard !tasks.isEmpty else { return }
    let base = try await TrainBuilder.Head(of: plan.base.branch, remote: plan.remote, in: place)
    let record = BaseRecord(branch: plan.baseName, commit: base.commit.description)
    for task in tasks where task.returns.count < rounds {
      let id = task.header.id
      guard let run = plan.runs[id] ?? plan.run, let known = status(of: id, in: run) else {
        try await journal.append(
          .warned(message: "'\(task.header.branch)' is the branch of no task, so that nobody is there to fix it"))
        continue
      }
      // Its agent had it already, and did not fix it.
      guard known.isGood else { continue }
      let branch = task.header.branch
      let tip = try await place.withRepository { repository throws(GitError) in try repository.branch(branch) }
      guard let tip else { continue }
      var finding = aside[id] ?? .init()
      // On top of one that has landed by other commits: those are not to be merged with the base again.
      if finding.fork == nil, let item = plan.items.first(where: { $0.id == id }), item.tip == tip,
        plan.request.mode != .merge
      {
        finding.fork = item.fork
      }
      try await journal.append(
        .returned(
          task: id,
          record: ReturnRecord(
            landing: journal.folder.id, run: run, status: task.status, reason: task.message ?? task.status.rawValue,
            tip: tip.description, base: record, rebases: plan.request.mode == .rebase || finding.fork != nil,
            fork: finding.fork?.description, paths: finding.paths, with: finding.with, test: finding.test)))
    }
  }

  private func status(of task: String, in run: String) -> TaskStatus? {
    guard let state = try? place.store.run(run).state(), state.undo == nil else { return nil }
    return state[task: task]?.status
  }
}

extension LandingPlan {
  /// How the base is called, where it is the remote's.
  package var baseName: String { remote.map { "\($0)/\(base.branch)" } ?? base.branch }
}
