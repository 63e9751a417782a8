import OrchTestSupport
import Testing
import Trains

@Suite struct TrainSearchTests {
  /// Branches of which some are bad, alone or in pairs, and tests that fail for nothing now and then.
  private struct World {
    let bad: Set<Int>
    let pairs: [(Int, Int)]
    /// Of a thousand runs of good tests, so many are red.
    let flaky: Int
    var random: SeededRandom
    var runs = 0
    var rounds = 0

    func isGood(_ items: [Int]) -> Bool {
      let all = Set(items)
      return all.isDisjoint(with: bad) && !pairs.contains { all.contains($0.0) && all.contains($0.1) }
    }

    mutating func run(_ items: [Int]) -> Bool {
      runs += 1
      return isGood(items) && !(flaky > 0 && random.below(1000) < flaky)
    }
  }

  private struct Outcome {
    var landed: [Int] = []
    var aside: [Int] = []
  }

  private static func perform(_ count: Int, in world: inout World, workers: Int, reruns: Bool) -> Outcome {
    var search = TrainSearch(Array(0..<count), workers: workers, reruns: reruns)
    var outcome = Outcome()
    while true {
      switch search.next {
      case .finished: return outcome
      case .test(let probes):
        world.rounds += 1
        var answers: [TrainSearch.Probe: Bool] = [:]
        for probe in probes { answers[probe] = world.run(outcome.landed + probe.items) }
        search.take(answers)
      case .land(let items):
        outcome.landed += items
        search.landed()
      case .setAside(let item):
        outcome.aside.append(item)
        search.blamed()
      }
    }
  }

  private static func trials(
    bad: Int, pairs: Int = 0, flaky: Int = 0, workers: Int = 1, count: Int = 300
  ) -> (runs: Double, rounds: Double, refused: Double, isMainGood: Bool) {
    var (runs, rounds, refused, isMainGood) = (0, 0, 0, true)
    for trial in 0..<count {
      var random = SeededRandom("train", bad, pairs, flaky, trial)
      let order = Array(0..<20).shuffled(using: &random)
      let culprits = Set(order.prefix(bad))
      let couples = (0..<pairs).map { (order[bad + 2 * $0], order[bad + 2 * $0 + 1]) }
      var world = World(bad: culprits, pairs: couples, flaky: flaky, random: random)
      let outcome = perform(20, in: &world, workers: workers, reruns: flaky > 0)
      isMainGood = isMainGood && world.isGood(outcome.landed)
      refused += max(0, 20 - bad - pairs - outcome.landed.count)
      if Set(outcome.landed + outcome.aside) != Set(0..<20) { isMainGood = false }
      runs += world.runs
      rounds += world.rounds
    }
    let all = Double(count)
    return (Double(runs) / all, Double(rounds) / all, Double(refused) / all, isMainGood)
  }

  @Test(arguments: [(0, 1.0), (1, 6.5), (2, 10.8), (3, 14.9)])
  func `twenty branches take few test runs, and nobody good is refused`(bad: Int, most: Double) {
    let result = Self.trials(bad: bad)
    #expect(result.runs <= most + 0.3, "\(bad) bad: \(result.runs) runs")
    #expect(result.refused == 0)
    #expect(result.isMainGood)
  }

  @Test func `flaky tests cost a rerun, and hardly ever a good branch`() {
    let result = Self.trials(bad: 1, flaky: 30)
    #expect(result.runs <= 7.9 + 0.5, "\(result.runs) runs")
    #expect(result.refused < 0.01, "\(result.refused) refused")
    #expect(result.isMainGood)
  }

  @Test func `of two that fail only together the later one is set aside`() {
    let result = Self.trials(bad: 0, pairs: 1)
    #expect(result.runs <= 8, "\(result.runs) runs")
    #expect(result.refused == 0)
    #expect(result.isMainGood)
  }

  @Test func `more workers take fewer rounds`() {
    let one = Self.trials(bad: 2)
    let four = Self.trials(bad: 2, workers: 4)
    #expect(four.rounds < one.rounds * 0.75, "\(four.rounds) rounds against \(one.rounds)")
    #expect(four.isMainGood)
    #expect(four.refused == 0)
  }

  @Test func `the smallest red prefix alone is run again, and only once`() {
    var search = TrainSearch([7, 8], reruns: true)
    guard case .test(let whole) = search.next else { return #expect(Bool(false)) }
    #expect(whole.map(\.items) == [[7, 8]])
    search.take([whole[0]: false])
    guard case .test(let half) = search.next else { return #expect(Bool(false)) }
    #expect(half.map(\.items) == [[7]])
    search.take([half[0]: true])
    guard case .test(let again) = search.next else { return #expect(Bool(false)) }
    #expect(again.map(\.items) == [[7, 8]])
    #expect(again[0].isRerun)
    search.take([again[0]: false])
    #expect(search.next == .land([7]))
    search.landed()
    #expect(search.next == .setAside(8))
    search.blamed()
    #expect(search.next == .finished)
  }

  @Test func `what is dropped is forgotten`() {
    var search = TrainSearch([1, 2, 3])
    guard case .test(let whole) = search.next else { return #expect(Bool(false)) }
    search.take([whole[0]: false])
    search.drop([2])
    guard case .test(let rest) = search.next else { return #expect(Bool(false)) }
    #expect(rest.map(\.items) == [[1, 3]])
  }
}
