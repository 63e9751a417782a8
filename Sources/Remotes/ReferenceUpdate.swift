import Basics
package import Git
import Processes
package import SystemPackage

/// A reference, or a remote's branch, that is to be moved if it is where it is expected.
package struct ReferenceUpdate: Sendable, Equatable {
  /// The full name.
  package let name: String
  /// nil when it must not exist.
  package let before: ObjectID?
  /// nil for one that is to be deleted.
  package let after: ObjectID?

  package init(_ name: String, from before: ObjectID?, to after: ObjectID?) {
    self.name = name
    self.before = before
    self.after = after
  }
}

extension GitCommand {
  /// Moves all of these references, or none when one of them is not where it is expected.
  /// - Throws: `.commandFailed` with git's words.
  package func updateReferences(_ updates: [ReferenceUpdate], message: String) async throws(GitError) {
    guard !updates.isEmpty else { return }
    var lines = ["start"]
    for update in updates {
      let before = update.before?.description ?? ObjectID.zeros
      lines.append(
        update.after.map { "update \(update.name) \($0) \(before)" } ?? "delete \(update.name) \(before)")
    }
    lines += ["prepare", "commit"]
    try await require(
      .recording, ["update-ref", "-m", message, "--stdin"], input: Array((lines.joined(separator: "\n") + "\n").utf8))
  }

  /// Moves all of these branches of the remote, or none when one of them is not where it is expected.
  /// - Parameters:
  ///   - hooks: nil for none, as for what is taken back, which had passed them.
  ///   - isRehearsal: only asks whether it could be done, as far as that can be told.
  /// - Returns: why it was not done, in git's words; nil when it was.
  /// - Throws: `.timedOut`, `.cancelled` or `.gitMissing`.
  package func push(
    _ updates: [ReferenceUpdate], to remote: String, hooks: FilePath? = nil, isRehearsal: Bool = false,
    timeout: Duration? = .seconds(600)
  ) async throws(GitError) -> String? {
    guard !updates.isEmpty else { return nil }
    let pinned = try await pinnedRemote(remote)
    let leases = updates.map { "--force-with-lease=\($0.name):\($0.before?.description ?? "")" }
    let output = try await run(
      .pushing(hooks: hooks),
      ["push", "--porcelain", "--atomic", "--no-follow-tags"] + (isRehearsal ? ["--dry-run"] : []) + leases
        + ["--", pinned.name] + updates.map { "\($0.after?.description ?? ""):\($0.name)" },
      timeout: timeout, configuration: pinned.configuration)
    if output.isSuccess { return nil }
    let refused = output.text.split(separator: "\n").filter { $0.hasPrefix("!") && !$0.contains("atomic push") }
    return (refused.map { String($0).replacing("\t", with: " ") } + [output.pushComplaint]).joined(separator: "\n")
  }

  /// Gives a key of the repository's own configuration another value, if it has the one that is expected.
  /// - Returns: whether it had.
  package func changeConfiguration(
    _ key: String, from before: String?, to after: String?
  ) async throws(GitError) -> Bool {
    let (directory, environment) = (directory, environment)
    let common = try await offPool { () throws(GitError) in
      try Repository.commonDirectory(around: directory, environment: environment)
    }
    return try await FileLock("config", in: common).withLock { () async throws(GitError) in
      let present = try await run(.configuring, ["config", "--local", "--get-all", key])
      let values = present.isSuccess ? present.text.split(separator: "\n").map(String.init) : []
      guard values == [before].compactMap(\.self) else { return false }
      switch (before, after) {
      case (let before?, nil):
        try await require(.configuring, ["config", "--local", "--fixed-value", "--unset", key, before])
      case (_, let after?):
        try await require(.configuring, ["config", "--local", key, after])
      case (nil, nil): break
      }
      return true
    }
  }

  /// The values of keys of the repository's own configuration; those that it does not have are missing.
  package func localConfiguration(_ keys: Set<String>) async throws(GitError) -> [String: String] {
    guard !keys.isEmpty else { return [:] }
    let output = try await require(.configuring, ["config", "--local", "--list", "--null"])
    var values: [String: String] = [:]
    for record in output.records {
      let parts = record.split(separator: "\n", maxSplits: 1, omittingEmptySubsequences: false)
      guard let key = parts.first.map(String.init), keys.contains(key) else { continue }
      values[key] = parts.count > 1 ? String(parts[1]) : "true"
    }
    return values
  }

  /// Writes a file's bytes into the database; returns its id.
  package func storeBlob(_ bytes: [UInt8]) async throws(GitError) -> ObjectID {
    let output = try await require(.saving, ["hash-object", "-w", "--no-filters", "--stdin"], input: bytes)
    guard let id = ObjectID(output.text) else { throw GitError(.other, "cannot read the id of a blob") }
    return id
  }

  /// The bytes of a blob.
  package func blob(_ id: ObjectID) async throws(GitError) -> [UInt8] {
    Array(try await require(.reading, ["cat-file", "blob", "\(id)"]).bytes)
  }
}
