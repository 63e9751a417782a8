import Platform
import SystemPackage

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

  /// How a command ends whose answer could not be written: as with git a full disk is fatal, and a reader that is gone
  /// ends it silently, as SIGPIPE would.
  /// - Parameter code: the `errno` of the write.
  package static func lost(_ code: Int32) -> (status: ExitStatus, message: String?) {
    if code == EPIPE { return (.interrupted(signal: SIGPIPE), nil) }
    return (.fatal, "fatal: cannot write to standard output: \(Errno(rawValue: code))\n")
  }
}
