import Basics
import Git
import Platform
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Looks for what is not to be pushed in every commit of a branch, not only in its tip: what one commit adds and a later
/// one removes is pushed all the same.
struct PushExamination: Sendable {
  let rules: PushRules
  let worktree: FilePath
  let branch: String
  let start: ObjectID
  let tip: ObjectID
  let environment: [String: String]

  private var git: GitCommand { GitCommand(directory: worktree, environment: environment) }

  /// More commits than this are looked at only in part, which is a fault of git's.
  private static let commitLimit = 100_000
  /// More faults than this help nobody.
  private static let faultLimit = 100

  /// - Parameter known: the commits beyond the start, when they are known.
  func faults(in known: [ObjectID]?) async throws -> [PushFault] {
    guard rules.secrets || rules.ignored || rules.submodules || rules.identity != nil else { return [] }
    var commits = known ?? []
    if known == nil {
      let list = try await git.require(
        .reading, ["rev-list", "--max-count=\(Self.commitLimit)", "\(tip)", "--not", "\(start)"])
      commits = list.text.split(separator: "\n").compactMap { ObjectID(String($0)) }
    }
    let found = try await read(commits)
    var faults = found.faults + (try await foreignAuthors(found.authors))
    faults += try await ignoredFaults(found)
    if rules.submodules { faults += try await submoduleFaults(found.submodules) }
    guard !faults.isEmpty else { return [] }
    return Array(try await withoutKnown(faults, found).prefix(Self.faultLimit))
  }

  // MARK: - Reading the commits

  /// What was seen in the commits.
  private struct Findings: Sendable {
    var faults: [PushFault] = []
    /// Authors that are not ours, with one of their commits.
    var authors: [CommitIdentity.Person: String] = [:]
    /// Paths that are new in a commit, with it and their contents' id.
    var added: [String: (commit: String, blob: String)] = [:]
    /// The contents in which a secret is, by commit and path.
    var secretBlobs: [String: String] = [:]
    var submodules: [(path: String, id: String, commit: String)] = []
    var changesIgnoreRules = false
  }

  /// The plumbing knows no settings of the user's, but for those that are named here.
  private static let options = [
    "-r", "--root", "-p", "-U0", "--text", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
    "--no-color", "--no-relative", "--ignore-submodules=none", "--submodule=short", "--src-prefix=a/",
    "--dst-prefix=b/", "--pretty=\(PatchReader.format)",
  ]

  private func read(_ commits: [ObjectID]) async throws -> Findings {
    let folder = try Self.makeScratch(environment)
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    let patch = folder.appending("patch")
    // Into a file: of whatever size it is, it is read in pieces.
    try await git.require(
      .reading,
      ["diff-tree", "--stdin", "--always"] + Self.options + ["--output=\(patch)"],
      input: Array((commits.map(\.description).joined(separator: "\n") + "\n").utf8))
    let rules = rules
    let (findings, merges) = try await offPool { () throws -> (Findings, [String]) in
      var collector = Collector(rules: rules)
      var reader = PatchReader()
      let file = try FileDescriptor.open(patch, .readOnly, options: .closeOnExec)
      defer { try? file.close() }
      try withUnsafeTemporaryAllocation(byteCount: 256 << 10, alignment: 16) { buffer in
        while case let count = try file.read(into: buffer), count > 0 {
          reader.feed(UnsafeRawBufferPointer(rebasing: buffer[..<count])) { collector.add($0) }
        }
      }
      reader.finish { collector.add($0) }
      return (collector.findings, collector.merges)
    }
    guard !merges.isEmpty else { return findings }
    // Of a merge only what it has from none of its parents is its own.
    let combined = try await git.require(
      .reading,
      ["diff-tree", "--stdin", "--cc"] + Self.options, input: Array((merges.joined(separator: "\n") + "\n").utf8)
    ).bytes
    var collector = Collector(rules: rules, findings: findings)
    collector.readsPeople = false
    var reader = PatchReader()
    combined.withUnsafeBytes { reader.feed($0) { collector.add($0) } }
    reader.finish { collector.add($0) }
    return collector.findings
  }

  private static func makeScratch(_ environment: [String: String]) throws -> FilePath {
    var template = Array("\(environment["TMPDIR"] ?? "/tmp")/git-orch.XXXXXX".utf8CString)
    return try template.withUnsafeMutableBufferPointer { buffer in
      guard let made = buffer.baseAddress.flatMap({ mkdtemp($0) }) else { throw Errno(rawValue: errno) }
      return FilePath(String(cString: made))
    }
  }

  private struct Collector {
    let rules: PushRules
    var findings = Findings()
    var merges: [String] = []
    var readsPeople = true
    private var scanner = SecretScanner()
    private var commit = PatchReader.CommitHeader()
    private var file = PatchReader.File(path: "")
    private var isAllowed = false

    init(rules: PushRules, findings: Findings = Findings()) {
      self.rules = rules
      self.findings = findings
    }

    mutating func add(_ element: PatchReader.Element) {
      switch element {
      case .commit(let header): begin(header)
      case .file(let file): begin(file)
      case .added(let line, let number): read(line, number)
      case .message(let line, let number):
        if rules.secrets, readsPeople, let what = scanner.find(in: line) { note(.secret(what, line: number)) }
      }
    }

    private mutating func note(_ kind: PushFault.Kind, path: String = "") {
      guard findings.faults.count < PushExamination.faultLimit else { return }
      findings.faults.append(PushFault(kind: kind, commit: commit.id, path: path))
    }

    private mutating func begin(_ header: PatchReader.CommitHeader) {
      commit = header
      scanner.reset()
      guard readsPeople else { return }
      if header.parents > 1 { merges.append(header.id) }
      guard let identity = rules.identity else { return }
      if header.committer != identity.committer { note(.committer("\(header.committer)")) }
      if header.author != identity.author, findings.authors.count < 100 { findings.authors[header.author] = header.id }
    }

    private mutating func begin(_ file: PatchReader.File) {
      self.file = file
      scanner.reset()
      isAllowed = !rules.secrets || rules.allows(file.path)
      if file.path == ".gitignore" || file.path.hasSuffix("/.gitignore") { findings.changesIgnoreRules = true }
      if file.isSubmodule {
        findings.submodules.append((file.path, file.blob, commit.id))
        return
      }
      guard rules.ignored else { return }
      if rules.copied.contains(file.path) {
        note(.copied(from: file.path), path: file.path)
      } else if let source = rules.copiedBlobs[file.blob] {
        note(.copied(from: source), path: file.path)
      } else if file.isNew, findings.added.count < 1_000_000 {
        findings.added[file.path] = findings.added[file.path] ?? (commit.id, file.blob)
      }
    }

    private mutating func read(_ line: UnsafeRawBufferPointer, _ number: Int) {
      if file.isSubmodule || isAllowed { return }
      guard let what = scanner.find(in: line) else { return }
      note(.secret(what, line: number), path: file.path)
      findings.secretBlobs["\(commit.id) \(file.path)"] = file.blob
    }
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

  // MARK: - Ignored files

  private func ignoredFaults(_ found: Findings) async throws -> [PushFault] {
    guard !found.added.isEmpty else { return [] }
    let paths = found.added.keys.sorted()
    var rules = try await ignoreRules(for: paths, git: git)
    if found.changesIgnoreRules {
      // A rule that the branch itself takes away still held when it began.
      let before = try await ignoreRulesAtStart(for: paths)
      rules.merge(before) { now, _ in now }
    }
    guard !rules.isEmpty else { return [] }
    return rules.keys.sorted().map {
      let (commit, _) = found.added[$0] ?? (tip.description, "")
      return PushFault(kind: .ignored(by: rules[$0] ?? ""), commit: commit, path: $0)
    }
  }

  /// The rule that ignores each of the paths, as `.gitignore:3: *.log`.
  private func ignoreRules(for paths: [String], git: GitCommand) async throws -> [String: String] {
    let output = try await git.run(
      .reading,
      ["check-ignore", "--no-index", "--verbose", "-z", "--stdin"], input: Array(paths.joined(separator: "\0").utf8))
    // 1: none of them is ignored.
    guard output.status <= 1 else { throw GitError(.commandFailed, output.standardError.trimmed) }
    var rules: [String: String] = [:]
    // Source, line, pattern and path of each; the first three may be empty.
    let fields = output.bytes.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    for index in stride(from: 0, to: fields.count - 3, by: 4) where !fields[index + 2].hasPrefix("!") {
      rules[fields[index + 3]] = "\(fields[index]):\(fields[index + 1]): \(fields[index + 2])"
    }
    return rules
  }

  /// By the `.gitignore` files of the commit that the branch started from, laid out in a folder of their own.
  private func ignoreRulesAtStart(for paths: [String]) async throws -> [String: String] {
    let folder = try Self.makeScratch(environment)
    defer { try? FileManager.default.removeItem(atPath: folder.string) }
    let tree = try await git.require(.reading, ["ls-tree", "-r", "-z", "--full-tree", "\(start)"]).records
    for record in tree where record.hasSuffix(".gitignore") {
      // `<mode> blob <id>\t<path>`
      let parts = record.split(separator: "\t", maxSplits: 1).map(String.init)
      let fields = parts[0].split(separator: " ")
      guard parts.count == 2, fields.count == 3, fields[0].hasPrefix("100"),
        FilePath(parts[1]).lastComponent == ".gitignore"
      else { continue }
      let rules = try await git.require(.reading, ["cat-file", "blob", String(fields[2])]).bytes
      try FileSystem.create(folder.pushing(FilePath(parts[1])), containing: rules)
    }
    let gitDirectory = try await git.require(.reading, ["rev-parse", "--absolute-git-dir"]).text
    let here = GitCommand(directory: folder, environment: environment)
    let output = try await here.run(
      .reading,
      [
        "--git-dir=\(gitDirectory)", "--work-tree=\(folder)", "check-ignore", "--no-index", "--verbose", "-z",
        "--stdin",
      ], input: Array(paths.joined(separator: "\0").utf8))
    guard output.status <= 1 else { return [:] }
    var rules: [String: String] = [:]
    let fields = output.bytes.split(separator: 0, omittingEmptySubsequences: false)
      .map { String(decoding: $0, as: UTF8.self) }
    for index in stride(from: 0, to: fields.count - 3, by: 4) where !fields[index + 2].hasPrefix("!") {
      rules[fields[index + 3]] = "\(fields[index]):\(fields[index + 1]): \(fields[index + 2]), when the branch began"
    }
    return rules
  }

  // MARK: - Submodules

  private func submoduleFaults(_ submodules: [(path: String, id: String, commit: String)]) async throws -> [PushFault] {
    guard !submodules.isEmpty else { return [] }
    let names = try await submoduleNames()
    var faults: [PushFault] = []
    for (path, id, commit) in submodules.prefix(100) {
      let reason: String?
      if let name = names[path] {
        reason = try await reasonAgainst(id, path: path, name: name)
      } else {
        reason = "and it is not in .gitmodules"
      }
      if let reason {
        faults.append(PushFault(kind: .submodule(commit: id, reason: reason), commit: commit, path: path))
      }
    }
    return faults
  }

  /// By path, as the tip has them.
  private func submoduleNames() async throws -> [String: String] {
    let output = try await git.run(
      .reading,
      ["config", "--blob", "\(tip):.gitmodules", "-z", "--get-regexp", #"^submodule\..*\.path$"#])
    guard output.isSuccess else { return [:] }
    var names: [String: String] = [:]
    for record in output.records {
      let parts = record.split(separator: "\n", maxSplits: 1).map(String.init)
      if parts.count == 2 {
        names[parts[1]] = String(parts[0].dropFirst("submodule.".count).dropLast(".path".count))
      }
    }
    return names
  }

  /// nil when a remote of the submodule has the commit, as far as is known here.
  private func reasonAgainst(_ id: String, path: String, name: String) async throws -> String? {
    var candidates = [worktree.appending(path)]
    if let checkout = rules.place?.checkout { candidates.append(checkout.appending(path)) }
    if let common = rules.place?.commonDirectory { candidates.append(common.appending("modules").appending(name)) }
    var wasFound = false
    for folder in candidates where folder.appending(".git").exists || folder.appending("HEAD").exists {
      let module = GitCommand(directory: folder, environment: environment)
      let answer = try await module.run(.reading, ["for-each-ref", "--count=1", "--contains", id, "refs/remotes"])
      guard answer.isSuccess else { continue }
      wasFound = true
      if !answer.bytes.isEmpty { return nil }
    }
    return wasFound ? "which is on no remote of it" : "which is nowhere to be found here"
  }

  // MARK: - What is out already

  /// Without faults of commits that the remote has anyway (those that a merge of the base brought, say), and of contents
  /// and ignored paths that were tracked when the branch began: a file that was only renamed adds nothing.
  private func withoutKnown(_ faults: [PushFault], _ found: Findings) async throws -> [PushFault] {
    let new = try await git.require(
      .reading,
      [
        "rev-list", "\(tip)", "--not", "\(start)", "--exclude=refs/remotes/*/\(branch)", "--glob=refs/remotes/*",
      ])
    let ids = Set(new.text.split(separator: "\n").map(String.init))
    let ours = faults.filter { ids.contains($0.commit) }
    guard ours.contains(where: \.isAboutContents) else { return ours }
    var (paths, blobs): (Set<Substring>, Set<Substring>) = ([], [])
    for record in try await git.require(.reading, ["ls-tree", "-r", "-z", "--full-tree", "\(start)"]).records {
      // `<mode> blob <id>\t<path>`
      guard let tab = record.firstIndex(of: "\t"), let id = record[..<tab].split(separator: " ").last else { continue }
      blobs.insert(id)
      paths.insert(record[tab...].dropFirst())
    }
    return ours.filter { fault in
      switch fault.kind {
      case .secret: !(found.secretBlobs["\(fault.commit) \(fault.path)"].map { blobs.contains($0[...]) } ?? false)
      case .ignored:
        !paths.contains(fault.path[...]) && !(found.added[fault.path].map { blobs.contains($0.blob[...]) } ?? false)
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
