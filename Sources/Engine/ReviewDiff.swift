import Basics
package import Git
import Processes

/// What a branch changes, as far as it fits into the prompt of a reviewer.
package struct ReviewDiff: Sendable, Equatable {
  /// The diffs of whole files.
  package let text: String
  /// The files whose diffs are not in `text`.
  package let leftOut: [String]

  package static let byteLimit = 60_000
  private static let lineLimit = 4000
  private static let fileLimit = 300

  /// What makes git show no more than a diff, whatever is configured.
  package static let options = ["--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short"]
  /// Larger files are shown as binary ones: no diff of them is made, let alone held in memory.
  package static let sizeLimit = ["-c", "core.bigFileThreshold=1m"]

  /// - Parameter leftOut: the files whose diffs are not in it.
  package init(text: String, leftOut: [String]) { (self.text, self.leftOut) = (text, leftOut) }

  /// Compares the head with where it left the base.
  /// - Parameter byteLimit: how much of it may be in a prompt.
  package static func read(
    base: ObjectID, head: ObjectID, git: GitCommand, byteLimit: Int = byteLimit
  ) async throws(GitError) -> ReviewDiff {
    let plain = options + ["--no-renames"]
    var range = ["\(base)...\(head)"]
    var listing = try await git.run(.reading, sizeLimit + ["diff"] + plain + ["--numstat", "-z"] + range + ["--"])
    if !listing.isSuccess {
      // Histories that have nothing in common.
      range = ["\(base)", "\(head)"]
      listing = try await git.require(.reading, sizeLimit + ["diff"] + plain + ["--numstat", "-z"] + range + ["--"])
    }
    // Nothing big is even read: the lines of each file are known beforehand.
    var wanted: [String] = []
    var leftOut: [String] = []
    var lines = 0
    for record in listing.records {
      let fields = record.split(separator: "\t", maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let size = (Int(fields[0]) ?? 0) + (Int(fields[1]) ?? 0)
      if wanted.count < fileLimit, lines + size <= lineLimit {
        lines += size
        wanted.append(String(fields[2]))
      } else {
        leftOut.append(String(fields[2]))
      }
    }
    guard !wanted.isEmpty else { return ReviewDiff(text: "", leftOut: leftOut) }
    var text = ""
    for path in wanted {
      guard text.utf8.count < byteLimit - 500 else {
        leftOut.append(path)
        continue
      }
      let output = try await git.require(
        .reading, sizeLimit + ["--literal-pathspecs", "diff"] + plain + range + ["--", path])
      let part = sanitized(output.text, .keepLines)
      if text.utf8.count + part.utf8.count <= byteLimit {
        text += text.isEmpty ? part : "\n" + part
      } else {
        leftOut.append(path)
      }
    }
    return ReviewDiff(text: text, leftOut: leftOut.sorted())
  }
}
