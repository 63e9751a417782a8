import Basics
import Platform
import SystemPackage

/// A file of git's configuration, key by key, without those that it includes.
struct ConfigurationFile: Sendable {
  let file: GuardedFile
  /// Each key's values in their order; nil when git cannot read the file.
  let values: [String: [String]]?

  init?(
    _ path: String, previous: ConfigurationFile?, at look: timespec,
    list: (String) -> [String: [String]]?
  ) {
    guard let file = GuardedFile(path, previous: previous?.file, at: look) else { return nil }
    self.file = file
    // The same bytes have the same values, whatever their stamps say.
    values = previous.flatMap { $0.file.contents != nil && $0.file.isSame(as: file) ? $0.values : nil } ?? list(path)
  }

  /// What `git config --list -z` prints.
  static func parse(_ bytes: [UInt8]) -> [String: [String]] {
    var values: [String: [String]] = [:]
    for record in bytes.split(separator: 0) {
      // A key without `=` is true, and has no newline.
      let parts = record.split(separator: UInt8(ascii: "\n"), maxSplits: 1, omittingEmptySubsequences: false)
      let value = parts.count > 1 ? String(decoding: parts[1], as: UTF8.self) : "true"
      values[String(decoding: parts[0], as: UTF8.self), default: []].append(value)
    }
    return values
  }
}
