import Journal
import OrchCommands
import TerminalProgress

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The lines that tell what happens in a run, as it happens.
enum RunNarration {
  /// nil for events that need no line of their own.
  static func line(for event: JournalEvent, in state: RunState) -> String? {
    switch event {
    case .runStarted(let header):
      let count = header.tasks.count
      let destination = header.remote.map { "pushed to '\($0)'" } ?? "kept local (\(header.localReason ?? ""))"
      return "run \(header.id): \(count) task\(count == 1 ? "" : "s") from \(header.base.branch) at "
        + "\(header.base.commit.prefix(10)), \(header.jobs) at a time, \(header.agent); branches are \(destination)"
    case .warned(let message):
      return "warning: \(message)"
    case .setupStarting(let task, let command):
      return "\(task): setup: \(command)"
    case .attemptStarting(let task, let attempt, _, let resumed):
      return "\(task): attempt \(attempt)\(resumed ? ", session resumed" : "")"
    case .retryPlanned(let task, let notBefore, let reason):
      let wait = notBefore.date.timeIntervalSince(state.updatedAt.date).rounded()
      return "\(task): \(reason); trying again\(wait > 0 ? " in \(shortText(.seconds(wait)))" : "")"
    case .workSaved(let task, _, let reference, _):
      return "\(task): uncommitted work saved to \(reference)"
    case .pushStarting(let task, let remote, let commit):
      return "\(task): pushing \(commit.prefix(10)) to '\(remote)'"
    case .taskEnded(let task, let status, let message, _):
      return "\(status.symbol) \(task): \(status.rawValue)\(message.map { ": \($0)" } ?? "")"
    case .paused(let until, let reason):
      return "paused\(until.map { " until \($0)" } ?? ""): \(reason)"
    case .resumed:
      return "going on"
    case .halted(let reason):
      return "nothing new starts: \(reason)"
    case .taskStarting, .worktreeCreated, .attemptLaunched, .attemptEnded, .proven, .leftUnproven, .pushed,
      .worktreeRemoved,
      .interrupted, .runEnded:
      return nil
    }
  }
}
