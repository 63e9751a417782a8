import CommandSupport
import Engine
import Planning
import Plans
import Settings
import SystemPackage

extension TrustQuestion {
  /// Asks about what a plan that came with the repository would have agents run, and remembers the answer.
  static func settle(
    _ plan: TaskPlan, at path: FilePath, name: String, in place: RepositoryContext, _ context: CommandContext,
    ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws {
    let pending = try await PlanTrust.pending(plan, at: path, name: name, in: place)
    try await settle(pending, of: name, source: .plan, in: place, context, ask: ask)
  }

  /// The same for values of a plan or a to-do list.
  static func settle(
    _ pending: [UntrustedValue], of name: String, source: TrustSource, in place: RepositoryContext,
    _ context: CommandContext, ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws {
    guard !pending.isEmpty else { return }
    let record = Trust.record(for: pending, source: source)
    let question = TrustQuestion(
      values: pending, file: name, command: "git config --local --add \(SettingKey.trust.fullName) \(record)")
    try await question.settle(context, ask: ask)
    try await Trust.accept(
      pending, source: source, in: place.checkout ?? place.commonDirectory, environment: place.environment)
  }
}
