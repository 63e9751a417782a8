import Basics
import Engine
import Git
import Merging
import Processes
import Settings
package import Trains

/// What a landing would do.
package struct LandingRehearsal: Sendable {
  package let plan: LandingPlan
  package let rows: [Row]
  /// Whether the whole train has been tested before, and how; nil when it has not, or nothing is tested.
  package let known: TestCache.Result?

  package struct Row: Sendable {
    package let item: TrainItem
    /// The paths that keep it from merging; empty when it merges.
    package let conflicts: [String]
    /// Those that would be resolved as they were before, if the tests pass with that.
    package let resolved: [String]
    /// Why it cannot land, of one that cannot for another reason.
    package let refusal: String?
  }

  init(_ plan: LandingPlan, in place: RepositoryContext) async throws {
    var plan = plan
    let quarantine = try await MergeQuarantine(
      commonDirectory: place.commonDirectory, environment: place.environment)
    try await plan.orderByConflicts(in: place, by: quarantine)
    var builder = TrainBuilder(mode: plan.request.mode, merges: quarantine, committer: plan.committer)
    if plan.testCommand != nil, place.settings[.landRerere], !plan.request.usesForge {
      builder.replay = KnownResolutions(
        quarantine: quarantine, store: ResolutionStore(commonDirectory: place.commonDirectory))
    }
    var head = TrainBuilder.Head(commit: plan.baseCommit, tree: plan.baseTree)
    var rows: [Row] = []
    for item in plan.items {
      switch try await builder.couple(item, onto: head) {
      case .coupled(let next):
        head = next
        rows.append(Row(item: item, conflicts: [], resolved: [], refusal: nil))
      case .resolved(let next, let known):
        head = next
        rows.append(Row(item: item, conflicts: [], resolved: known.paths, refusal: nil))
      case .empty: rows.append(Row(item: item, conflicts: [], resolved: [], refusal: nil))
      case .conflict(let paths): rows.append(Row(item: item, conflicts: paths, resolved: [], refusal: nil))
      case .refused(let reason): rows.append(Row(item: item, conflicts: [], resolved: [], refusal: reason))
      }
    }
    self.plan = plan
    self.rows = rows
    if let command = plan.testCommand {
      let key = try await plan.circumstances(command: command, in: place).key(tree: head.tree.description)
      known = TestCache(commonDirectory: place.commonDirectory).result(key)
    } else {
      known = nil
    }
  }
}

extension LandingPlan {
  /// More branches than these are taken in the order of their age: there is a merge for each pair of them.
  private static var mostPaired: Int { 100 }

  /// Puts those that conflict with few others first.
  mutating func orderByConflicts(in place: RepositoryContext, by quarantine: MergeQuarantine? = nil) async throws {
    guard items.count > 2, items.count <= Self.mostPaired else { return }
    let merges: MergeQuarantine
    if let quarantine {
      merges = quarantine
    } else {
      merges = try await MergeQuarantine(commonDirectory: place.commonDirectory, environment: place.environment)
    }
    var pairs: [(one: Int, other: Int)] = []
    for one in items.indices {
      for other in items.indices where other > one { pairs.append((one, other)) }
    }
    let results = try await merges.merge(pairs.map { MergePair(ours: items[$0.one].tip, theirs: items[$0.other].tip) })
    var conflicts: [String: Int] = [:]
    for (pair, result) in zip(pairs, results) {
      guard case .conflict = result else { continue }
      conflicts[items[pair.one].id, default: 0] += 1
      conflicts[items[pair.other].id, default: 0] += 1
    }
    items = TrainOrder.sorted(items, conflicts: conflicts)
  }
}
