/// One line of the results: a name, what is wanted of it, what it is compared with, and how it is measured.
struct Row {
  let name: String
  /// The budget, as text: nothing checks it.
  let wanted: String
  /// What the ratio is against; `nil` when only the figures themselves count.
  let against: String?
  /// How many of the ten minutes' seconds must be left for it to be begun.
  var needs = 10.0
  let measure: (Bench) throws -> Measurement
}

/// What was measured of a row.
struct Measurement {
  /// Ours against the other, pair by pair.
  var ratio: Ratio?
  var ours: String
  var other: String?
  var notes: [String] = []
}

/// The ratios of pairs that were measured in turn.
struct Ratio {
  let median: Double
  /// The middle half of the pairs; all of them where there are fewer than eight.
  let low: Double
  let high: Double
  let count: Int

  /// `nil` for no pairs.
  init?(_ ratios: [Double]) {
    guard let median = ratios.median else { return nil }
    let sorted = ratios.sorted()
    let cut = sorted.count < 8 ? 0 : sorted.count / 4
    self.median = median
    low = sorted[cut]
    high = sorted[sorted.count - 1 - cut]
    count = ratios.count
  }
}

extension [Double] {
  var median: Double? {
    guard !isEmpty else { return nil }
    let sorted = sorted()
    let middle = count / 2
    return count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
