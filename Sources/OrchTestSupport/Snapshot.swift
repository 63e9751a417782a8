import Foundation
import SystemPackage

/// A text that is not what the file next to the tests holds.
package struct SnapshotError: Error, CustomStringConvertible {
  package let description: String
}

/// Compares `text` with `Snapshots/<name>` next to the test's file.
///
/// Set `UPDATE_SNAPSHOTS=1` (`make snapshots`) to have the file rewritten; that fails, too, so that no run of the tests
/// passes in which nothing was compared.
package func assertSnapshot(_ text: String, _ name: String, testFile: String = #filePath) throws {
  let file = FilePath(testFile).removingLastComponent().appending("Snapshots").appending(name)
  let expected = try? String(contentsOfFile: file.string, encoding: .utf8)
  let actual = text.hasSuffix("\n") ? text : text + "\n"
  guard actual != expected else { return }
  if ProcessInfo.processInfo.environment["UPDATE_SNAPSHOTS"] == "1" {
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try actual.write(toFile: file.string, atomically: true, encoding: .utf8)
    throw SnapshotError(description: "recorded '\(file)': look at the difference, and run the test again")
  }
  guard let expected else {
    throw SnapshotError(description: "there is no '\(file)': record it with 'make snapshots'")
  }
  throw SnapshotError(
    description: """
      the text is not that of '\(file)'; if it should be, record it with 'make snapshots'
      \(firstDifference(expected, actual))
      """)
}

private func firstDifference(_ expected: String, _ actual: String) -> String {
  let expected = expected.split(separator: "\n", omittingEmptySubsequences: false)
  let actual = actual.split(separator: "\n", omittingEmptySubsequences: false)
  let same = zip(expected, actual).prefix { $0 == $1 }.count
  let (old, new) = (expected.dropFirst(same).first ?? "(end)", actual.dropFirst(same).first ?? "(end)")
  return "line \(same + 1)\n- \(old)\n+ \(new)"
}
