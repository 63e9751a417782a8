import Basics
package import Git
import Platform
import Processes
package import SystemPackage

/// Where merges are tried: their objects go into a folder of its own, in `TMPDIR` or, where that is not set and the system
/// has such a place, in memory, and none into the repository until one is adopted. The merges are git's own.
///
/// The folder is a small bare repository that borrows the objects of the real one. It has no attributes and none of the
/// repository's configuration, so that merges in it are those of a forge, which runs no merge drivers. It is gone
/// with the last reference to it; what a process leaves that was killed, the next one sweeps.
package final class MergeQuarantine: Sendable {
  /// As whom git merges.
  package enum Place: Sendable, Hashable {
    /// With the repository's attributes and configuration, and so with its merge drivers.
    case here
    /// With none of them.
    case forge
  }

  private static let prefix = "git-orch-merge"
  /// A place in memory with less than this left is not used: in containers it often has 64 MB in all.
  private static let leastMemory: Int64 = 512 << 20
  /// git takes a moment to start, and less than a millisecond a merge.
  private static let leastBatch = 64

  /// The bare repository.
  package let directory: FilePath
  /// Where git stands for merges as they would be here: a working tree that is empty but for attributes.
  let workFolder: FilePath
  let commonDirectory: FilePath
  /// As it was given.
  let environment: [String: String]
  private let scratch: ScratchFolder
  private let lock: FileLock.Held
  private let here: GitCommand
  private let forge: GitCommand

  /// - Parameters:
  ///   - commonDirectory: of the repository whose commits are merged; absolute.
  ///   - environment: for git, `TMPDIR` included.
  package init(commonDirectory: FilePath, environment: [String: String]) async throws(GitError) {
    self.commonDirectory = commonDirectory
    self.environment = environment
    let parent = Self.parent(environment)
    await Self.sweep(parent)
    do {
      scratch = try ScratchFolder(in: parent, prefix: Self.prefix)
    } catch {
      throw GitError(.other, "cannot make a folder in '\(parent)': \(error)")
    }
    directory = FilePath("\(scratch.path)/git")
    workFolder = FilePath("\(scratch.path)/work")
    do {
      lock = try await FileLock(Self.lock(of: scratch.path)).take(patience: .seconds(1))
      let alternates = Self.objectFolders(of: commonDirectory).map { "\($0)\n" }.joined()
      let information = directory.appending("objects").appending("info")
      for folder in [information, directory.appending("refs"), workFolder] { try FileSystem.createFolder(folder) }
      try FileSystem.create(information.appending("alternates"), containing: alternates)
      try FileSystem.create(directory.appending("HEAD"), containing: "ref: refs/heads/none\n")
      try FileSystem.create(
        directory.appending("config"), containing: "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")
      if let shallow = try? commonDirectory.appending("shallow").readBytes(limit: 1 << 26) {
        try FileSystem.create(directory.appending("shallow"), containing: shallow)
      }
    } catch {
      try? scratch.remove()
      throw GitError(.other, "cannot make a folder for merges: \(FileSystem.reason(error))")
    }
    let objects = "\(directory)/objects"
    here = GitCommand(directory: workFolder, environment: environment).adding([
      "GIT_DIR": commonDirectory.string, "GIT_WORK_TREE": workFolder.string, "GIT_OBJECT_DIRECTORY": objects,
    ])
    forge = GitCommand(directory: directory, environment: environment).adding([
      "GIT_DIR": directory.string, "GIT_ATTR_NOSYSTEM": "1", "GIT_CONFIG_NOSYSTEM": "1",
      "GIT_CONFIG_GLOBAL": "/dev/null",
    ])
  }

  deinit {
    try? scratch.remove()
    lock.release()
  }

  /// Merges each pair as `git merge` would, one git for very many. The results are in the order of the pairs.
  ///
  /// Attributes are those of ``useAttributes(of:)``. Merge drivers that they name and the configuration has are run, in an
  /// empty folder.
  package func merge(
    _ pairs: [MergePair], in place: Place = .here
  ) async throws(GitError) -> [MergeResult] {
    let count = min(max(1, pairs.count / Self.leastBatch), Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))), 4)
    if count <= 1 { return try await mergeBatch(pairs, in: place) }
    let size = (pairs.count + count - 1) / count
    let starts = Array(stride(from: 0, to: pairs.count, by: size))
    let results = await withTaskGroup(of: (start: Int, result: Result<[MergeResult], GitError>).self) { group in
      for start in starts {
        let batch = Array(pairs[start..<min(start + size, pairs.count)])
        group.addTask {
          do throws(GitError) {
            // Before the tuple: Swift 6.3's optimizer loses what is in it when such a call is awaited.
            let results = try await self.mergeBatch(batch, in: place)
            return (start, .success(results))
          } catch {
            return (start, .failure(error))
          }
        }
      }
      return await group.reduce(into: [:]) { $0[$1.start] = $1.result }
    }
    var all: [MergeResult] = []
    for start in starts {
      guard let result = results[start] else { throw GitError(.other, "merges from number \(start) on have no result") }
      all += try result.get()
    }
    return all
  }

  package func merge(_ ours: ObjectID, _ theirs: ObjectID, in place: Place = .here) async throws(GitError)
    -> MergeResult
  {
    try await mergeBatch([MergePair(ours: ours, theirs: theirs)], in: place)[0]
  }

  private func mergeBatch(_ pairs: [MergePair], in place: Place) async throws(GitError) -> [MergeResult] {
    var results: [MergeResult] = []
    while results.count < pairs.count {
      let input = pairs[results.count...].map { "\($0.ours) \($0.theirs)\n" }.joined()
      let output = try await command(place).run(
        .reading, ["merge-tree", "--write-tree", "--stdin", "-z", "--name-only", "--no-messages"],
        input: Array(input.utf8),
        configuration: place == .forge ? [.init(key: "core.attributesFile", value: "/dev/null")] : [])
      if output.status == 129 { throw await tooOld(output) }
      results += try MergeOutput.read(output.bytes)
      if output.isSuccess, results.count == pairs.count { break }
      // It ends at such a pair; those after it are for another one.
      guard output.standardError.contains("unrelated histories"), results.count < pairs.count else {
        throw GitError(.commandFailed, "cannot merge by 'git merge-tree': \(output.complaint)")
      }
      results.append(.unrelated)
    }
    return results
  }

  private func tooOld(_ output: GitOutput) async -> GitError {
    if let version = try? await here.version(), version < GitVersion(2, 38) {
      return GitError(.gitTooOld, "merges need git 2.38 or newer; this is git \(version)")
    }
    return GitError(.commandFailed, output.complaint)
  }

  /// git in the quarantine: what it writes goes there.
  package func command(_ place: Place) -> GitCommand { place == .here ? here : forge }

  /// Runs `body` with the repository of the quarantine: it reads all objects, and writes here.
  package func withObjects<Value: Sendable>(
    _ body: @escaping @Sendable (Repository) throws(GitError) -> Value
  ) async throws(GitError) -> Value {
    try await Repository.withRepository(
      at: directory, environment: forge.environment.filter { $0.key != "GIT_DIR" }, body)
  }

  /// Makes a commit, which nothing refers to.
  package func commit(tree: ObjectID, parents: [ObjectID], _ text: CommitText) async throws(GitError) -> ObjectID {
    try await withObjects { repository throws(GitError) in
      try repository.writeCommit(tree: tree, parents: parents, text)
    }
  }

  package func tree(of commit: ObjectID) async throws(GitError) -> ObjectID {
    try await withObjects { repository throws(GitError) in try repository.tree(of: commit) }
  }
}

// MARK: - The folder

extension MergeQuarantine {
  private static func lock(of folder: FilePath) -> FilePath { FilePath("\(folder)/lock") }

  /// Where the user wants such things, if that is reported.
  private static func parent(_ environment: [String: String]) -> FilePath {
    let memory: FilePath = "/dev/shm"
    if environment["TMPDIR"] == nil, FileSystem.whyNotWritable(memory) == nil, memory.freeBytes ?? 0 >= leastMemory {
      return memory
    }
    return ScratchFolder.parent(environment)
  }

  /// Removes the folders whose processes are gone.
  private static func sweep(_ parent: FilePath) async {
    let now = time(nil)
    for name in parent.entries ?? [] where name.hasPrefix("\(prefix).") {
      let folder = parent.appending(name)
      // One that is being made has no lock yet.
      guard let status = FileStatus(folder), status.isDirectory, status.owner == geteuid(), now - status.modified > 60,
        let lock = try? await FileLock(lock(of: folder)).take(patience: .zero)
      else { continue }
      try? folder.removeTree()
      lock.release()
    }
  }

  /// The repository's folder of objects, and those that it borrows from in its turn: libgit2 follows relative ones in the
  /// first alone.
  private static func objectFolders(of commonDirectory: FilePath) -> [FilePath] {
    let objects = commonDirectory.appending("objects")
    let borrowed = (objects.appending("info").appending("alternates").text ?? "").split(separator: "\n")
      .filter { !$0.hasPrefix("#") }.map { objects.pushing(FilePath(String($0))).normalized }
    return [objects] + borrowed
  }

  /// Where a loose object of the quarantine lies.
  func looseObject(_ id: ObjectID) -> String {
    let text = id.description
    return "\(directory)/objects/\(text.prefix(2))/\(text.dropFirst(2))"
  }
}
