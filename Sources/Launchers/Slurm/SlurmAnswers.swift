import Basics

/// A job as `squeue` lists it.
struct SlurmJob: Sendable, Equatable {
  let id: String
  let state: String
  let node: String
  let reason: String
  let name: String
  let comment: String

  /// Job, state, nodes, reason, name, comment; the last may hold anything.
  private static let format = "%i|%T|%N|%r|%j|%k"

  /// What lists the user's jobs.
  static let question = ["squeue", "--me", "--noheader", "--states=all", "--format=\(format)"]

  static func list(_ answer: String) -> [SlurmJob] {
    answer.split(whereSeparator: \.isNewline).compactMap { SlurmJob($0) }
  }

  init?(_ line: Substring) {
    let fields = line.split(separator: "|", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
    guard fields.count == 6, !fields[0].isEmpty, !fields[1].isEmpty else { return nil }
    (id, state, node, reason, name, comment) = (fields[0], fields[1], fields[2], fields[3], fields[4], fields[5])
  }

  var jobState: JobState {
    switch state {
    case "RUNNING", "COMPLETING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT", "RESIZING":
      .running(node: plainText(node, limit: 80))
    case "PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD", "SPECIAL_EXIT":
      .pending(reason: reason == "None" ? "" : plainText(reason, limit: 100))
    default: .ended(Self.end(state))
    }
  }

  /// A state that is the last; `sacct` adds who canceled a job.
  static func end(_ state: String) -> JobEnd {
    let reason: String? =
      switch state.split(separator: " ").first {
      case "COMPLETED", "FAILED": nil
      case "CANCELLED": "was canceled"
      case "TIMEOUT": "reached its time limit"
      case "DEADLINE": "reached its deadline"
      case "OUT_OF_MEMORY": "exceeded its memory limit"
      case "NODE_FAIL": "lost its node"
      case "BOOT_FAIL": "got a node that did not start"
      case "PREEMPTED": "was preempted"
      default: "ended as \(plainText(state, limit: 40))"
      }
    return JobEnd(reason: reason)
  }
}

enum SlurmAnswers {
  /// What Slurm says when it may do later what it was asked.
  private static let temporary = [
    "unable to contact slurm controller", "socket timed out", "temporarily", "connection refused",
    "zero bytes were transmitted", "standby mode", "connection timed out", "controller not responding",
    "unexpected message received", "message receive failure", "connect failure", "submit limit",
    "too many jobs", "resource temporarily unavailable", "queue is full", "protocol authentication error",
    "communication connection failure", "slurm_receive_msg", "slurm_persist_conn",
  ]

  /// Whether a job could not be canceled as it is over, or has not begun.
  static func isHarmless(_ error: LaunchError) -> Bool {
    let words = error.description.lowercased()
    let harmless = ["invalid job id", "already completing", "can not be altered now"]
    if case .refused = error { return harmless.contains(where: words.contains) }
    return false
  }

  /// Why a program of Slurm's failed, by what it printed.
  static func failure(_ program: String, _ errors: String) -> LaunchError {
    let lines = errors.split(whereSeparator: \.isNewline).map(String.init)
    let line = lines.last { $0.contains("error:") } ?? lines.last ?? "it failed without a word"
    let words = plainText(line.trimmed, limit: 300)
    let lower = errors.lowercased()
    return temporary.contains { lower.contains($0) }
      ? .unavailable(words) : .refused(words.hasPrefix(program) ? words : "\(program): \(words)")
  }
}
