import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing
import Worktrees

extension TemporaryRepository {
  func open(_ directory: FilePath? = nil, _ variables: [String: String] = [:]) throws -> Repository {
    try Repository.open(directory ?? path, environment: environment.merging(variables) { $1 })
  }

  func command(in directory: FilePath? = nil, _ variables: [String: String] = [:]) -> GitCommand {
    GitCommand(directory: directory ?? path, environment: environment.merging(variables) { $1 })
  }

  var worktrees: Worktrees { Worktrees(repository: path, environment: environment) }

  /// Where a worktree called `name` goes in these tests: next to the repository.
  func place(_ name: String) -> FilePath { scratch.path.appending("worktrees").appending(name) }

  /// Makes a branch at `HEAD` and a worktree for it, both called `name`.
  @discardableResult
  func addWorktree(_ name: String) async throws -> FilePath {
    try await git("branch", "--quiet", "--no-track", name)
    try await worktrees.add(name: name, path: place(name), branch: name)
    return place(name)
  }

  func id(_ revision: String, in directory: FilePath? = nil) async throws -> ObjectID {
    try #require(ObjectID(try await git("rev-parse", revision, in: directory)))
  }

  /// Holds our status of a working tree against git's own.
  func expectStatusAsGit(
    in directory: FilePath? = nil, sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let (ours, gits) = (Set(try open(directory).status().entries), try await statusByGit(in: directory))
    let onlyOurs = ours.subtracting(gits).map { "\($0.kind) \($0.path)" }.sorted()
    let onlyGits = gits.subtracting(ours).map { "\($0.kind) \($0.path)" }.sorted()
    #expect(onlyOurs == [], sourceLocation: sourceLocation)
    #expect(onlyGits == [], sourceLocation: sourceLocation)
  }

  /// What `git status` says, as our status says it. Maps the letters independently, from git-status(1).
  func statusByGit(in directory: FilePath? = nil) async throws -> Set<WorkingTreeStatus.Entry> {
    // The helper trims white space at the end, which -z output does not end in; the start is never blank-trimmed.
    let text = try await git("status", "--porcelain", "-z", "-uall", "--no-renames", in: directory)
    return Set(
      text.split(separator: "\0").map { record in
        let (x, y) = (record.prefix(1), record.dropFirst().prefix(1))
        let kind: WorkingTreeStatus.Entry.Kind =
          switch "\(x)\(y)" {
          case "??": .untracked
          case "DD", "AU", "UD", "UA", "DU", "AA", "UU": .conflicted
          default: y == "D" ? .deleted : y == " " ? .staged : .modified
          }
        return .init(path: String(record.dropFirst(3)), kind: kind)
      })
  }
}

func exists(_ path: FilePath) -> Bool { path.withPlatformString { access($0, F_OK) } == 0 }

/// The error a body throws, to look at its code and text.
func failure(_ body: () async throws -> Void) async -> GitError? {
  do {
    try await body()
    return nil
  } catch {
    return error as? GitError
  }
}
