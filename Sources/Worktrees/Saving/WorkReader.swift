import Basics
import Git
import Processes
import SystemPackage

/// Finds out what a worktree holds that nothing else does. Writes the contents of its files into the database of their
/// repository; changes nothing else.
struct WorkReader: Sendable {
  let environment: [String: String]
  var limit = SavingLimit.bytes

  /// How deep repositories are looked for within each other.
  private static let depth = 5

  /// - Parameters:
  ///   - branch: The task's, as in ``Repository/unkeptCommits(branch:since:)``; nil when there is none.
  ///   - isClean: When it is known that all is committed.
  func contents(
    of path: FilePath, branch: String? = nil, since: Int? = nil, isClean: Bool = false
  ) async throws(GitError) -> WorkContents {
    let look = try await offPool { [environment] () throws(GitError) in
      let repository = try Repository.open(path, environment: environment)
      return try Look(
        repository, unkept: repository.unkeptCommits(branch: branch, since: since), references: [], isClean: isClean)
    }
    return try await contents(look, depth: 0)
  }

  // MARK: - One repository

  /// What is found without starting a process for it.
  private struct Look: Sendable {
    var contents: WorkContents
    /// Of the files that are not committed.
    var changed: [String] = []
    /// Repositories that the index does not know, by path.
    var nested: [String] = []
    /// Those that it knows.
    var gitlinks: [String] = []
    var isClean = true
    var isSparse = false
    let gitDirectory: FilePath

    init(
      _ repository: Repository, unkept: UnkeptCommits, references: [SavedWork.Named], isClean: Bool
    ) throws(GitError) {
      let head: ObjectID?
      let branch: String?
      switch try repository.head() {
      case .branch(let name, let tip): (head, branch) = (tip, "refs/heads/\(name)")
      case .unborn(let name): (head, branch) = (nil, "refs/heads/\(name)")
      case .detached(let tip): (head, branch) = (tip, nil)
      }
      guard let empty = ObjectID(WorkContents.emptyTree), let top = repository.workingDirectory else {
        throw GitError(.other, "'\(repository.gitDirectory)' is bare: it has no working tree")
      }
      let headTree = try head.map { id throws(GitError) in try repository.tree(of: id) } ?? empty
      contents = WorkContents(
        path: top, commonDirectory: repository.commonDirectory, head: head, branch: branch, headTree: headTree,
        tree: headTree, indexTree: headTree, unkept: unkept, references: references)
      gitDirectory = repository.gitDirectory
      gitlinks = try repository.populatedGitlinks()
      if isClean { return }
      let entries = try repository.status().entries
      self.isClean = entries.isEmpty
      let known = Set(gitlinks)
      // A folder is named only if it is a repository.
      nested = entries.filter { $0.kind == .untracked && $0.path.hasSuffix("/") }.map { String($0.path.dropLast()) }
      changed = Set(entries.map(\.path).filter { !$0.hasSuffix("/") && !known.contains($0) }).sorted()
      contents.files = changed.count
      isSparse = GitEnvironment.isTrue(try repository.configurationValue("core.sparseCheckout"))
    }
  }

  private func contents(_ look: Look, depth: Int) async throws(GitError) -> WorkContents {
    var contents = look.contents
    let within = Set(look.nested + look.gitlinks).sorted()
    for path in within {
      if depth >= Self.depth {
        contents.complaints.append("'\(path)' is a repository too deep within others")
        continue
      }
      do throws(GitError) {
        let isKnown = look.gitlinks.contains(path)
        switch try await self.within(contents.path.appending(path), of: contents, isKnown: isKnown, depth: depth + 1) {
        case .work(let found): contents.repositories.append((path, found))
        case .clone(let commit, let url): contents.clones.append(.init(path: path, commit: commit, url: url))
        case .nothing: break
        }
      } catch {
        if error.code == .cancelled { throw error }
        contents.complaints.append("the repository '\(path)': \(error.message)")
      }
    }
    if !look.isClean { try await snapshot(look, into: &contents) }
    return contents
  }

  // MARK: - Repositories within

  private enum Within {
    case work(WorkContents)
    /// All of it is on its remote.
    case clone(ObjectID, url: String)
    case nothing
  }

  /// - Parameter isKnown: Whether the outer repository has its commit on record, as it has of submodules.
  private func within(
    _ path: FilePath, of outer: WorkContents, isKnown: Bool, depth: Int
  ) async throws(GitError) -> Within {
    let (common, top) = (outer.commonDirectory, outer.path)
    let (contents, url, isShallow, isOfOuter) = try await inForeignTree {
      () async throws(GitError) in
      let environment = try await Self.withoutFilters(in: path, environment)
      let reader = WorkReader(environment: environment, limit: limit)
      let found = try await offPool { () throws(GitError) in
        let repository = try Repository.open(path, environment: environment)
        try repository.refuseUnless(at: path, within: [top, common])
        let isOfOuter = repository.commonDirectory == common
        let unpushed =
          isOfOuter
          ? (references: [], commits: try repository.unkeptCommits(branch: nil, since: nil).commits)
          : try repository.unpushedCommits()
        let look = try Look(
          repository, unkept: UnkeptCommits(commits: unpushed.commits), references: unpushed.references, isClean: false)
        let url = try? repository.configurationValue("remote.origin.url")
        return (look: look, url: (url ?? nil) ?? "", isShallow: repository.isShallow, isOfOuter: isOfOuter)
      }
      return (try await reader.contents(found.look, depth: depth), found.url, found.isShallow, found.isOfOuter)
    }
    if contents.hasUncommitted || !contents.unkept.commits.isEmpty || !contents.references.isEmpty
      || !contents.complaints.isEmpty || !contents.clones.isEmpty
    {
      return .work(try await bounded(contents, isShallow: isShallow, isOfOuter: isOfOuter))
    }
    if isKnown { return .nothing }
    guard let head = contents.head else { return .work(contents) }
    return isOfOuter ? .work(contents) : .clone(head, url: Secrets.withoutPasswords(url))
  }

  /// The environment in which git runs no filter in that folder: the configuration there is not ours.
  static func withoutFilters(
    in path: FilePath, _ environment: [String: String]
  ) async throws(GitError) -> [String: String] {
    let listing = try await GitCommand(directory: path, environment: environment)
      .run(.configuring, ["config", "-z", "--name-only", "--get-regexp", #"^filter\."#])
    let names = Set(
      listing.records.compactMap { key in
        key.lastIndex(of: ".").map { key[..<$0].dropFirst("filter.".count) }
      })
    let entries = names.sorted().flatMap { name in
      ["clean", "smudge", "process"].map { FrozenConfiguration.Entry(key: "filter.\(name).\($0)", value: "") }
        + [.init(key: "filter.\(name).required", value: "false")]
    }
    return entries.isEmpty ? environment : GitVariables.adding(entries, to: environment)
  }

  /// What of it can be kept.
  private func bounded(
    _ contents: WorkContents, isShallow: Bool, isOfOuter: Bool
  ) async throws(GitError) -> WorkContents {
    if isOfOuter { return contents }
    if isShallow {
      throw GitError(.other, "its history is shallow, and its commits cannot be kept without what is missing")
    }
    let objects = contents.commonDirectory.appending("objects").string
    let size = await offPool { Self.size(of: objects, depth: 0) }
    if size > limit { throw GitError(.other, "its history takes \(Self.text(size)), more than \(Self.text(limit))") }
    return contents
  }

  private static func size(of folder: String, depth: Int) -> Int {
    guard depth < 4 else { return 0 }
    return (namesInFolder(folder) ?? []).reduce(0) { sum, name in
      guard let stamp = FileStamp("\(folder)/\(name)") else { return sum }
      return sum + (stamp.isFolder ? size(of: "\(folder)/\(name)", depth: depth + 1) : Int(stamp.size))
    }
  }

  static func text(_ bytes: Int) -> String {
    bytes >= 1 << 20 ? "\(bytes >> 20) MB" : bytes >= 1 << 10 ? "\(bytes >> 10) KB" : "\(bytes) bytes"
  }

  // MARK: - Files

  /// Writes the working tree as `git add -A` would take it, through an index of our own.
  private func snapshot(_ look: Look, into contents: inout WorkContents) async throws(GitError) {
    let (path, gitDirectory) = (contents.path, look.gitDirectory)
    let (limit, changed) = (limit, look.changed)
    let environment = environment
    let (scratch, large, configuration) = try await offPool { () throws(GitError) in
      let scratch = gitDirectory.appending("index.saving.\(UInt64.random(in: 0 ... .max))")
      // Begun from the real one: its file times spare git reading what has not changed.
      if let index = try? gitDirectory.appending("index").readBytes(limit: 4 << 30, .regularOnly) {
        try scratch.write(index)
      }
      return (
        scratch, Self.tooLarge(changed, in: path.string, limit: limit),
        try Repository.open(path, environment: environment).withoutNestedFilters()
      )
    }
    defer { scratch.removeFile() }
    for (name, size) in large.prefix(20) {
      contents.complaints.append("'\(name)' has \(Self.text(size)), and more than \(Self.text(limit)) is not saved")
    }
    if large.count > 20 { contents.complaints.append("and \(large.count - 20) more large files") }
    let command = GitCommand(directory: path, environment: environment).adding(["GIT_INDEX_FILE": scratch.string])
    let staged = try await command.run(.saving, ["write-tree"])
    let excluded = (look.nested + large.map(\.name)).map { ":(exclude,top,literal)\($0)" }
    let added = try await command.run(
      .saving,
      ["-c", "advice.addEmbeddedRepo=false", "-c", "core.safecrlf=false"]
        + ["add", "--all", "--ignore-errors"] + (look.isSparse ? ["--sparse"] : [])
        + ["--pathspec-from-file=-", "--pathspec-file-nul"],
      input: Array(([":/"] + excluded).joined(separator: "\0").utf8), configuration: configuration)
    let tree = try await command.require(.saving, ["write-tree"])
    guard let id = ObjectID(tree.text) else { throw GitError(.other, "cannot read the tree git wrote: '\(tree.text)'") }
    contents.tree = id
    contents.indexTree = staged.isSuccess ? ObjectID(staged.text) : nil
    if !added.isSuccess { contents.complaints.append(added.complaint) }
  }

  /// The largest files without which the others are within the limit.
  private static func tooLarge(_ files: [String], in folder: String, limit: Int) -> [(name: String, size: Int)] {
    var sizes = files.compactMap { name in
      FileStamp("\(folder)/\(name)").flatMap { $0.isRegular ? (name: name, size: Int($0.size)) : nil }
    }
    var sum = sizes.reduce(0) { $0 + $1.size }
    guard sum > limit else { return [] }
    sizes.sort { ($1.size, $0.name) < ($0.size, $1.name) }
    return Array(
      sizes.prefix { file in
        defer { sum -= file.size }
        return sum > limit
      })
  }
}

extension Repository {
  /// A repository within may say that its files or its records are anywhere on the machine.
  fileprivate func refuseUnless(at path: FilePath, within folders: [FilePath]) throws(GitError) {
    let roots = folders.map { $0.realPath ?? $0 }
    guard let workingDirectory, workingDirectory.realPath == path.realPath,
      let records = gitDirectory.realPath, let common = commonDirectory.realPath,
      roots.contains(where: { records.lies(in: $0) }), roots.contains(where: { common.lies(in: $0) })
    else { throw GitError(.other, "its files or its records are outside of the worktree") }
  }
}

/// Runs `body` about a repository whose configuration is not ours.
func inForeignTree<Value>(_ body: () async throws(GitError) -> Value) async throws(GitError) -> Value {
  let result: Result<Value, GitError> = await GitGuard.withTree(isForeign: true) {
    do throws(GitError) {
      return .success(try await body())
    } catch {
      return .failure(error)
    }
  }
  return try result.get()
}
