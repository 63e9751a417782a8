import Basics
import Git
import Processes
import SystemPackage

/// Commits what a worktree holds, with the repositories within, so that one commit leads to all of it.
struct WorkCommitter: Sendable {
  let environment: [String: String]

  func commit(_ contents: inout WorkContents, subject: String) async throws(GitError) -> ObjectID {
    var within: [ObjectID] = []
    var kept: [(path: String, contents: WorkContents)] = []
    for (path, found) in contents.repositories {
      do throws(GitError) {
        let (id, inner) = try await commit(found, at: path, of: contents, subject: subject)
        within.append(id)
        kept.append((path, inner))
      } catch {
        if error.code == .cancelled { throw error }
        contents.complaints.append("the repository '\(path)': \(error.message)")
      }
    }
    contents.repositories = kept
    let command = GitCommand(directory: contents.path, environment: environment)
    var parents = [contents.head].compactMap(\.self)
    if let staged = contents.staged, staged != contents.tree {
      parents.append(try await commit(staged, parents: parents, message: "index: \(subject)", command))
    }
    parents += contents.unkept.commits + contents.unkept.stashes + contents.references.map(\.id) + within
    var seen: Set<ObjectID> = []
    parents = parents.filter { seen.insert($0).inserted }
    let lines = contents.lines(repositories: within)
    return try await commit(
      contents.tree, parents: parents, message: subject + "\n\n" + lines.joined(separator: "\n") + "\n", command)
  }

  /// Commits what a repository within holds, and brings it to the outer one.
  private func commit(
    _ found: WorkContents, at path: String, of outer: WorkContents, subject: String
  ) async throws(GitError) -> (ObjectID, WorkContents) {
    try await inForeignTree { () async throws(GitError) in
      var contents = found
      let environment = try await WorkReader.withoutFilters(in: found.path, environment)
      let id = try await WorkCommitter(environment: environment).commit(&contents, subject: "\(path): \(subject)")
      if contents.commonDirectory != outer.commonDirectory {
        try await Self.copy(
          [id], from: GitCommand(directory: contents.path, environment: environment), to: outer.commonDirectory)
      }
      return (id, contents)
    }
  }

  /// Copies commits with all that they lead to into another repository's database, where no reference has them yet.
  static func copy(_ commits: [ObjectID], from source: GitCommand, to commonDirectory: FilePath) async throws(GitError)
  {
    let folder = commonDirectory.appending("objects/pack")
    try await offPool { () throws(GitError) in try folder.createDirectories() }
    try await source.require(
      .saving, ["pack-objects", "--quiet", "--revs", "--delta-base-offset", folder.appending("pack").string],
      input: Array((commits.map(\.description).joined(separator: "\n") + "\n").utf8))
  }

  private func commit(
    _ tree: ObjectID, parents: [ObjectID], message: String, _ command: GitCommand
  ) async throws(GitError) -> ObjectID {
    let arguments = ["commit-tree", "\(tree)"] + parents.flatMap { ["-p", "\($0)"] } + ["-F", "-"]
    var output = try await command.run(.saving, arguments, input: Array(message.utf8))
    if !output.isSuccess {
      // Work is not to be lost because git does not know the user's name.
      var identity: [String: String] = [:]
      for role in ["AUTHOR", "COMMITTER"] {
        identity["GIT_\(role)_NAME"] = "git-orch"
        identity["GIT_\(role)_EMAIL"] = "git-orch@localhost"
      }
      output = try await command.adding(identity).require(.saving, arguments, input: Array(message.utf8))
    }
    guard let id = ObjectID(output.text) else {
      throw GitError(.other, "cannot read the commit git wrote: '\(output.text)'")
    }
    return id
  }
}
