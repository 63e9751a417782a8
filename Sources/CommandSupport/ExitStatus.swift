/// How a command ends, as every page under EXIT STATUS has it.
package enum ExitStatus: Equatable, Sendable {
  case done
  /// It ran, and the answer is no: a task failed.
  case no
  /// It could not do its work.
  case fatal
  case usage
  /// It was ended by a signal: 128 and the signal's number.
  case interrupted(signal: Int32)

  package var code: Int32 {
    switch self {
    case .done: 0
    case .no: 1
    case .fatal: 128
    case .usage: 129
    case .interrupted(let signal): 128 + signal
    }
  }
}
