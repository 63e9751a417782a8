enum BenchError: Error, CustomStringConvertible {
  case usage(String)
  /// A row cannot be measured here, which is not a fault: what it is compared with is not installed, say.
  case notHere(String)
  case failed(String)
  case interrupted(signal: Int32)

  var description: String {
    switch self {
    case .usage(let message): "\(message)\n\(Options.usage)"
    case .notHere(let message), .failed(let message): message
    case .interrupted: "interrupted"
    }
  }
}
