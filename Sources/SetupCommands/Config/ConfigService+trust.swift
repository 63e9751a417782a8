import Basics
import CommandSupport
import Settings
import TerminalUI

extension ConfigService {
  /// Shows what the team's file and `.worktreeinclude` set and need trust for, and keeps the user's word for it.
  func trust(unasked: Bool) async throws -> ExitStatus {
    try await requireRepository("--trust")
    let pending = try await layers().pendingTrust
    guard !pending.isEmpty else {
      context.console.narrate("nothing to trust")
      return .done
    }
    let file = UntrustedValue.file(of: pending)
    context.console.narrate("\(file) contains values that can run code or widen what agents may do:")
    for value in pending { context.console.answer("  \(sanitized(value.line))") }
    if !unasked {
      guard let answer = await context.console.prompt.confirm("Trust these values of \(file)?") else {
        throw ConfigRefusal("cannot ask without a terminal: nothing was trusted\nhint: -y trusts them without asking")
      }
      guard answer else {
        context.console.narrate("nothing was trusted")
        return .no
      }
    }
    // Exactly what was shown: a file that has changed since has not this trust.
    try await Trust.accept(pending, in: context.directory, environment: context.environment)
    context.console.narrate("trusted until one of them changes")
    return .done
  }
}
