import Basics
import Git
import SystemPackage

/// A file as a tree has it.
struct TreeChange: Sendable, Equatable {
  /// As git spells it.
  let path: String
  /// Mode and object; nil where there is none.
  let old: Entry?
  let new: Entry?

  struct Entry: Sendable, Equatable {
    let mode: String
    let id: String
  }

  var isGitlink: Bool { [old, new].contains { $0?.mode == "160000" } }

  /// Reads `git diff-tree -r -z --raw --no-renames`.
  static func read(_ output: GitOutput) throws(GitError) -> [TreeChange] {
    let records = output.bytes.split(separator: 0, omittingEmptySubsequences: true)
    var changes: [TreeChange] = []
    for position in stride(from: 0, to: records.count - 1, by: 2) {
      let fields = String(decoding: records[position].dropFirst(), as: UTF8.self).split(separator: " ").map(String.init)
      guard fields.count >= 5 else { throw GitError(.other, "cannot read what git compared") }
      guard let path = String(validating: records[position + 1], as: UTF8.self) else {
        throw GitError(
          .other,
          "the name of a saved file is not UTF-8: '\(String(decoding: records[position + 1], as: UTF8.self))'; "
            + "use 'git checkout' or 'git worktree add' with the saved commit")
      }
      func entry(_ mode: String, _ id: String) -> Entry? { mode == "000000" ? nil : Entry(mode: mode, id: id) }
      changes.append(TreeChange(path: path, old: entry(fields[0], fields[2]), new: entry(fields[1], fields[3])))
    }
    return changes
  }
}

/// Which files are to be written and which removed, so that a working tree becomes the saved one, and what is against it.
struct RestorePlan: Sendable {
  private(set) var written: [String] = []
  private(set) var removed: [String] = []
  /// Files that are as they were saved already.
  private(set) var unchanged: [String] = []
  /// Files that are otherwise than they were before the saved work and than it has them: names with a reason.
  private(set) var refused: [String] = []

  /// - Parameters:
  ///   - wanted: From the commit that was checked out to the saved tree.
  ///   - present: From the same commit to what is in the working tree now.
  ///   - folder: The top of the working tree.
  init(wanted: [TreeChange], present: [TreeChange], in folder: FilePath) {
    // By bytes: two names may be the same characters.
    let now = Dictionary(present.map { (Array($0.path.utf8), $0.new) }, uniquingKeysWith: { first, _ in first })
    var writes: [TreeChange] = []
    for change in wanted where !change.isGitlink {
      if let there = now[Array(change.path.utf8)] {
        if there == change.new {
          unchanged.append(change.path)
        } else {
          refused.append("'\(change.path)' differs")
        }
      } else if change.new == nil {
        removed.append(change.path)
      } else {
        writes.append(change)
      }
    }
    let gone = Set(removed)
    for change in writes {
      if let reason = Self.obstacle(to: change, in: folder, gone: gone) {
        refused.append(reason)
      } else {
        written.append(change.path)
      }
    }
  }

  /// What git does not tell of: files that are ignored, and folders.
  private static func obstacle(to change: TreeChange, in folder: FilePath, gone: Set<String>) -> String? {
    var above = ""
    for part in change.path.split(separator: "/").dropLast() {
      above += (above.isEmpty ? "" : "/") + part
      guard let status = FileStatus("\(folder)/\(above)") else { break }
      if !status.isDirectory, !gone.contains(above) { return "'\(above)' is in the way: it is not a folder" }
    }
    guard change.old == nil, let status = FileStatus("\(folder)/\(change.path)") else { return nil }
    guard status.isDirectory else { return gone.contains(change.path) ? nil : "'\(change.path)' exists" }
    return holdsOnly(gone, "\(change.path)", in: folder) ? nil : "'\(change.path)' is in the way: it is a folder"
  }

  private static func holdsOnly(_ gone: Set<String>, _ path: String, in folder: FilePath) -> Bool {
    (namesInFolder("\(folder)/\(path)") ?? [""]).allSatisfy { name in
      let inner = "\(path)/\(name)"
      return FileStatus("\(folder)/\(inner)")?.isDirectory == true
        ? holdsOnly(gone, inner, in: folder) : gone.contains(inner)
    }
  }
}
