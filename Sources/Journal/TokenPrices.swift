import Basics

/// What tokens are worth as long as their agent has not said it: the one rule behind every `~` on the screen and behind
/// a run's budget (git-orch-run(1), BUDGETS).
///
/// A model whose list price is known is valued by that, each kind of token by itself. Once attempts of the run have told
/// what they cost, the list is corrected by the ratio of the two; a model without a list price is valued at what a token
/// of it has cost on average. Before that, nobody knows: no cost is better than a wrong one.
package struct TokenPrices: Sendable, Equatable {
  private struct ListPrice: Equatable {
    /// US dollars for a million tokens.
    let input: Double
    let output: Double

    /// Writing to the cache costs a quarter more than reading without it, reading from it a tenth.
    func cost(of tokens: TokenCounts) -> Double {
      let read = Double(tokens.input) + 1.25 * Double(tokens.cacheWrite) + 0.1 * Double(tokens.cacheRead)
      return (read * input + Double(tokens.output) * output) / 1_000_000
    }
  }

  /// By model: what the list is off by in this run.
  private var corrections: [String: Double] = [:]
  /// By model: US dollars for a token.
  private var averages: [String: Double] = [:]

  /// - Parameter accounts: what is known of costs: the ended attempts of the run.
  package init(_ accounts: Accounts = Accounts()) {
    for record in accounts.models where record.cost > 0 && record.tokens.total > 0 {
      if let list = Self.listPrice(of: record.model) {
        let expected = list.cost(of: record.tokens)
        if expected > 0 { corrections[record.model] = record.cost / expected }
      } else {
        averages[record.model] = record.cost / Double(record.tokens.total)
      }
    }
  }

  /// nil where nobody knows.
  package func cost(of tokens: TokenCounts, model: String) -> Double? {
    if let list = Self.listPrice(of: model) { return list.cost(of: tokens) * (corrections[model] ?? 1) }
    return averages[model].map { $0 * Double(tokens.total) }
  }

  // MARK: - The list

  /// Family and version, as names of all providers have them.
  private static let list: [String: ListPrice] = {
    let prices: [(input: Double, output: Double, models: [String])] = [
      (15, 75, ["opus 3", "opus 4", "opus 4 0", "opus 4 1"]), (5, 25, ["opus 4 5", "opus 4 6"]),
      (3, 15, ["sonnet 3", "sonnet 3 5", "sonnet 3 7", "sonnet 4", "sonnet 4 0", "sonnet 4 5", "sonnet 4 6"]),
      (0.25, 1.25, ["haiku 3"]), (0.8, 4, ["haiku 3 5"]), (1, 5, ["haiku 4 5"]),
    ]
    return Dictionary(
      prices.flatMap { price in price.models.map { ($0, ListPrice(input: price.input, output: price.output)) } },
      uniquingKeysWith: { first, _ in first })
  }()

  /// `claude-opus-4-5-20251101`, `us.anthropic.claude-opus-4-5-20251101-v1:0` and `claude-3-5-haiku@20241022`; nil for
  /// every other name, as one that merely looks like these may cost anything.
  private static func listPrice(of model: String) -> ListPrice? {
    let parts = model.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }.map(String.init)
    guard let start = parts.firstIndex(of: "claude") else { return nil }
    var family: String?
    var version: [String] = []
    for part in parts[(start + 1)...] {
      if ["opus", "sonnet", "haiku"].contains(part), family == nil {
        family = part
      } else if part.utf8.count <= 2, Int(part) != nil {
        version.append(part)
      } else if part == "latest" || part.utf8.count == 8 && Int(part) != nil {
        break  // The day of a release: what follows is the provider's.
      } else {
        return nil
      }
    }
    return family.flatMap { list[([$0] + version).joined(separator: " ")] }
  }
}
