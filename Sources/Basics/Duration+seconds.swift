extension Duration {
  /// In seconds, with their fractions.
  package var inSeconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
