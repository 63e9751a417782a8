package import Journal
import Processes
import TerminalUI

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The lines that say what happens in a run, as it happens.
package enum RunNarration {
  /// nil for events that need no line of their own.
  package static func line(for event: JournalEvent, in state: RunState) -> String? {
    switch event {
    case .runStarted(let header):
      let count = header.tasks.count
      let destination = header.remote.map { "pushed to '\($0)'" } ?? "kept local (\(header.localReason ?? ""))"
      if let review = header.review {
        return "review \(header.id): \(count) pull request\(count == 1 ? "" : "s") of "
          + "\(header.forge?.repository ?? ""), \(header.jobs) at a time, \(header.agent)"
          + (review.merges ? "; those that pass are merged" : "")
      }
      return "run \(header.id): \(count) task\(count == 1 ? "" : "s") from \(header.base.branch) at "
        + "\(header.base.commit.prefix(10)), \(header.jobs) at a time, \(header.agent); branches are \(destination)"
        + (header.forge.map { ", pull requests opened in \($0.repository)" } ?? "")
    case .warned(let message):
      return "warning: \(message)"
    case .repositoryChanged(_, let changes):
      let names = changes.prefix(3).map { "\($0.noun) \($0.name)" }.joined(separator: ", ")
      return "warning: changed in the repository: \(names)"
        + (changes.count > 3 ? " and \(changes.count - 3) more" : "") + "; see the summary"
    case .setupStarting(let task, let command, _):
      return "\(task): setup: \(command)"
    case .attemptStarting(let task, let attempt, _, let resumed, _):
      return "\(task): attempt \(attempt)\(resumed ? ", session resumed" : "")"
    case .retryPlanned(let task, let notBefore, let reason):
      let wait = notBefore.date.timeIntervalSince(state.updatedAt.date).rounded()
      return "\(task): \(reason); trying again\(wait > 0 ? " in \(shortText(.seconds(wait)))" : "")"
    case .workSaved(let task, _, let reference, _, let contents):
      return "\(task): saved to \(reference): \(contents?.description ?? "uncommitted work")"
    case .pushStarting(let task, let remote, let commit):
      return "\(task): pushing \(commit.prefix(10)) to '\(remote)'"
    case .pullRequestOpened(let task, let pullRequest, let adopted):
      return
        "\(task): pull request #\(pullRequest.number) \(adopted ? "was already open" : "opened"): \(pullRequest.url)"
    case .verdictGiven(let task, let verdict):
      return "\(task): \(verdict.decision == .approve ? "the reviewer approves" : "the reviewer requests changes"): "
        + verdict.summary
    case .testsStarting(let task, let command, let commit, _):
      return "\(task): testing \(commit.prefix(10)): \(command)"
    case .testsEnded(let task, let result):
      return "\(task): the tests \(result.passed ? "pass" : "fail (\(result.outcome))")"
    case .reviewPosted(let task, let review):
      return "\(task): \(review.wasThere ? "was already posted" : "posted")\(review.url.map { ": \($0)" } ?? "")"
    case .waitingForChecks(let task, let checks, let until):
      return "\(task): \(RunView.Row.text(waitingFor: checks)), until \(until)"
    case .mergeStarting(let task, let commit):
      return "\(task): merging \(commit.prefix(10))"
    case .startedOver(let task, let reason):
      return "\(task): starting over: \(reason)"
    case .waitingForForge(let until, let reason):
      return "waiting for the forge until \(until): \(reason)"
    case .continued(_, _, let jobs, let agent, let tasks):
      return "run \(state.header.id) continues: \(tasks.count) task\(tasks.count == 1 ? "" : "s") left, "
        + "\(jobs) at a time, \(agent)"
    case .taskEnded(let task, let status, let message, _):
      return "\(status.symbol) \(task): \(status.rawValue)\(message.map { ": \($0)" } ?? "")"
    case .paused(let until, let reason):
      return "paused\(until.map { " until \($0)" } ?? ""): \(reason)"
    case .resumed:
      return "continuing"
    case .halted(let reason):
      return "nothing new starts: \(reason)"
    case .stopRequested(let tasks, let now, let by):
      let what = tasks.isEmpty ? "" : " \(tasks.joined(separator: ", "))"
      return "\(by.description): \(now ? "killing" : "stopping")\(what); all work is kept"
    case .aborted(let by):
      return "given up by \(by.description)"
    case .attached(let task, let session, let process, _):
      return "\(task): session \(session.prefix(8)) is opened by hand (process \(process.pid))"
    case .taskStarting, .worktreeCreated, .attemptLaunched, .attemptEnded, .proven, .leftUnproven, .pushed,
      .pullRequestStarting, .pullRequestSeen, .reviewStarting, .merged, .worktreeRemoved, .interrupted, .runEnded,
      .effect, .undoStarting, .undoEnded, .budgetSet, .budgetReached:
      return nil
    }
  }
}
