import Basics
package import Git
import Platform
import SystemPackage

extension GitCommand {
  /// Makes the remote's branches of the same names the upstreams of local ones, except of those that have an upstream.
  /// Failing to is no failure of anything: upstreams are a convenience.
  ///
  /// All of them by one change of the configuration file: each change lets everybody who watches the file read it again,
  /// and git, asked once for each, would write the whole file as often.
  /// - Parameter rebases: whether `git pull` is to rebase them, as `branch.autoSetupRebase` may say.
  package func setUpstreams(of branches: [String], to remote: String, rebases: Bool = false) async {
    let branches = branches.filter { BranchName.isValid($0) }
    guard !branches.isEmpty, !remote.contains(where: { $0.isNewline || $0 == "\0" }) else { return }
    do throws(GitError) {
      let (directory, environment) = (directory, environment)
      let common = try await offPool { () throws(GitError) in
        try Repository.commonDirectory(around: directory, environment: environment)
      }
      // Ours wait for each other, and for everybody else's for a second: git's own lock makes the loser give up at once.
      try await FileLock("config", in: common).withLock { () async throws(GitError) in
        _ = await offPool { StaleLocks.clearConfiguration(commonDirectory: common) }
        for _ in 0..<50 {
          let isDone = try await offPool { () throws(GitError) in
            let repository = try Repository.discover(from: directory, environment: environment)
            return try repository.addUpstreams(of: branches, to: remote, rebases: rebases)
          }
          if isDone { return }
          do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
        }
      }
    } catch {
      // What was to be delivered is.
    }
  }
}

extension Repository {
  /// - Returns: false when somebody else is changing the configuration.
  fileprivate func addUpstreams(of branches: [String], to remote: String, rebases: Bool) throws(GitError) -> Bool {
    let known = Set(
      try configurationEntries { $0.hasPrefix("branch.") && $0.hasSuffix(".remote") }
        .map { $0.key.dropFirst("branch.".count).dropLast(".remote".count) })
    let missing = branches.filter { !known.contains($0[...]) }
    guard !missing.isEmpty else { return true }
    // As git does it: what is linked to is written, not the link.
    let path = FilePath("\(commonFolder)/config")
    let file = path.realPath ?? path
    let lock = FilePath("\(file).lock")
    let descriptor: FileDescriptor
    do {
      let mode =
        FileStamp(file).map { FilePermissions(rawValue: CModeT($0.mode & 0o777)) } ?? FilePermissions(rawValue: 0o644)
      descriptor = try FileDescriptor.open(
        lock, .writeOnly, options: [.create, .exclusiveCreate, .closeOnExec], permissions: mode)
    } catch {
      if let errno = error as? Errno, errno == .fileExists { return false }
      throw GitError(errno: error as? Errno, "cannot lock '\(file)'")
    }
    do {
      defer { try? descriptor.close() }
      var bytes = try file.readBytes(limit: 256 << 20, .regularOnly)
      if let last = bytes.last, last != UInt8(ascii: "\n") { bytes.append(UInt8(ascii: "\n")) }
      for branch in missing { bytes += Self.section(of: branch, to: remote, rebases: rebases).utf8 }
      try descriptor.writeAll(bytes)
      // Its end may be that of the machine: the whole configuration is in this file.
      guard platform_sync(descriptor.rawValue) == 0 else { throw Errno(rawValue: errno) }
    } catch {
      lock.removeFile()
      throw GitError(errno: error as? Errno, "cannot write '\(file)'")
    }
    try lock.move(to: file)
    return true
  }

  /// As `git branch --set-upstream-to` writes it.
  private static func section(of branch: String, to remote: String, rebases: Bool) -> String {
    "[branch \"\(escaped(branch))\"]\n\tremote = \(value(remote))\n\tmerge = \(value("refs/heads/\(branch)"))\n"
      + (rebases ? "\trebase = true\n" : "")
  }

  private static func value(_ text: String) -> String {
    let isPlain = text.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "-")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "_")
    }
    return isPlain ? text : "\"\(escaped(text))\""
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
