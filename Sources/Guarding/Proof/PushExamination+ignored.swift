import Basics
import Git
import Processes
import SystemPackage

/// Files that rules of the repository ignore.
extension PushExamination {
  func ignoredFaults(_ found: Findings) async throws -> [PushFault] {
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
      PushFault(kind: .ignored(by: rules[$0] ?? ""), commit: found.added[$0] ?? tip.description, path: $0)
    }
  }

  /// The rule that ignores each of the paths, as `.gitignore:3: *.log`.
  private func ignoreRules(
    for paths: [String], git: GitCommand, _ options: [String] = []
  ) async throws -> [String: String] {
    let output = try await git.run(
      .reading,
      options + ["check-ignore", "--no-index", "--verbose", "-z", "--stdin"],
      input: Array(paths.joined(separator: "\0").utf8))
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
    try await withScratchFolder(environment) { folder in
      let tree = try await git.require(.reading, ["ls-tree", "-r", "-z", "--full-tree", "\(start)"]).records
      for record in tree where record.hasSuffix(".gitignore") {
        // `<mode> blob <id>\t<path>`
        let parts = record.split(separator: "\t", maxSplits: 1).map(String.init)
        let fields = parts[0].split(separator: " ")
        guard parts.count == 2, fields.count == 3, fields[0].hasPrefix("100"), case let path = FilePath(parts[1]),
          path.lastComponent == ".gitignore",
          // A tree that somebody made by hand may lead out of the folder.
          path.isRelative, !path.components.contains(where: { $0.kind != .regular })
        else { continue }
        let rules = try await git.require(.reading, ["cat-file", "blob", String(fields[2])]).bytes
        try FileSystem.create(folder.pushing(path), containing: rules)
      }
      let gitDirectory = try await git.require(.reading, ["rev-parse", "--absolute-git-dir"]).text
      let found = try await ignoreRules(
        for: paths, git: GitCommand(directory: folder, environment: environment),
        ["--git-dir=\(gitDirectory)", "--work-tree=\(folder)"])
      return found.mapValues { "\($0), when the branch began" }
    }
  }
}
