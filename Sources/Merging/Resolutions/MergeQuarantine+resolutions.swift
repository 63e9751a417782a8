import Basics
package import Git
import Processes
import SystemPackage

/// A merge whose conflicts were resolved as they had been before.
package struct ReplayedMerge: Sendable, Equatable {
  package let tree: ObjectID
  /// Those that conflicted.
  package let paths: [String]
  /// What was taken from the store, by which it can be forgotten.
  package let conflicts: [String]

  package init(tree: ObjectID, paths: [String], conflicts: [String]) {
    self.tree = tree
    self.paths = paths
    self.conflicts = conflicts
  }
}

extension MergeQuarantine {
  /// Merges two commits that conflict, and resolves that as the store has it; nil unless it has all of it. git finds and
  /// compares the conflicts, in a folder of its own.
  package func replay(
    _ ours: ObjectID, _ theirs: ObjectID, from store: ResolutionStore
  ) async throws(GitError) -> ReplayedMerge? {
    guard !store.isEmpty, let merge = try await conflictedMerge(ours, theirs) else { return nil }
    let scratch = try await RerereScratch(merge, self)
    defer { scratch.remove() }
    let found = try await scratch.conflicts()
    guard found.count == merge.files.count else { return nil }
    var known: [String: ResolutionStore.Resolution] = [:]
    for conflict in Set(found.values) {
      guard let resolution = store.resolution(of: conflict) else { return nil }
      known[conflict] = resolution
    }
    guard let resolved = try await scratch.replay(known) else { return nil }
    let tree = try await tree(merge.tree, with: resolved, merge.files)
    return ReplayedMerge(tree: tree, paths: merge.files.map(\.path).sorted(), conflicts: known.keys.sorted())
  }

  /// Learns how the conflicts of two commits were resolved: as they are in that tree.
  /// - Returns: how many were learned.
  @discardableResult
  package func learn(
    _ ours: ObjectID, _ theirs: ObjectID, resolvedIn tree: ObjectID, for store: ResolutionStore
  ) async throws(GitError) -> Int {
    guard let merge = try await conflictedMerge(ours, theirs) else { return 0 }
    let files = merge.files
    let contents = try await withObjects { repository throws(GitError) in
      var contents: [String: [UInt8]] = [:]
      for file in files {
        guard let entry = try repository.entry(at: Array(file.path.utf8), in: tree), entry.isRegular else { continue }
        contents[file.path] = try repository.read(entry.id, .blob)
      }
      return contents
    }
    let scratch = try await RerereScratch(merge, self)
    defer { scratch.remove() }
    let found = try await scratch.conflicts()
    var learned = 0
    for (conflict, resolution) in try await scratch.record(contents, found) {
      store.keep(resolution, of: conflict)
      learned += 1
    }
    return learned
  }

  /// A merge of two commits that does not come out clean, in files whose text both changed and nothing else.
  struct ConflictedMerge: Sendable {
    struct File: Sendable {
      let path: String
      /// Of the merged file, with marks.
      let id: ObjectID
      let mode: String
      /// The lines of git's index for it.
      let stages: [String]
    }

    let tree: ObjectID
    let files: [File]
  }

  /// More than these are a person's.
  private static let mostFiles = 50

  private func conflictedMerge(_ ours: ObjectID, _ theirs: ObjectID) async throws(GitError) -> ConflictedMerge? {
    let output = try await command(.here).run(
      .reading, ["merge-tree", "--write-tree", "-z", "--no-messages", "\(ours)", "\(theirs)"],
      configuration: [.init(key: "merge.conflictStyle", value: "merge")])
    guard output.status == 1 else { return nil }
    let fields = output.bytes.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    guard let tree = fields.first.flatMap(ObjectID.init) else { return nil }
    var stages: [String: [String]] = [:]
    for field in fields.dropFirst() {
      // `100644 ID 2<tab>path`
      guard let tab = field.firstIndex(of: "\t") else { return nil }
      stages[String(field[field.index(after: tab)...]), default: []].append(field)
    }
    // They become files in a folder of their own, and nothing is to be written anywhere else.
    guard !stages.isEmpty, stages.count <= Self.mostFiles,
      !stages.keys.contains(where: LinklessCopy.leadsElsewhere(path:))
    else { return nil }
    for lines in stages.values {
      let heads = lines.map { $0.prefix { $0 != "\t" }.split(separator: " ") }
      guard heads.allSatisfy({ $0.count == 3 && $0[0].hasPrefix("100") }),
        Set(heads.map { $0[2] }).isSuperset(of: ["2", "3"])
      else { return nil }
    }
    let paths = stages
    let files = try await withObjects { repository throws(GitError) -> [ConflictedMerge.File]? in
      var files: [ConflictedMerge.File] = []
      for (path, lines) in paths {
        guard let entry = try repository.entry(at: Array(path.utf8), in: tree), entry.isRegular else { return nil }
        files.append(
          ConflictedMerge.File(path: path, id: entry.id, mode: String(entry.mode, radix: 8), stages: lines))
      }
      return files
    }
    return files.map { ConflictedMerge(tree: tree, files: $0) }
  }

  /// The tree with these contents in the place of what has marks.
  private func tree(
    _ tree: ObjectID, with contents: [String: [UInt8]], _ files: [ConflictedMerge.File]
  ) async throws(GitError) -> ObjectID {
    let lines = try await withObjects { repository throws(GitError) in
      var lines = ""
      for file in files {
        lines += "\(file.mode) \(try repository.write(contents[file.path] ?? [], as: .blob))\t\(file.path)\0"
      }
      return lines
    }
    let index = FilePath("\(directory)/index-of-replay")
    defer { try? FileSystem.remove(index) }
    let git = command(.forge).adding(["GIT_INDEX_FILE": index.string])
    try await git.require(.recording, ["read-tree", "\(tree)"])
    try await git.require(.recording, ["update-index", "-z", "--index-info"], input: Array(lines.utf8))
    guard let made = ObjectID(try await git.require(.recording, ["write-tree"]).text) else {
      throw GitError(.other, "cannot read the id of a tree")
    }
    return made
  }
}

/// A small repository in which `git rerere` sees nothing but some conflicts.
private struct RerereScratch {
  private let top: FilePath
  private let work: FilePath
  private let directory: FilePath
  private let git: GitCommand
  private let paths: [String]

  init(_ merge: MergeQuarantine.ConflictedMerge, _ quarantine: MergeQuarantine) async throws(GitError) {
    paths = merge.files.map(\.path)
    top = FileSystem.firstFree(FilePath("\(quarantine.directory.removingLastComponent())/rerere"), "d")
    work = top.appending("work")
    directory = top.appending("git")
    let files = merge.files
    let contents = try await quarantine.withObjects { repository throws(GitError) in
      var contents: [(path: String, bytes: [UInt8])] = []
      for file in files { contents.append((file.path, try repository.read(file.id, .blob))) }
      return contents
    }
    do {
      for folder in ["objects", "refs", "rr-cache"] { try FileSystem.createFolder(directory.appending(folder)) }
      try FileSystem.create(directory.appending("HEAD"), containing: "ref: refs/heads/none\n")
      try FileSystem.create(directory.appending("config"), containing: "[core]\n\trepositoryformatversion = 0\n")
      try FileSystem.createFolder(work)
      for file in contents { try Self.put(file.bytes, FilePath("\(work)/\(file.path)")) }
    } catch {
      try? top.removeTree()
      throw GitError(.other, "cannot make a folder for conflicts: \(FileSystem.reason(error))")
    }
    git = GitCommand(directory: work, environment: quarantine.environment).adding([
      "GIT_DIR": directory.string, "GIT_WORK_TREE": work.string, "GIT_ATTR_NOSYSTEM": "1",
      "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    ])
    let lines = files.flatMap(\.stages).map { "\($0)\0" }.joined()
    do throws(GitError) {
      try await git.require(.recording, ["update-index", "-z", "--index-info"], input: Array(lines.utf8))
    } catch {
      remove()
      throw error
    }
  }

  func remove() { try? top.removeTree() }

  private static func put(_ bytes: [UInt8], _ path: FilePath) throws {
    try FileSystem.createFolder(path.removingLastComponent())
    try FileSystem.replace(path, with: bytes)
  }

  private func rerere() async throws(GitError) {
    try await git.require(
      .recording, ["rerere"],
      configuration: [
        .init(key: "rerere.enabled", value: "true"), .init(key: "rerere.autoUpdate", value: "false"),
        .init(key: "core.attributesFile", value: "/dev/null"),
      ])
  }

  private func entry(_ conflict: String, _ name: String) -> FilePath {
    directory.appending("rr-cache").appending(conflict).appending(name)
  }

  /// The ids of the conflicts by their paths, as git makes them of both sides.
  func conflicts() async throws(GitError) -> [String: String] {
    try await rerere()
    guard let listed = try? directory.appending("MERGE_RR").readBytes(limit: 1 << 20) else { return [:] }
    var found: [String: String] = [:]
    for record in listed.split(separator: 0) {
      let text = String(decoding: record, as: UTF8.self)
      // A second one of the same id is written `ID.1`: the two would be one for the store.
      guard let tab = text.firstIndex(of: "\t"), !text[..<tab].contains(".") else { continue }
      found[String(text[text.index(after: tab)...])] = String(text[..<tab])
    }
    return found
  }

  /// - Returns: the resolved files; nil unless all of them are.
  func replay(_ known: [String: ResolutionStore.Resolution]) async throws(GitError) -> [String: [UInt8]]? {
    do {
      try FileSystem.remove(directory.appending("MERGE_RR"))
      for (conflict, resolution) in known {
        try FileSystem.replace(entry(conflict, "preimage"), with: resolution.before)
        try FileSystem.replace(entry(conflict, "postimage"), with: resolution.after)
      }
    } catch {
      throw GitError(.other, "cannot write a resolution: \(FileSystem.reason(error))")
    }
    try await rerere()
    let left = try? directory.appending("MERGE_RR").readBytes(limit: 1 << 20)
    guard left?.isEmpty ?? true else { return nil }
    var files: [String: [UInt8]] = [:]
    for path in paths { files[path] = try? FilePath("\(work)/\(path)").readBytes(limit: 64 << 20, .regularOnly) }
    return files.count == paths.count ? files : nil
  }

  /// - Returns: what git made of the conflicts that are resolved in these contents.
  func record(
    _ contents: [String: [UInt8]], _ found: [String: String]
  ) async throws(GitError) -> [(conflict: String, ResolutionStore.Resolution)] {
    do {
      for (path, bytes) in contents { try Self.put(bytes, FilePath("\(work)/\(path)")) }
    } catch {
      throw GitError(.other, "cannot write a resolution: \(FileSystem.reason(error))")
    }
    try await rerere()
    return found.compactMap { path, conflict in
      guard contents[path] != nil, let before = try? entry(conflict, "preimage").readBytes(limit: 64 << 20),
        let after = try? entry(conflict, "postimage").readBytes(limit: 64 << 20)
      else { return nil }
      return (conflict, ResolutionStore.Resolution(before: before, after: after))
    }
  }
}
