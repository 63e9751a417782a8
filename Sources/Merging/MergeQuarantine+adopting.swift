import Basics
package import Git
import Processes
import SystemPackage

extension MergeQuarantine {
  /// Takes commits that were made here into the repository, with all that they need. Nothing refers to them there yet.
  package func adopt(_ commits: [ObjectID]) async throws(GitError) {
    guard !commits.isEmpty else { return }
    let boundary = try await withObjects { repository throws(GitError) in try self.boundary(of: commits, repository) }
    guard !boundary.made.isEmpty else { return }
    let revisions = (boundary.made.map { "\($0)\n" } + boundary.known.map { "^\($0)\n" }).joined()
    let pack = try await command(.forge).require(
      .reading, ["pack-objects", "--revs", "--stdout", "-q"], input: Array(revisions.utf8))
    // As loose objects, since they are few; git itself sees to permissions, and leaves what is there already.
    let repository = GitCommand(directory: commonDirectory, environment: command(.here).environment)
      .adding(["GIT_DIR": commonDirectory.string])
    try await repository.require(.recording, ["unpack-objects", "-q"], input: pack.bytes)
  }

  /// The commits that were made here, and those of the repository that they stand on.
  private func boundary(
    of commits: [ObjectID], _ repository: Repository
  ) throws(GitError) -> (made: Set<ObjectID>, known: Set<ObjectID>) {
    var (made, known): (Set<ObjectID>, Set<ObjectID>) = ([], [])
    var left = commits
    while let commit = left.popLast() {
      guard !made.contains(commit), !known.contains(commit) else { continue }
      if FileStatus(looseObject(commit)) == nil {
        known.insert(commit)
      } else {
        made.insert(commit)
        left += try repository.parents(of: commit)
      }
    }
    return (made, known)
  }
}

extension MergeQuarantine {
  /// How many bytes of objects lie here: whoever keeps a quarantine for long makes another when they are many.
  package func objectBytes() async -> Int64 {
    let objects = FilePath("\(directory)/objects")
    return await offPool {
      var sum: Int64 = 0
      for folder in objects.entries ?? [] where folder != "info" {
        let path = objects.appending(folder)
        for file in path.entries ?? [] { sum += FileStamp(path.appending(file))?.size ?? 0 }
      }
      return sum
    }
  }
}
