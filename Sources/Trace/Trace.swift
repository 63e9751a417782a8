import Basics
import Logging
import Platform

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the program does, line by line, for whoever looks for a fault: off unless `GIT_ORCH_TRACE` is set, as
/// `GIT_TRACE` is for git. When it is off, a call costs one load; its text is not made.
package enum Trace {
  /// What a line is about; it stands at the line's beginning.
  package enum Subject: String, Sendable {
    case process, http, decision, journal
  }

  /// nil when the trace is off.
  private static let logger: Logger? = TraceTarget(
    setting: getenv(variable).map { String(cString: $0) }, warn: TraceTarget.warn
  ).map { target in
    var logger = Logger(label: "git-orch") { _ in
      TraceHandler(target: target, secrets: Secrets(environment: ProcessInfo.processInfo.environment))
    }
    logger.logLevel = .trace
    return logger
  }

  package static let variable = "GIT_ORCH_TRACE"

  package static var isOn: Bool { logger != nil }

  package static func note(_ subject: Subject, _ words: @autoclosure () -> String) {
    guard let logger else { return }
    logger.trace("\(words())", source: subject.rawValue)
  }

  // MARK: - Wording

  /// For lists of arguments: a long text (a schema, a prompt) is cut, and what authorizes is left out.
  package static func shortened(_ arguments: [String], limit: Int = 300) -> [String] {
    arguments.map { argument in
      let lower = argument.lowercased()
      for word in ["extraheader=", "authorization:"] {
        if let range = lower.firstRange(of: word) {
          let length = lower.distance(from: lower.startIndex, to: range.upperBound)
          return "\(argument.prefix(length))***"
        }
      }
      let size = argument.utf8.count
      return size <= limit ? argument : "\(argument.prefix(limit))… (\(size) bytes)"
    }
  }

  /// An address without what a query may hold: its values are left out.
  package static func withoutQueryValues(_ address: String) -> String {
    guard let mark = address.firstIndex(of: "?") else { return address }
    let names = address[address.index(after: mark)...].split(separator: "&").map { part in
      part.contains("=") ? "\(part.prefix { $0 != "=" })=…" : "…"
    }
    return "\(address[..<mark])?\(names.joined(separator: "&"))"
  }

  package static func milliseconds(_ duration: Duration) -> String {
    let tenths = Int((duration / .microseconds(100)).rounded())
    return "\(tenths / 10).\(abs(tenths % 10))"
  }
}
