/// The version of the `git` program.
package struct GitVersion: Comparable, Sendable, CustomStringConvertible {
  package let major: Int
  package let minor: Int
  package let patch: Int

  package init(_ major: Int, _ minor: Int, _ patch: Int = 0) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// Reads `git version 2.39.5 (Apple Git-154)`, `git version 2.45.0.rc1` and the like.
  init?(output: String) {
    guard let word = output.split(separator: " ").dropFirst(2).first, output.hasPrefix("git version ") else {
      return nil
    }
    let numbers = word.split(separator: ".").prefix(3).map { Int($0.prefix { $0.isNumber }) }
    guard numbers.count >= 2, let major = numbers[0], let minor = numbers[1] else { return nil }
    self.init(major, minor, numbers.count > 2 ? numbers[2] ?? 0 : 0)
  }

  package static func < (left: GitVersion, right: GitVersion) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }

  package var description: String { "\(major).\(minor).\(patch)" }
}
