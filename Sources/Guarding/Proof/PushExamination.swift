import Basics
package import Git
import Processes
package import SystemPackage

/// Looks for what is not to be pushed in every commit of a branch, not only in its tip: what one commit adds and a later
/// one removes is pushed all the same.
package struct PushExamination: Sendable {
  let rules: PushRules
  let worktree: FilePath
  let branch: String
  let start: ObjectID
  let tip: ObjectID
  let environment: [String: String]

  /// - Parameters:
  ///   - start: where the branch began.
  ///   - tip: where it is now.
  package init(
    rules: PushRules, worktree: FilePath, branch: String, start: ObjectID, tip: ObjectID,
    environment: [String: String]
  ) {
    self.rules = rules
    self.worktree = worktree
    self.branch = branch
    self.start = start
    self.tip = tip
    self.environment = environment
  }

  /// Sees commits as they are pushed: `git replace` and grafts would show others in their place.
  var git: GitCommand {
    GitCommand(directory: worktree, environment: environment)
      .adding(["GIT_NO_REPLACE_OBJECTS": "1", "GIT_GRAFT_FILE": "/dev/null"])
  }

  /// More commits than this are looked at only in part, which is a fault of git's.
  private static let commitLimit = 100_000
  /// More faults than this help nobody.
  private static let faultLimit = 100

  package func faults() async throws -> [PushFault] {
    guard rules.secrets || rules.ignored || rules.submodules || rules.identity != nil else { return [] }
    if await isSurelyClean() { return [] }
    let commits = try await newCommits()
    guard !commits.isEmpty else { return [] }
    let found = try await read(commits)
    var faults = found.faults + (try await foreignAuthors(found.authors))
    faults += try await ignoredFaults(found)
    if rules.submodules { faults += try await submoduleFaults(found.submodules) }
    guard !faults.isEmpty else { return [] }
    return Array(try await withoutKnown(faults, found).prefix(Self.faultLimit))
  }

  /// The commits beyond the start, without those that the remote had before anything ran here: those that a merge of the
  /// base brings, say. What the remote-tracking branches are now says nothing: an agent can move them.
  private func newCommits() async throws -> [String] {
    let known = rules.remoteTips.filter { !$0.name.hasSuffix("/\(branch)") }.map(\.id) + rules.knownCommits
    let input = ["\(tip)", "^\(start)"] + Set(known).sorted { $0.description < $1.description }.map { "^\($0)" }
    let list = try await git.require(
      .reading, ["rev-list", "--ignore-missing", "--max-count=\(Self.commitLimit)", "--stdin"],
      input: Array((input.joined(separator: "\n") + "\n").utf8))
    return list.text.split(separator: "\n").map(String.init)
  }

  // MARK: - People

  /// Who wrote commits before the start may write more: a cherry-pick keeps its author.
  private func foreignAuthors(_ authors: [CommitIdentity.Person: String]) async throws -> [PushFault] {
    guard !authors.isEmpty else { return [] }
    let log = try await git.require(
      .reading, ["rev-list", "--max-count=5000", "--format=tformat:%x00%an%x00%ae", "\(start)"])
    var known: Set<CommitIdentity.Person> = []
    for line in log.text.split(separator: "\n") where line.hasPrefix("\0") {
      let fields = line.dropFirst().split(separator: "\0", omittingEmptySubsequences: false).map(String.init)
      if fields.count == 2 { known.insert(CommitIdentity.Person(name: fields[0], address: fields[1])) }
    }
    return authors.filter { !known.contains($0.key) }.map {
      PushFault(kind: .author("\($0.key)"), commit: $0.value, path: "")
    }.sorted { $0.commit < $1.commit }
  }

  // MARK: - What was there before

  /// Without contents and ignored paths that were tracked when the branch began: a file that was only renamed adds
  /// nothing.
  private func withoutKnown(_ faults: [PushFault], _ found: Findings) async throws -> [PushFault] {
    guard faults.contains(where: \.isAboutContents) else { return faults }
    var (paths, blobs): (Set<Substring>, Set<Substring>) = ([], [])
    for record in try await git.require(.reading, ["ls-tree", "-r", "-z", "--full-tree", "\(start)"]).records {
      // `<mode> blob <id>\t<path>`
      guard let tab = record.firstIndex(of: "\t"), let id = record[..<tab].split(separator: " ").last else { continue }
      blobs.insert(id)
      paths.insert(record[tab...].dropFirst())
    }
    return faults.filter { fault in
      switch fault.kind {
      case .secret: !(found.secretBlobs["\(fault.commit) \(fault.path)"].map { blobs.contains($0[...]) } ?? false)
      case .ignored:
        !paths.contains(fault.path[...])
          && !(found.contents[fault.path].map { $0.allSatisfy { blobs.contains($0[...]) } } ?? false)
      default: true
      }
    }
  }
}

extension PushFault {
  fileprivate var isAboutContents: Bool {
    switch kind {
    case .secret, .ignored: true
    default: false
    }
  }
}
