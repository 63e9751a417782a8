import Journal
import Testing

@Suite struct TokenPricesTests {
  private static let tokens = TokenCounts(input: 1_000_000, output: 100_000, cacheRead: 1_000_000, cacheWrite: 400_000)

  private static func prices(_ model: String, cost: Double) -> TokenPrices {
    TokenPrices(
      Accounts(
        ModelRecord(
          model: model, cost: cost, inputTokens: 1_000_000, outputTokens: 100_000, cacheReadTokens: 1_000_000,
          cacheWriteTokens: 400_000)))
  }

  @Test(arguments: [
    ("claude-opus-4-5-20251101", 10.5), ("claude-opus-4-6", 10.5), ("claude-3-opus-20240229", 31.5),
    ("us.anthropic.claude-opus-4-5-20251101-v1:0", 10.5), ("claude-sonnet-4-20250514", 6.3),
    ("claude-opus-4-5@20251101", 10.5), ("claude-3-5-haiku-latest", 1.68),
  ])
  func `each kind of token has the price of the list`(model: String, cost: Double) throws {
    #expect(abs(try #require(TokenPrices().cost(of: Self.tokens, model: model)) - cost) < 1e-9)
  }

  @Test(arguments: [
    "claude-scripted-1", "claude-opus-5-5", "claude-opus-4-7", "my-opus", "claude-opus-4-5[1m]", "gpt-5", "",
    "claude-opus-4-5-tuned", "claude", "opus-4-5",
  ])
  func `what is not in the list has no cost`(model: String) {
    #expect(TokenPrices().cost(of: Self.tokens, model: model) == nil)
  }

  @Test func `attempts that told their cost correct the list`() throws {
    let prices = Self.prices("claude-opus-4-5", cost: 5.25)
    #expect(abs(try #require(prices.cost(of: TokenCounts(output: 1_000_000), model: "claude-opus-4-5")) - 12.5) < 1e-9)
    #expect(abs(try #require(prices.cost(of: TokenCounts(output: 1_000_000), model: "claude-opus-4-6")) - 25) < 1e-9)
  }

  @Test func `and price the others, on average`() throws {
    let prices = Self.prices("claude-scripted-1", cost: 2.5)
    #expect(abs(try #require(prices.cost(of: TokenCounts(output: 10), model: "claude-scripted-1")) - 0.000_01) < 1e-12)
    #expect(prices.cost(of: TokenCounts(output: 10), model: "claude-scripted-2") == nil)
  }
}
