import Basics
package import Git
import Processes
import SystemPackage

/// What came of a push.
package enum PushResult: Sendable, Equatable {
  case pushed
  /// The remote's branch was at the commit already.
  case upToDate
  /// The remote's branch holds something else, which the push would have thrown away (`fetch first`,
  /// `non-fast-forward`, `stale info`).
  case rejected(reason: String)
  /// A hook or the remote refused, or the remote was not reached: git's own words and those of hooks.
  case failed(message: String)
}

extension GitCommand {
  /// Pushes exactly `tip` to the remote's branch: no tags, no other branch. Hooks are run.
  ///
  /// Afterwards the remote's branch is made the upstream of the local one of that name, unless that has an upstream or
  /// `setsUpstream` is false. Failing to is no failure of the push.
  ///
  /// `expecting` is the commit the remote's branch must be at for it to be overwritten (`--force-with-lease`); without
  /// it the push is a plain one, and only a fast-forward or a new branch passes. `timeout` includes the hooks' time.
  /// `pushURL` is the remote's ``Remote/separatePushURL``.
  ///
  /// A push that failed, or was not done in time, may have arrived all the same: another one that was killed had brought
  /// it there, or the connection broke before the answer. So the remote is asked, and has the last word.
  /// - Throws: `.timedOut`, `.cancelled` or `.gitMissing`; what git answers is a result.
  package func push(
    remote: String, branch: String, tip: ObjectID, expecting: ObjectID? = nil, setsUpstream: Bool = true,
    pushURL: String? = nil, timeout: Duration? = .seconds(600)
  ) async throws(GitError) -> PushResult {
    let hooks = try await offPool { [directory, environment] () throws(GitError) in
      try Repository.hooks(around: directory, environment: environment)
    }
    let pinned = try await pinnedRemote(remote)
    let lease = expecting.map { ["--force-with-lease=refs/heads/\(branch):\($0)"] } ?? []
    let result: PushResult
    do throws(GitError) {
      let output = try await run(
        .pushing(hooks: hooks),
        ["push", "--porcelain", "--no-follow-tags"] + lease + ["--", pinned.name, "\(tip):refs/heads/\(branch)"],
        timeout: timeout, configuration: pinned.configuration)
      result = await hasArrived(Self.pushResult(output, branch: branch), tip, on: branch, of: remote, pushURL)
    } catch {
      guard error.code == .timedOut, await isAt(tip, branch, of: remote, pushURL) else { throw error }
      result = .upToDate
    }
    if setsUpstream, result == .pushed || result == .upToDate { await setUpstreams(of: [branch], to: remote) }
    return result
  }

  /// Asks the remote whether it would let us push, without pushing anything.
  /// - Returns: git's words when it would not; nil when it would, or refuses for what the branch holds over there.
  package func pushFault(
    remote: String, branch: String, tip: ObjectID, timeout: Duration? = .seconds(60)
  ) async throws(GitError) -> String? {
    let pinned = try await pinnedRemote(remote)
    let output = try await run(
      .pushing(hooks: nil),
      [
        "push", "--dry-run", "--no-verify", "--porcelain", "--no-follow-tags", "--", pinned.name,
        "\(tip):refs/heads/\(branch)",
      ], timeout: timeout, configuration: pinned.configuration)
    if output.isSuccess || output.text.contains("[rejected]") { return nil }
    return output.complaint
  }

  /// Pushes commits to new or forwarded branches of the remote in one exchange, and asks it in another where they are.
  /// - Returns: the branches that it shows at their commits; none where a hook wants to see each push.
  package func pushTogether(
    _ branches: [(branch: String, tip: ObjectID)], to remote: String, pushURL: String? = nil,
    timeout: Duration? = .seconds(600)
  ) async throws(GitError) -> Set<String> {
    let hooks = try await offPool { [directory, environment] () throws(GitError) in
      try Repository.hooks(around: directory, environment: environment)
    }
    guard hooks?.appending("pre-push").exists != true else { return [] }
    let pinned = try await pinnedRemote(remote)
    try await run(
      .pushing(hooks: hooks),
      ["push", "--porcelain", "--no-follow-tags", "--", pinned.name]
        + branches.map { "\($0.tip):refs/heads/\($0.branch)" },
      timeout: timeout, configuration: pinned.configuration)
    let shown = try await remoteBranches(remote: remote, named: branches.map(\.branch), pushURL: pushURL)
    return Set(branches.filter { shown[$0.branch] == $0.tip }.map(\.branch))
  }

  private func hasArrived(
    _ result: PushResult, _ tip: ObjectID, on branch: String, of remote: String, _ pushURL: String?
  ) async -> PushResult {
    switch result {
    case .pushed, .upToDate: return result
    case .rejected(let words), .failed(let words):
      // The end of a push that was killed may still hold the branch over there.
      let isBusy = ["cannot lock ref", "reference already exists", "failed to update ref"].contains {
        words.contains($0)
      }
      for round in 0..<(isBusy ? 5 : 1) {
        if round > 0 { do { try await Task.sleep(for: .seconds(1)) } catch { break } }
        if await isAt(tip, branch, of: remote, pushURL) { return .upToDate }
      }
      return result
    }
  }

  private func isAt(_ tip: ObjectID, _ branch: String, of remote: String, _ pushURL: String?) async -> Bool {
    let theirs = try? await remoteTip(remote: remote, branch: branch, pushURL: pushURL, timeout: .seconds(30))
    return theirs.flatMap(\.self) == tip
  }

  /// Reads `<flag>\t<from>:<to>\t<summary> (<reason>)`, the line of `git push --porcelain` for our branch.
  static func pushResult(_ output: GitOutput, branch: String) -> PushResult {
    for line in output.text.split(separator: "\n") {
      let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard parts.count == 3, parts[1].hasSuffix(":refs/heads/\(branch)") else { continue }
      switch parts[0] {
      case "!":
        let reason = parts[2].split(separator: "(", maxSplits: 1).last.map { $0.hasSuffix(")") ? $0.dropLast() : $0 }
        guard parts[2].hasPrefix("[rejected]"), let reason else {
          return .failed(message: "\(parts[2])\n\(output.pushComplaint)")
        }
        return .rejected(reason: String(reason))
      case "=": return .upToDate
      // The line comes before the remote's last word.
      case _ where output.isSuccess: return .pushed
      default: break
      }
    }
    return output.isSuccess ? .pushed : .failed(message: output.pushComplaint)
  }
}

extension GitOutput {
  /// The complaint of `git push --porcelain`, after what a hook said: on standard output, among git's own lines.
  var pushComplaint: String {
    let hook = text.split(separator: "\n").filter { line in
      !line.contains("\t") && !line.hasPrefix("To ") && line != "Done"
    }
    return (hook.suffix(20).map(String.init) + [complaint]).joined(separator: "\n")
  }
}
