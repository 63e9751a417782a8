import Basics
import Git
import Processes
import SystemPackage

/// Reading the commits.
extension PushExamination {
  /// What was seen in the commits.
  struct Findings: Sendable {
    var faults: [PushFault] = []
    /// Authors that are not ours, with one of their commits.
    var authors: [CommitIdentity.Person: String] = [:]
    /// Paths that are new in a commit, with it.
    var added: [String: String] = [:]
    /// The ids of all contents that a path has in the commits.
    var contents: [String: Set<String>] = [:]
    /// The contents in which a secret is, by commit and path.
    var secretBlobs: [String: String] = [:]
    var submodules: [(path: String, id: String, commit: String)] = []
    var changesIgnoreRules = false
  }

  /// The plumbing knows no settings of the user's, but for those that are named here.
  private static let options = [
    "-r", "--root", "-p", "-U0", "--text", "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv",
    "--no-color", "--no-relative", "--ignore-submodules=none", "--submodule=short", "--src-prefix=a/",
    "--dst-prefix=b/", "--encoding=UTF-8", "--pretty=\(PatchReader.format)",
  ]

  func read(_ commits: [String]) async throws -> Findings {
    try await withScratchFolder(environment) { try await read(commits, scratch: $0) }
  }

  private func read(_ commits: [String], scratch folder: FilePath) async throws -> Findings {
    let patch = folder.appending("patch")
    // Into a file: of whatever size it is, it is read in pieces.
    try await git.require(
      .reading,
      ["diff-tree", "--stdin", "--always"] + Self.options + ["--output=\(patch)"],
      input: Array((commits.joined(separator: "\n") + "\n").utf8))
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

  private struct Collector {
    /// Far more than is told of: those that were there before are still to be taken away.
    private static let limit = 10_000

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
      guard findings.faults.count < Self.limit else { return }
      findings.faults.append(PushFault(kind: kind, commit: commit.id, path: path))
    }

    private mutating func begin(_ header: PatchReader.CommitHeader) {
      commit = header
      scanner.reset()
      guard readsPeople else { return }
      if header.parents > 1 { merges.append(header.id) }
      guard let identity = rules.identity else { return }
      if header.committer != identity.committer { note(.committer("\(header.committer)")) }
      if header.author != identity.author, findings.authors.count < Self.limit {
        findings.authors[header.author] = header.id
      }
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
      } else if findings.contents.count < 1_000_000 {
        findings.contents[file.path, default: []].insert(file.blob)
        if file.isNew, findings.added[file.path] == nil { findings.added[file.path] = commit.id }
      }
    }

    private mutating func read(_ line: UnsafeRawBufferPointer, _ number: Int) {
      if file.isSubmodule || isAllowed { return }
      guard let what = scanner.find(in: line) else { return }
      note(.secret(what, line: number), path: file.path)
      findings.secretBlobs["\(commit.id) \(file.path)"] = file.blob
    }
  }
}
