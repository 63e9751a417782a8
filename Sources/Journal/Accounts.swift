import Basics

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What one model was used for.
package struct ModelRecord: Codable, Equatable, Hashable, Sendable {
  /// As the agent names it.
  package var model: String
  /// US dollars.
  package var cost: Double
  package var inputTokens: Int
  package var outputTokens: Int
  package var cacheReadTokens: Int
  package var cacheWriteTokens: Int

  package init(
    model: String, cost: Double = 0, inputTokens: Int = 0, outputTokens: Int = 0, cacheReadTokens: Int = 0,
    cacheWriteTokens: Int = 0
  ) {
    self.model = model
    self.cost = cost
    self.inputTokens = inputTokens
    self.outputTokens = outputTokens
    self.cacheReadTokens = cacheReadTokens
    self.cacheWriteTokens = cacheWriteTokens
  }

  package var tokens: TokenCounts {
    TokenCounts(
      input: max(0, inputTokens), output: max(0, outputTokens), cacheRead: max(0, cacheReadTokens),
      cacheWrite: max(0, cacheWriteTokens))
  }

  /// Where nobody told which model it was: older journals, and what a killed agent could not tell.
  package static let untold = "not told"

  mutating func add(_ other: ModelRecord) {
    cost = finiteSum(cost, max(0, other.cost))
    // A journal may hold any numbers.
    let tokens = other.tokens
    inputTokens = inputTokens.addingSaturated(tokens.input)
    outputTokens = outputTokens.addingSaturated(tokens.output)
    cacheReadTokens = cacheReadTokens.addingSaturated(tokens.cacheRead)
    cacheWriteTokens = cacheWriteTokens.addingSaturated(tokens.cacheWrite)
  }
}

/// Tokens by what became of them.
package struct TokenCounts: Codable, Equatable, Sendable {
  /// Those that were neither read from the cache nor written to it.
  package var input = 0
  package var output = 0
  package var cacheRead = 0
  package var cacheWrite = 0

  package init(input: Int = 0, output: Int = 0, cacheRead: Int = 0, cacheWrite: Int = 0) {
    (self.input, self.output, self.cacheRead, self.cacheWrite) = (input, output, cacheRead, cacheWrite)
  }

  package var total: Int {
    input.addingSaturated(output).addingSaturated(cacheRead).addingSaturated(cacheWrite)
  }

  package static func += (sum: inout TokenCounts, part: TokenCounts) {
    sum.input = sum.input.addingSaturated(part.input)
    sum.output = sum.output.addingSaturated(part.output)
    sum.cacheRead = sum.cacheRead.addingSaturated(part.cacheRead)
    sum.cacheWrite = sum.cacheWrite.addingSaturated(part.cacheWrite)
  }
}

/// What attempts took, of a task, of a run, or of many.
package struct Accounts: Codable, Equatable, Sendable {
  package private(set) var attempts = 0
  /// US dollars.
  package private(set) var cost = 0.0
  package private(set) var tokens = TokenCounts()
  /// How long agents worked, in seconds, those side by side counted each.
  package private(set) var seconds = 0.0
  /// By the models' names.
  package private(set) var models: [ModelRecord] = []

  package init() {}

  /// How many models are told apart: names are an agent's words.
  private static let mostModels = 50

  package mutating func add(_ other: Accounts) {
    attempts = attempts.addingSaturated(other.attempts)
    cost = finiteSum(cost, other.cost)
    tokens += other.tokens
    seconds = finiteSum(seconds, other.seconds)
    for model in other.models { add(model) }
  }

  private mutating func add(_ record: ModelRecord) {
    var record = record
    var index = models.firstIndex { $0.model >= record.model } ?? models.endIndex
    if index == models.endIndex || models[index].model != record.model, models.count >= Self.mostModels {
      record.model = ModelRecord.untold
      index = models.firstIndex { $0.model >= record.model } ?? models.endIndex
    }
    if index < models.endIndex, models[index].model == record.model {
      models[index].add(record)
    } else {
      var new = ModelRecord(model: record.model)
      new.add(record)
      models.insert(new, at: index)
    }
  }

  fileprivate mutating func add(_ attempt: AttemptState) {
    attempts = attempts.addingSaturated(1)
    if let end = attempt.endedAt {
      seconds = finiteSum(seconds, max(0, end.date.timeIntervalSince(attempt.startedAt.date)))
    }
    guard let result = attempt.result else { return }
    let (cost, tokens) = (max(0, result.cost), result.tokens)
    self.cost = finiteSum(self.cost, cost)
    self.tokens += tokens
    var told = ModelRecord(model: ModelRecord.untold)
    for model in result.models ?? [] {
      add(model)
      told.add(model)
    }
    // What is in none of them: rounding is nothing.
    let rest = ModelRecord(
      model: ModelRecord.untold, cost: cost - told.cost > 0.000_001 ? cost - told.cost : 0,
      inputTokens: max(0, tokens.input - told.inputTokens), outputTokens: max(0, tokens.output - told.outputTokens),
      cacheReadTokens: max(0, tokens.cacheRead - told.cacheReadTokens),
      cacheWriteTokens: max(0, tokens.cacheWrite - told.cacheWriteTokens))
    if rest.cost > 0 || rest.tokens.total > 0 { add(rest) }
  }
}

extension AttemptRecord {
  package var tokens: TokenCounts {
    TokenCounts(
      input: max(0, inputTokens), output: max(0, outputTokens), cacheRead: max(0, cacheReadTokens ?? 0),
      cacheWrite: max(0, cacheWriteTokens ?? 0))
  }
}

extension AttemptState {
  package var accounts: Accounts {
    var sum = Accounts()
    sum.add(self)
    return sum
  }
}

extension TaskState {
  package var accounts: Accounts {
    var sum = Accounts()
    for attempt in attempts { sum.add(attempt) }
    return sum
  }

  /// What it took after the attempt of that number.
  package func accounts(after number: Int) -> Accounts {
    attempts.filter { $0.number > number }.reduce(into: Accounts()) { $0.add($1.accounts) }
  }

  /// What it took to fix its branch for landings; a part of `accounts`.
  package var fixAccounts: Accounts { attemptBeforeFixes.map { accounts(after: $0) } ?? Accounts() }

  /// What those of its attempts may have cost that could not tell, and whose session has not told since.
  package var estimatedCost: Double {
    var sum = 0.0
    for (index, attempt) in attempts.enumerated() {
      guard let estimate = attempt.result?.estimatedCost else { continue }
      let session = attempt.result?.session ?? attempt.session
      let isTold = attempts[(index + 1)...].contains {
        ($0.result?.session ?? $0.session) == session && ($0.result?.cost ?? 0) > 0
      }
      if !isTold { sum = finiteSum(sum, max(0, estimate)) }
    }
    return sum
  }
}

extension RunState {
  /// Of its tasks and of its plan.
  package var accounts: Accounts {
    tasks.reduce(into: planning?.accounts ?? Accounts()) { $0.add($1.accounts) }
  }

  package var estimatedCost: Double {
    tasks.reduce(max(0, planning?.estimatedCost ?? 0)) { finiteSum($0, $1.estimatedCost) }
  }
}

extension Accounts {
  /// Those of one model alone.
  package init(_ record: ModelRecord) {
    cost = max(0, record.cost)
    tokens = record.tokens
    models = [record]
  }
}
