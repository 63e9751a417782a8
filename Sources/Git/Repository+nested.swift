import Basics
import CLibgit2
package import Processes
import SystemPackage

/// Repositories within the working tree.
extension Repository {
  /// More of them than this are nobody's project.
  private static let mostNested = 500

  /// What keeps git from running filters that a repository within this working tree has set for itself.
  ///
  /// `git status` and `git add` look into each submodule, with that submodule's configuration: a file that whoever works
  /// in the tree can write, also from within a sandbox. Hooks and monitors are off there as well, by the options of every
  /// call; the names of filters must be asked for.
  package func withoutNestedFilters() throws(GitError) -> [FrozenConfiguration.Entry] {
    guard let workingFolder else { return [] }
    var open = try submodulePaths().map { "\(workingFolder)/\($0)" }
    var names: Set<String> = []
    var count = 0
    while let folder = open.popLast() {
      guard FileStatus("\(folder)/.git") != nil else { continue }
      count += 1
      guard count <= Self.mostNested else {
        throw GitError(.other, "'\(workingFolder)' has more than \(Self.mostNested) repositories in it")
      }
      let directory = FilePath(folder)
      names.formUnion(try filters(in: directory))
      open += try submodulePaths(in: directory).map { "\(folder)/\($0)" }
    }
    let known = GitGuard.current.configuration
    return FrozenConfiguration.without(filters: names.filter { !(known?.knowsFilter($0) ?? false) })
  }

  /// The paths of the index at which another repository's commit is.
  private func submodulePaths() throws(GitError) -> [String] {
    guard let index = try? Handle(free: git_index_free, { git_repository_index(&$0, pointer) }) else {
      return try submodulePaths(in: FilePath(workingFolder ?? gitFolder))
    }
    return (0..<git_index_entrycount(index.pointer)).compactMap { position in
      guard let entry = git_index_get_byindex(index.pointer, position)?.pointee,
        UInt32(entry.mode) == GIT_FILEMODE_COMMIT.rawValue
      else { return nil }
      return String(cString: entry.path)
    }
  }

  private func submodulePaths(in directory: FilePath) throws(GitError) -> [String] {
    let output = try BlockingCommand.run(
      .reading, ["ls-files", "--stage", "-z"], in: directory, environment: GitEnvironment.forGit(environment))
    // What git cannot read here, it cannot look into either.
    guard output.isSuccess else { return [] }
    // `160000 <id> <stage>\t<path>`
    return output.records.compactMap { record in
      guard record.hasPrefix("160000 "), let tab = record.firstIndex(of: "\t") else { return nil }
      return String(record[record.index(after: tab)...])
    }
  }

  /// The names of those that its own files set, not the user's or the system's.
  private func filters(in directory: FilePath) throws(GitError) -> Set<String> {
    let output = try BlockingCommand.run(
      .configuring, ["config", "--list", "-z", "--show-scope"], in: directory,
      environment: GitEnvironment.forGit(environment))
    guard output.isSuccess else { return [] }
    let fields = output.records
    var names: Set<String> = []
    for index in stride(from: 0, to: fields.count - 1, by: 2) where ["local", "worktree"].contains(fields[index]) {
      let key = fields[index + 1].prefix { $0 != "\n" }
      guard key.hasPrefix("filter."), let end = key.lastIndex(of: "."), end > key.startIndex else { continue }
      let name = key[..<end].dropFirst("filter.".count)
      if !name.isEmpty { names.insert(String(name)) }
    }
    return names
  }
}
