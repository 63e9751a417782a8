import Basics
import Git
import Processes
import SystemPackage

extension PushExamination {
  /// Whether there is certainly nothing to be found: looked at within this process, with more of every file than what the
  /// commits add, and with commits that the remote may have had. Where anything might be something, git shows all of it
  /// as it is.
  func isSurelyClean() async -> Bool {
    let (rules, worktree, start, tip, environment) = (rules, worktree, start, tip, environment)
    let configuration = GitGuard.current.configuration
    return await offPool {
      guard let repository = try? Repository.open(worktree, environment: environment),
        let additions = try? repository.additions(from: start, to: tip)
      else { return false }
      var added: [String] = []
      for addition in additions {
        guard Self.isClean(addition, by: rules) else { return false }
        added += addition.files.filter(\.isNew).map(\.path)
      }
      guard rules.ignored, !added.isEmpty else { return true }
      // As git is given it: see `FrozenConfiguration`.
      let isFrozen = configuration != nil
      let frozen = configuration?.entries.last { $0.key == "core.excludesfile" }?.value
      guard let excludes = try? repository.excludesFile(isFrozen ? frozen ?? "" : nil) else { return false }
      return !IgnoreRules(
        worktree: worktree, commonDirectory: repository.commonDirectory, excludes: excludes, paths: added
      ).mayMatch(added)
    }
  }

  private static func isClean(_ addition: CommitAddition, by rules: PushRules) -> Bool {
    if let identity = rules.identity {
      for (person, wanted) in [(addition.author, identity.author), (addition.committer, identity.committer)]
      where person != (wanted.name, wanted.address) {
        return false
      }
    }
    if rules.secrets, mayHoldSecret(addition.message, isWhole: true) { return false }
    for file in addition.files {
      if rules.ignored {
        if file.path == ".gitignore" || file.path.hasSuffix("/.gitignore") { return false }
        if rules.copied.contains(file.path) || rules.copiedBlobs[file.blob] != nil { return false }
      }
      if rules.secrets, !rules.allows(file.path), mayHoldSecret(file.contents, isWhole: file.isNew) { return false }
    }
    return true
  }

  /// - Parameter isWhole: whether all lines are new. Otherwise the old ones could part a key from its header.
  private static func mayHoldSecret(_ bytes: [UInt8], isWhole: Bool) -> Bool {
    bytes.withUnsafeBytes { bytes in
      var scanner = SecretScanner()
      for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        if scanner.find(in: UnsafeRawBufferPointer(rebasing: line)) != nil { return true }
        if !isWhole, scanner.awaitsKey { return true }
      }
      return false
    }
  }
}
