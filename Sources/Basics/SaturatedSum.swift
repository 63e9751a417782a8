extension Int {
  /// The sum, or the greatest or least number where it would be beyond that.
  package func addingSaturated(_ other: Int) -> Int {
    let (sum, isBeyond) = addingReportingOverflow(other)
    return isBeyond ? (other > 0 ? .max : .min) : sum
  }
}

/// JSON has no infinity: a sum beyond the greatest number is that number.
package func finiteSum(_ a: Double, _ b: Double) -> Double {
  min(max(a + b, -Double.greatestFiniteMagnitude), Double.greatestFiniteMagnitude)
}
