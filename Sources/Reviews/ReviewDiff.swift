import Basics
import Git
import Processes

/// What a pull request changes, as far as it fits into a prompt.
struct ReviewDiff: Sendable, Equatable {
  /// The diffs of whole files.
  let text: String
  /// The files whose diffs are not in `text`.
  let leftOut: [String]

  static let byteLimit = 60_000
  private static let lineLimit = 4000
  private static let fileLimit = 300

  /// What makes git show no more than a diff, whatever is configured.
  static let options = ["--no-color", "--no-ext-diff", "--no-textconv", "--submodule=short"]
  /// Larger files are shown as binary ones: no diff of them is made, let alone held in memory.
  static let sizeLimit = ["-c", "core.bigFileThreshold=1m"]

  /// Compares the head with where it left the base.
  static func read(base: ObjectID, head: ObjectID, git: GitCommand) async throws(GitError) -> ReviewDiff {
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
