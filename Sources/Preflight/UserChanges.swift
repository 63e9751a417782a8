import Engine
import Git
import Processes

extension Preflight {
  /// Changes of tracked files that the user has not committed: agents do not see them. nil where there are none, and for
  /// links and ticks on to-do lists, which an earlier run put there.
  func userChanges() async -> Fact? {
    guard place.checkout != nil, let trial,
      let output = try? await place.git.run(
        .reading, ["status", "--porcelain", "-z", "--untracked-files=no", "--no-renames", "--ignore-submodules=dirty"]),
      output.isSuccess
    else { return nil }
    let modified = output.records.filter { $0.hasPrefix(" M ") }.map { String($0.dropFirst(3)) }
    let marked =
      modified.isEmpty ? [] : (try? await place.inRepository { $0.onlyMarkedAsTodo(modified) }) ?? []
    let files = output.records.map { String($0.dropFirst(3)) }.filter { !marked.contains($0) }
    guard let first = files.first else { return nil }
    let names = files.count == 1 ? "'\(first)' is" : "\(files.count) files of yours, '\(first)' among them, are"
    return Fact(
      "Your changes", .warning,
      "\(names) not committed: agents start from \(trial.commit.abbreviated), without \(files.count == 1 ? "it" : "them")"
    )
  }
}
