import Basics
package import SystemPackage

extension RepositoryFingerprint {
  /// What is not as it was in `old`.
  /// - Parameter keep: stores what a file held, under a name that begins like the one given, and returns where; nil when
  ///   it cannot be stored. Called for files that no command of git's could put back.
  package func changes(
    since old: RepositoryFingerprint, keeping keep: (_ name: String, _ contents: [UInt8]) -> FilePath?
  ) -> [RepositoryChange] {
    configurationChanges(since: old, keep) + fileChanges(.hook, hooks, old.hooks, keep)
      + fileChanges(.file, files, old.files, keep) + referenceChanges(since: old) + recordChanges(since: old)
      + (old.checkout.flatMap { was in checkout?.changes(since: was, kind: .checkout) } ?? [])
  }

  /// A path as the user knows it: relative to the checkout where it lies below it.
  private func shown(_ path: String) -> String {
    guard let root = places.checkout?.string, path != root, pathLies(path, in: root) else { return path }
    return String(path.dropFirst(root.count).drop { $0 == "/" })
  }

  // MARK: - Configuration

  private func configurationChanges(
    since old: RepositoryFingerprint, _ keep: (String, [UInt8]) -> FilePath?
  ) -> [RepositoryChange] {
    var changes: [RepositoryChange] = []
    for path in Set(configuration.keys).union(old.configuration.keys).sorted() {
      let (was, now) = (old.configuration[path], configuration[path])
      if let was, let now, was.file.isSame(as: now.file) { continue }
      // What one of the two looks could not read as git does, or did not look at, is compared as a file.
      guard let before = was.map(\.values) ?? [:], let after = now.map(\.values) ?? [:] else {
        changes += fileChanges(.file, [path: now?.file].compacted, [path: was?.file].compacted, keep)
        continue
      }
      for key in Set(before.keys).union(after.keys).sorted() where before[key] != after[key] {
        let (values, others) = (before[key] ?? [], after[key] ?? [])
        let isSecret = Self.isSecret(key, values + others)
        let kept = isSecret && !values.isEmpty ? was?.file.contents.flatMap { keep("config", $0) } : nil
        changes.append(
          RepositoryChange(
            .configuration, key, old: before[key].map { isSecret ? "***" : Self.lines($0) },
            new: after[key].map { isSecret ? "*** (another value)" : Self.lines($0) },
            restore: restoring(key, to: values, in: path, from: isSecret ? .some(kept) : nil), path: FilePath(path)))
      }
    }
    return changes
  }

  private static func lines(_ values: [String]) -> String { values.joined(separator: "\n") }

  /// Whether a value is not to be shown: a password in a URL, a header that logs in.
  private static func isSecret(_ key: String, _ values: [String]) -> Bool {
    let name = key.split(separator: ".").last.map(String.init) ?? ""
    return ["extraheader", "password", "token", "apikey", "secret", "smtppass", "cookie"].contains {
      name.hasSuffix($0)
    }
      || values.contains { Secrets.withoutPasswords($0) != $0 }
  }

  /// - Parameter copy: where the file as it was is kept, for values that are not to be shown.
  private func restoring(
    _ key: String, to values: [String], in path: String, from copy: FilePath??
  ) -> String? {
    let file =
      path == places.commonDirectory.appending("config").string ? "--local" : "--file \(shellQuoted(path: path))"
    let key = shellQuoted(key)
    if let copy, !values.isEmpty {
      return copy.map { kept in
        "git config \(file) --replace-all \(key) \"$(git config --file \(shellQuoted(path: kept.string)) \(key))\""
      }
    }
    guard let first = values.first else { return "git config \(file) --unset-all \(key)" }
    return
      (["git config \(file) --replace-all \(key) \(word(first))"]
      + values.dropFirst().map { "git config \(file) --add \(key) \(word($0))" }).joined(separator: " && ")
  }

  private func word(_ value: String) -> String { shellQuoted(value) }

  // MARK: - Files

  private func fileChanges(
    _ kind: RepositoryChange.Kind, _ now: [String: GuardedFile], _ old: [String: GuardedFile],
    _ keep: (String, [UInt8]) -> FilePath?
  ) -> [RepositoryChange] {
    Set(now.keys).union(old.keys).sorted().compactMap { path in
      let (before, after) = (old[path], now[path])
      if let before, let after, before.isSame(as: after) { return nil }
      if before == nil, after == nil { return nil }
      return RepositoryChange(
        kind, shown(path), old: before?.description, new: after?.description,
        restore: before.map { restoring($0, at: path, after, keep) } ?? "rm \(shellQuoted(path: path))",
        path: FilePath(path))
    }
  }

  private func restoring(
    _ file: GuardedFile, at path: String, _ now: GuardedFile?, _ keep: (String, [UInt8]) -> FilePath?
  ) -> String? {
    let target = shellQuoted(path: path)
    if let link = file.link { return "ln -sfn \(shellQuoted(path: link)) \(target)" }
    guard let contents = file.contents,
      let kept = keep(path.split(separator: "/").last.map(String.init) ?? "file", contents)
    else {
      return nil
    }
    let mode = file.isExecutable ? "+x" : "-x"
    // What is there may be a link, or not to be written to.
    return "rm -f \(target) && cp \(shellQuoted(path: kept.string)) \(target) && chmod \(mode) \(target)"
  }

  // MARK: - References

  private func referenceChanges(since old: RepositoryFingerprint) -> [RepositoryChange] {
    references.differences(from: old.references).map { name, old, new in
      RepositoryChange(
        .reference, name, old: old, new: new, restore: Self.restoring(name, to: old, from: new),
        path: places.commonDirectory.appending(name))
    }
  }

  private static func restoring(_ name: String, to old: String?, from new: String?) -> String {
    let reference = shellQuoted(name)
    func target(_ value: String?) -> String? {
      value.flatMap { $0.hasPrefix("ref:") ? $0.dropFirst(4).trimmed : nil }
    }
    if let symbolic = target(old) { return "git symbolic-ref \(reference) \(shellQuoted(symbolic))" }
    if target(new) != nil {
      return "git symbolic-ref --delete \(reference)" + (old.map { " && git update-ref \(reference) \($0)" } ?? "")
    }
    // As long as it is where it was seen: what somebody did since is not to be lost.
    guard let old else { return "git update-ref -d \(reference) \(new ?? "")".trimmed }
    return "git update-ref \(reference) \(old)\(new.map { " \($0)" } ?? "")"
  }

  // MARK: - Worktrees

  private func recordChanges(since old: RepositoryFingerprint) -> [RepositoryChange] {
    Set(records.keys).union(old.records.keys).sorted().flatMap { name -> [RepositoryChange] in
      let (before, after) = (old.records[name], records[name])
      let folder = places.commonDirectory.appending("worktrees").appending(name)
      let place = (before?.worktree ?? after?.worktree).map { shellQuoted(path: $0) }
      let worktree = (before?.worktree ?? after?.worktree).map { FilePath($0) }
      guard let before else {
        return [
          RepositoryChange(
            .worktree, name, old: nil, new: worktree?.string, restore: place.map { "git worktree remove \($0)" },
            path: folder, worktree: worktree)
        ]
      }
      guard let after else {
        let branch = before.files["HEAD"]?.text.map(Self.branchOrCommit)
        let add = place.flatMap { place in branch.map { "git worktree add \(place) \(shellQuoted($0))" } }
        return [
          RepositoryChange(
            .worktree, name, old: worktree?.string, new: nil, restore: add, path: folder, worktree: worktree)
        ]
      }
      // What the user's own checkout is on is told with the checkout.
      let names = folder == places.headDirectory ? Record.names.filter { $0 != "HEAD" } : Record.names
      return names.compactMap { file in
        let (was, now) = (before.files[file]?.text, after.files[file]?.text)
        guard was != now else { return nil }
        let path = folder.appending(file)
        let target = shellQuoted(path: path.string)
        return RepositoryChange(
          .worktree, "\(name)/\(file)", old: was, new: now,
          restore: was.map { "printf '%s\\n' \(shellQuoted($0)) > \(target)" } ?? "rm \(target)", path: path,
          worktree: worktree)
      }
    }
  }

  static func branchOrCommit(_ head: String) -> String {
    head.hasPrefix("ref: refs/heads/") ? String(head.dropFirst("ref: refs/heads/".count)) : head
  }
}

extension Dictionary where Value == GuardedFile? {
  fileprivate var compacted: [Key: GuardedFile] { compactMapValues(\.self) }
}
