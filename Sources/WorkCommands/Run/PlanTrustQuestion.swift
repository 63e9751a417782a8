import CommandSupport
import Engine
import Plans
import Runs
import Settings
import SystemPackage

extension TrustQuestion {
  /// Asks about what a plan that came with the repository would have agents run, and remembers the answer.
  static func settle(
    _ plan: TaskPlan, at path: FilePath, name: String, in place: RepositoryContext, _ context: CommandContext,
    ask: (@escaping @Sendable () async -> Bool?) async throws -> Bool?
  ) async throws {
    let pending = try await PlanTrust.pending(plan, at: path, name: name, in: place)
    guard !pending.isEmpty else { return }
    let record = Trust.record(for: pending, source: .plan)
    let question = TrustQuestion(
      values: pending, file: name, command: "git config --local --add \(SettingKey.trust.fullName) \(record)")
    try await question.settle(context, ask: ask)
    try await Trust.accept(
      pending, source: .plan, in: place.checkout ?? place.commonDirectory, environment: place.environment)
  }
}
