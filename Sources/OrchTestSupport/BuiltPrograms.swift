import Foundation

/// The programs as they were built, for tests that call them.
package enum BuiltPrograms {
  /// The folder that `GIT_ORCH_TEST_PROGRAMS` names, of the optimized programs say: a command is then tried by starting
  /// it, also where a test would perform it in its own process.
  package static let given = ProcessInfo.processInfo.environment["GIT_ORCH_TEST_PROGRAMS"]

  /// Their folder: next to the test bundle. `git-orch` has its further names there, as `make install` gives them.
  package static let folder: String = {
    if let given { return given }
    var folder = Bundle.main.bundleURL
    if folder.pathExtension == "xctest" { folder.deleteLastPathComponent() }
    for name in commandNames { link(name, in: folder.path) }
    return folder.path
  }()

  private static let commandNames = [
    "config", "doctor", "generate", "init", "log", "review", "run", "status", "yolo",
  ]

  /// Several test processes may do this at the same time: the link is made under a name of its own and then renamed.
  private static func link(_ name: String, in folder: String) {
    let path = "\(folder)/git-orch-\(name)"
    guard (try? FileManager.default.destinationOfSymbolicLink(atPath: path)) != "git-orch" else { return }
    let new = "\(path).\(UUID().uuidString)"
    guard symlink("git-orch", new) == 0 else { return }
    rename(new, path)
  }
}
