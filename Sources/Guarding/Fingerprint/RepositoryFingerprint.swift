import Basics
import Git
import Platform
import Processes
package import SystemPackage

/// What of a repository must be as it was when somebody's work in one of its worktrees is over: configuration, hooks,
/// references, records of worktrees, and the user's checkout.
///
/// Taken again, it reads only those files whose stamps differ. ``changes(since:keeping:)`` says what differs.
package struct RepositoryFingerprint: Sendable {
  package let places: Places
  /// By paths in text form, as are hooks and files: see ``FileStatus``.
  var configuration: [String: ConfigurationFile] = [:]
  var hooks: [String: GuardedFile] = [:]
  /// `info/attributes` and its like.
  var files: [String: GuardedFile] = [:]
  /// By the name of the worktree's record.
  var records: [String: Record] = [:]
  var references = ReferenceTable()
  /// nil in a bare repository.
  var checkout: WorkingTreeState?

  /// Where to look.
  package struct Places: Sendable {
    package let commonDirectory: FilePath
    /// The user's checkout, and where its `HEAD` is; nil in a bare repository.
    package let checkout: FilePath?
    let headDirectory: FilePath
    /// `core.hooksPath` as the user's own configuration may have it, outside the repository.
    let hooksPath: String?
    fileprivate let common: String
    let environment: [String: String]

    /// - Parameter checkout: the worktree that the user is in.
    package init(commonDirectory: FilePath, checkout: FilePath?, environment: [String: String]) {
      self.commonDirectory = commonDirectory
      common = commonDirectory.string
      self.checkout = checkout
      self.environment = GitEnvironment.forGit(environment)
      let repository = try? Repository.open(checkout ?? commonDirectory, environment: environment)
      headDirectory = checkout == nil ? commonDirectory : repository?.gitDirectory ?? commonDirectory
      hooksPath = try? repository?.configurationValue("core.hookspath")
    }
  }

  /// A linked worktree as `.git/worktrees/NAME` has it.
  struct Record: Sendable {
    var files: [String: GuardedFile] = [:]
    static let names = ["gitdir", "HEAD", "locked", "commondir"]

    /// The worktree's folder.
    var worktree: String? {
      guard let link = files["gitdir"]?.text, !link.isEmpty else { return nil }
      return FileSystem.folder(of: link)
    }
  }

  /// A folder of hooks that has more files than this is none.
  private static let hookLimit = 2000

  /// Looks at the repository. Blocks: for a millisecond, and for as long as `git status` takes in the user's checkout.
  /// - Parameter ignored: folders in the checkout that are not the user's: the worktrees of tasks.
  package static func take(
    of places: Places, previous: RepositoryFingerprint? = nil, ignoring ignored: [String] = []
  ) -> RepositoryFingerprint {
    var result = RepositoryFingerprint(places: places)
    let look = FileStamp.now()
    result.readRecords(previous, look)
    result.readConfiguration(previous, look)
    result.readHooks(previous, look)
    for name in ["info/attributes", "info/exclude", "info/grafts", "info/sparse-checkout", "objects/info/alternates"] {
      let path = "\(places.common)/\(name)"
      result.files[path] = GuardedFile(path, previous: previous?.files[path], at: look)
    }
    result.references = ReferenceTable(
      commonDirectory: places.common, previous: previous?.references, at: look)
    result.checkout = places.checkout.map {
      WorkingTreeState.read(
        in: $0, head: places.headDirectory.appending("HEAD"), environment: places.environment, ignoring: ignored)
    }
    return result
  }

  private mutating func readRecords(_ previous: RepositoryFingerprint?, _ look: timespec) {
    let folder = "\(places.common)/worktrees"
    for name in namesInFolder(folder) ?? [] {
      var record = Record()
      let old = previous?.records[name]
      for file in Record.names {
        record.files[file] = GuardedFile(
          "\(folder)/\(name)/\(file)", previous: old?.files[file], at: look)
      }
      if !record.files.isEmpty { records[name] = record }
    }
  }

  // MARK: - Configuration

  private mutating func readConfiguration(_ previous: RepositoryFingerprint?, _ look: timespec) {
    let common = places.common
    var open = ["\(common)/config", "\(common)/config.worktree"]
    open += records.keys.map { "\(common)/worktrees/\($0)/config.worktree" }
    open += Self.moduleConfigurations(in: "\(common)/modules")
    if places.headDirectory != places.commonDirectory {
      open += Self.moduleConfigurations(in: "\(places.headDirectory)/modules")
    }
    while let path = open.popLast(), configuration.count < 1000 {
      guard configuration[path] == nil else { continue }
      let environment = places.environment
      configuration[path] = ConfigurationFile(path, previous: previous?.configuration[path], at: look) { file in
        // Includes are files of their own here.
        let output = try? BlockingCommand.run(
          .configuring, ["config", "--file", file, "--no-includes", "--list", "-z"], in: "/",
          environment: environment)
        guard let output, output.isSuccess else { return nil }
        return ConfigurationFile.parse(output.bytes)
      }
      open += includes(of: path)
    }
  }

  /// Those that are the repository's own: below it or below the checkout.
  private func includes(of path: String) -> [String] {
    guard let values = configuration[path]?.values else { return [] }
    return values.filter { $0.key == "include.path" || $0.key.hasPrefix("includeif.") && $0.key.hasSuffix(".path") }
      .values.joined().compactMap { value in
        guard !value.hasPrefix("~") else { return nil }
        let target = FilePath(path).removingLastComponent().pushing(FilePath(value)).normalized
        let roots = [places.commonDirectory, places.checkout].compactMap(\.self)
        return roots.contains { target.lies(in: $0) } ? target.string : nil
      }
  }

  private static func moduleConfigurations(in folder: String, depth: Int = 0) -> [String] {
    guard depth < 5, let names = namesInFolder(folder) else { return [] }
    return names.flatMap { name -> [String] in
      let module = "\(folder)/\(name)"
      if FileStatus("\(module)/HEAD") != nil {
        return ["\(module)/config"] + moduleConfigurations(in: "\(module)/modules", depth: depth + 1)
      }
      // The name of a submodule may have slashes.
      return moduleConfigurations(in: module, depth: depth + 1)
    }
  }

  // MARK: - Hooks

  private mutating func readHooks(_ previous: RepositoryFingerprint?, _ look: timespec) {
    var folders = ["\(places.common)/hooks"]
    let values = configuration.values.compactMap { $0.values?["core.hookspath"]?.last }
    for value in Set(values + [places.hooksPath].compactMap(\.self)) {
      let base = places.checkout ?? places.commonDirectory
      if !value.isEmpty, !value.hasPrefix("~") { folders.append(base.pushing(FilePath(value)).normalized.string) }
    }
    for folder in folders { readHooks(in: folder, previous, look, depth: 0) }
  }

  private mutating func readHooks(
    in folder: String, _ previous: RepositoryFingerprint?, _ look: timespec, depth: Int
  ) {
    guard depth < 3, let names = namesInFolder(folder) else { return }
    for name in names.sorted() where hooks.count < Self.hookLimit {
      let path = "\(folder)/\(name)"
      if let hook = GuardedFile(path, previous: previous?.hooks[path], at: look) {
        hooks[path] = hook
      } else if depth < 2 {
        readHooks(in: path, previous, look, depth: depth + 1)
      }
    }
  }
}
