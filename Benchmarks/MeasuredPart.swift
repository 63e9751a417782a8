import SystemPackage

/// A part of the suite that is measured on its own: this program runs it when it is called with that word, so that its
/// cost is that of a whole process, as with what it is compared with.
enum MeasuredPart: String {
  case readStream = "read-stream"
  case addWorktree = "add-worktree"
  case handOnWorktree = "hand-on-worktree"
  case takeFingerprints = "take-fingerprints"
  case judgeConflicts = "judge-conflicts"

  /// Returns the exit status.
  func run(_ arguments: [String]) async -> Int32 {
    do {
      switch self {
      case .readStream:
        guard arguments.count == 1 else { throw BenchError.failed("\(rawValue) FILE") }
        try Self.readStream(FilePath(arguments[0]))
      case .takeFingerprints:
        guard arguments.count == 2, let count = Int(arguments[1]) else {
          throw BenchError.failed("\(rawValue) REPOSITORY ATTEMPTS")
        }
        try Self.takeFingerprints(repository: FilePath(arguments[0]), attempts: count)
      case .judgeConflicts:
        guard (1...2).contains(arguments.count) else { throw BenchError.failed("\(rawValue) REPOSITORY [-v]") }
        try await Self.judgeConflicts(repository: FilePath(arguments[0]), isVerbose: arguments.count > 1)
      case .addWorktree:
        guard arguments.count == 3 else { throw BenchError.failed("\(rawValue) REPOSITORY PATH BRANCH") }
        try await Self.addWorktree(
          repository: FilePath(arguments[0]), path: FilePath(arguments[1]), branch: arguments[2])
      case .handOnWorktree:
        guard arguments.count == 4 else { throw BenchError.failed("\(rawValue) REPOSITORY OLD NEW BRANCH") }
        try await Self.handOnWorktree(
          repository: FilePath(arguments[0]), from: FilePath(arguments[1]), to: FilePath(arguments[2]),
          branch: arguments[3])
      }
      return 0
    } catch {
      complain("\(error)")
      return 1
    }
  }
}
