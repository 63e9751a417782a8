import OrchCommands
import Orchestration
import Settings
import TerminalProgress

extension Workplace {
  /// Finds the repository and its settings, and asks about values of the team's file that wait for trust, before
  /// anything else is done.
  ///
  /// - Parameter ask: asks on the terminal; nil without one.
  /// - Throws: `TrustError` unless the user trusts them.
  static func trusted(
    _ context: CommandContext, ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws -> Workplace {
    let place = try await find(from: context.directory, environment: context.environment)
    guard !place.pendingTrust.isEmpty else { return place }
    let question = TrustQuestion(values: place.pendingTrust, file: SettingsFile.teamName)
    try await question.settle(context, ask: ask)
    try await Trust.accept(
      place.pendingTrust, in: place.checkout ?? place.commonDirectory, environment: place.environment)
    let again = try await find(from: context.directory, environment: context.environment)
    // The file was changed while the user looked at it.
    guard again.pendingTrust.isEmpty else { throw TrustError.changed(SettingsFile.teamName) }
    return again
  }
}

/// Asks whether values that others committed may take effect.
struct TrustQuestion {
  let values: [UntrustedValue]
  /// What holds them.
  let file: String

  /// Returns when the user trusts them.
  func settle(
    _ context: CommandContext, ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws {
    let lines = values.map { "  " + sanitized($0.line) }
    let shown = "\(file) holds values that can run code or widen what agents may do:\n" + lines.joined(separator: "\n")
    let question = "Trust these values of \(file)?"
    let console = context.console
    let answer = try await ask {
      // Before the question, and only where there is somebody to ask.
      guard hasTerminal() else { return nil }
      console.narrate(shown)
      return await confirm(question)
    }
    switch answer {
    case true?: return
    case false?: throw TrustError.refused(file)
    case nil: throw TrustError.nobodyToAsk(file, lines: lines)
    }
  }
}

/// Why nothing is done with values that wait for trust.
enum TrustError: Error, CustomStringConvertible {
  case refused(String)
  case nobodyToAsk(String, lines: [String])
  case changed(String)

  var description: String {
    switch self {
    case .refused(let file):
      "the values of '\(file)' are not trusted: nothing was done"
    case .nobodyToAsk(let file, let lines):
      "'\(file)' holds values that need your trust, and there is no terminal to ask on:\n"
        + lines.joined(separator: "\n") + "\nhint: if you trust them: git orch config --trust"
    case .changed(let file):
      "'\(file)' was changed while you looked at it: nothing was done"
    }
  }
}
