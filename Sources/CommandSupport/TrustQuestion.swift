import Basics
package import Engine
package import Settings
import TerminalUI

extension RepositoryContext {
  /// Finds the repository and its settings, and asks about values of the team's file that wait for trust, before
  /// anything else is done.
  ///
  /// - Parameter ask: asks on the terminal; nil without one.
  /// - Throws: `TrustError` unless the user trusts them.
  package static func trusted(
    _ context: CommandContext, ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws -> RepositoryContext {
    let place = try await find(from: context.directory, environment: context.environment)
    try await place.requireFindable()
    guard !place.pendingTrust.isEmpty else { return place }
    let file = UntrustedValue.file(of: place.pendingTrust)
    let question = TrustQuestion(values: place.pendingTrust, file: file)
    try await question.settle(context, ask: ask)
    try await Trust.accept(
      place.pendingTrust, in: place.checkout ?? place.commonDirectory, environment: place.environment)
    let again = try await find(from: context.directory, environment: context.environment)
    // The file was changed while the user looked at it.
    guard again.pendingTrust.isEmpty else { throw TrustError.changed(file) }
    return again
  }
}

/// Asks whether values that others committed may take effect.
package struct TrustQuestion {
  package let values: [UntrustedValue]
  /// What holds them.
  package let file: String
  /// The command that trusts them where nobody can be asked.
  package let command: String

  package init(values: [UntrustedValue], file: String, command: String = "git orch config --trust") {
    self.values = values
    self.file = file
    self.command = command
  }

  /// Returns when the user trusts them.
  package func settle(
    _ context: CommandContext, ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws {
    let lines = values.map { "  " + sanitized($0.line) }
    // One text with the question: what is to be trusted stands where the answer is given, wherever stderr goes.
    let question =
      "\(sanitized(file)) contains values that can run code or widen what agents may do:\n"
      + lines.joined(separator: "\n") + "\nTrust these values of \(sanitized(file))?"
    let answer = try await ask { await context.console.prompt.confirm(question) }
    switch answer {
    case true?: return
    case false?: throw TrustError.refused(file)
    case nil: throw TrustError.nobodyToAsk(file, lines: lines, command: command)
    }
  }
}

/// Why nothing is done with values that wait for trust.
package enum TrustError: Error, CustomStringConvertible {
  case refused(String)
  case nobodyToAsk(String, lines: [String], command: String)
  case changed(String)

  package var description: String {
    switch self {
    case .refused(let file):
      "the values of '\(file)' are not trusted: nothing was done"
    case .nobodyToAsk(let file, let lines, let command):
      "'\(file)' contains values that need your trust, and there is no terminal to ask on:\n"
        + lines.joined(separator: "\n") + "\nhint: if you trust them: \(command)"
    case .changed(let file):
      "'\(file)' was changed while you looked at it: nothing was done"
    }
  }
}
