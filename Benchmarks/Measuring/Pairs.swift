import Basics

/// Costs of pairs that were measured in turn: A B A B …
struct Pairs {
  private(set) var ours: [Cost] = []
  private(set) var others: [Cost] = []

  /// Measures the other and ours in turn, until there are `count` pairs or `seconds` are over; at least one pair.
  ///
  /// When one of them had to be stopped for a limit, that was the last pair.
  init(_ count: Int, seconds: Double, other: () throws -> Cost, ours: () throws -> Cost) throws {
    let begin = ContinuousClock.now
    repeat {
      others.append(try other())
      self.ours.append(try ours())
      if !stopped.isEmpty { return }
    } while self.ours.count < count && (ContinuousClock.now - begin).inSeconds < seconds
  }

  /// What had to be stopped, and why.
  var stopped: [String] {
    [ours.last?.stopped.map { "ours \($0)" }, others.last?.stopped.map { "theirs \($0)" }].compactMap(\.self)
  }

  /// Of pairs that were not stopped.
  func ratio(_ figure: (Cost) -> Double) -> Ratio? {
    Ratio(
      zip(ours, others).compactMap { ours, other in
        guard ours.stopped == nil, other.stopped == nil, figure(other) > 0 else { return nil }
        return figure(ours) / figure(other)
      })
  }

  var peak: Int { ours.map(\.peak).max() ?? 0 }
  var otherPeak: Int { others.map(\.peak).max() ?? 0 }

  /// The ratio of CPU times; nothing when one of them had to be stopped.
  var cpuNotes: [String] { ratio(\.cpu).map { ["CPU \(Text.number($0.median)) ×"] } ?? [] }

  /// The measurement by one figure of each pair, with what was in the way.
  func measurement(_ figure: (Cost) -> Double, _ text: (Double) -> String) -> Measurement {
    func shown(_ costs: [Cost]) -> String {
      let complete = costs.filter { $0.stopped == nil }.map(figure)
      return complete.median.map(text) ?? costs.last.map { "> \(text(figure($0)))" } ?? "–"
    }
    return Measurement(ratio: ratio(figure), ours: shown(ours), other: shown(others), notes: stopped)
  }
}
