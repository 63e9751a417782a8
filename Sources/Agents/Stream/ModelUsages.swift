import Basics

/// What models were used for, summed up by their names. Bounded: the names are an agent's words.
package struct ModelUsages: Sendable, Equatable {
  private static let mostModels = 20
  private static let others = "others"

  /// In the order in which they were first used.
  package private(set) var all: [ModelUsage] = []

  package init() {}

  package mutating func add(_ part: ModelUsage) {
    var name = part.model
    if all.count >= Self.mostModels, !all.contains(where: { $0.model == name }) { name = Self.others }
    guard let index = all.firstIndex(where: { $0.model == name }) else {
      all.append(ModelUsage(model: name, usage: part.usage, costUSD: part.costUSD))
      return
    }
    all[index].usage += part.usage
    all[index].costUSD = finiteSum(all[index].costUSD, part.costUSD)
  }

  package var usage: TokenUsage { all.reduce(into: TokenUsage()) { $0 += $1.usage } }
}
