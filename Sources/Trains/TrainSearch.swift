import Platform

/// Finds out which branches of a train are good, by as few test runs as it can: which prefixes are to be tested, what
/// lands and who is set aside. A value; whoever has one builds and tests.
///
/// A red prefix is searched for its smallest red part. Only that one is run once more: where it is green then, the tests
/// are flaky, nobody is blamed, and the search continues to the right.
package struct TrainSearch: Sendable {
  /// A prefix of what is left, on top of what has landed.
  package struct Probe: Hashable, Sendable {
    /// What is on the train, in its order.
    package let items: [Int]
    /// Whether it was red before, and its second answer is the last word.
    package let isRerun: Bool
  }

  package enum Step: Equatable, Sendable {
    /// To be tested, each apart from the others; the search continues when all answers are there.
    case test([Probe])
    /// Proven: these land.
    case land([Int])
    /// Red twice, where all before it was green.
    case setAside(Int)
    case finished
  }

  /// How many prefixes are tested side by side.
  private let workers: Int
  private let reruns: Bool
  /// What is left, in its order.
  package private(set) var queue: [Int]
  /// How many are judged, and how many of them are bad.
  private var (seen, bad) = (0, 0)
  private var phase = Phase.whole

  private enum Phase: Equatable {
    /// Nothing is known of the queue.
    case whole
    /// The first `low` are green together, the first `high` are red; where the group's `end` was red at the beginning.
    case range(low: Int, high: Int, end: Int, confirmed: Set<Int>)
    /// The first `count` may land; the one after them is the culprit when `group` is larger.
    case landing(count: Int, hasCulprit: Bool)
    case blaming
  }

  /// - Parameters:
  ///   - items: in the order in which they are to land.
  ///   - reruns: whether the smallest red prefix is run once more.
  package init(_ items: [Int], workers: Int = 1, reruns: Bool = true) {
    queue = items
    self.workers = max(1, workers)
    self.reruns = reruns
  }

  /// The largest group with about even odds of being green; everything as long as nothing was bad.
  private var groupSize: Int {
    guard bad > 0 else { return queue.count }
    let rate = min(Double(bad + 1) / Double(seen + 40), 0.9)
    return max(1, min(queue.count, Int((log(0.5) / log(1 - rate)).rounded())))
  }

  /// What is to be done next. Asked again before the answers are there, it says the same.
  package var next: Step {
    guard !queue.isEmpty else { return .finished }
    switch phase {
    case .whole: return .test([probe(groupSize)])
    case .range(let low, let high, _, _):
      guard high - low > 1 else { return .test([probe(high, isRerun: true)]) }
      return .test(sections(low, high).map { probe($0) })
    case .landing(let count, _): return .land(Array(queue.prefix(count)))
    case .blaming: return .setAside(queue[0])
    }
  }

  private func probe(_ count: Int, isRerun: Bool = false) -> Probe {
    Probe(items: Array(queue.prefix(count)), isRerun: isRerun)
  }

  /// Points that cut a range into parts of about one size.
  private func sections(_ low: Int, _ high: Int) -> [Int] {
    let points = (1...workers).map { low + (high - low) * $0 / (workers + 1) }
    return Set(points.map { min(max($0, low + 1), high - 1) }).sorted()
  }

  /// Takes the answers to all probes of ``next``.
  package mutating func take(_ answers: [Probe: Bool]) {
    let green = answers.filter(\.value).map(\.key.items.count)
    let red = answers.filter { !$0.value }.map(\.key.items.count)
    switch phase {
    case .whole:
      if let whole = green.max() {
        phase = .landing(count: whole, hasCulprit: false)
      } else if let whole = red.min() {
        phase = settled(low: 0, high: whole, end: whole, confirmed: [])
      }
    case .range(let low, let high, let end, var confirmed):
      if high - low == 1 {
        confirmed.insert(high)
        if green.isEmpty {
          phase = .landing(count: low, hasCulprit: true)
        } else if high == end {
          phase = .landing(count: end, hasCulprit: false)
        } else {
          phase = settled(low: high, high: end, end: end, confirmed: confirmed)
        }
      } else {
        // What is green proves what is to the left of it, whatever that was.
        let newLow = max(low, green.max() ?? low)
        let newHigh = min(high, red.filter { $0 > newLow }.min() ?? high)
        phase = settled(low: newLow, high: newHigh, end: end, confirmed: confirmed)
      }
    case .landing, .blaming: break
    }
    skipEmptyLanding()
  }

  /// The phase of a range; of one that is a single item and needs no second look, its end.
  private func settled(low: Int, high: Int, end: Int, confirmed: Set<Int>) -> Phase {
    if high - low == 1, !reruns || confirmed.contains(high) { return .landing(count: low, hasCulprit: true) }
    return .range(low: low, high: high, end: end, confirmed: confirmed)
  }

  private mutating func skipEmptyLanding() {
    if case .landing(0, true) = phase { phase = .blaming }
  }

  /// What ``next`` said is landed.
  package mutating func landed() {
    guard case .landing(let count, let hasCulprit) = phase else { return }
    queue.removeFirst(count)
    seen += count
    phase = hasCulprit ? .blaming : .whole
  }

  /// The culprit is set aside.
  package mutating func blamed() {
    guard phase == .blaming, !queue.isEmpty else { return }
    queue.removeFirst()
    (seen, bad) = (seen + 1, bad + 1)
    phase = .whole
  }

  /// Takes items out of the queue without a judgment, such as those that need one that was set aside, or that do not
  /// merge any more. What was found out about the queue is forgotten where it was about them.
  package mutating func drop(_ items: Set<Int>) {
    guard queue.contains(where: items.contains) else { return }
    queue.removeAll(where: items.contains)
    phase = .whole
  }
}
