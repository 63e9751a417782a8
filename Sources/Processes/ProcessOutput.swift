/// How a process ended.
package enum ExitDescription: Sendable, Equatable, CustomStringConvertible {
  case code(Int32)
  case signal(Int32)
  /// Of a process that was another's child.
  case unknown

  /// As `waitpid` gives it.
  init(waitStatus status: Int32) {
    let signal = status & 0x7f
    self = signal == 0 ? .code((status >> 8) & 0xff) : .signal(signal)
  }

  package var isSuccess: Bool { self == .code(0) }

  package var description: String {
    switch self {
    case .code(let code): "exit status \(code)"
    case .signal(let signal): "killed by signal \(signal)"
    case .unknown: "exit status unknown"
    }
  }
}

/// What a program left behind that was run for its answer.
package struct ProcessOutput: Sendable, Equatable {
  package let exit: ExitDescription
  package let standardOutput: [UInt8]
  /// Its beginning, where there is more than the limit.
  package let standardError: [UInt8]

  package init(exit: ExitDescription, standardOutput: [UInt8], standardError: [UInt8]) {
    self.exit = exit
    self.standardOutput = standardOutput
    self.standardError = standardError
  }

  /// The exit status; 128 + the signal's number when a signal ended it, as a shell counts.
  package var status: Int32 {
    switch exit {
    case .code(let code): code
    case .signal(let signal): 128 + signal
    // Not of a program that was run for its answer: those are our own children.
    case .unknown: 255
    }
  }
}

/// Why there is no result of a program.
package enum ProcessFailure: Error, Equatable, Sendable, CustomStringConvertible {
  case timedOut(Duration)
  case cancelled
  /// In the system's words.
  case notStarted(String)
  /// The system has no process, no memory or no descriptor left for it at the moment. In the system's words.
  case exhausted(String)
  /// It printed more than this many bytes.
  case outputTooLarge(limit: Int)

  package var description: String {
    switch self {
    case .timedOut(let limit): "it did not finish within \(limit.components.seconds) s"
    case .cancelled: "it was canceled"
    case .notStarted(let reason), .exhausted(let reason): "it could not be started: \(reason)"
    case .outputTooLarge(let limit): "it printed more than \(limit) bytes"
    }
  }
}
