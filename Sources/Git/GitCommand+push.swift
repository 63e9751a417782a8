import Basics
import Processes

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
  /// - Throws: `.timedOut`, `.cancelled` or `.gitMissing`; what git answers is a result.
  package func push(
    remote: String, branch: String, tip: ObjectID, expecting: ObjectID? = nil, setsUpstream: Bool = true,
    timeout: Duration? = .seconds(600)
  ) async throws(GitError) -> PushResult {
    let hooks = try await offPool { [directory, environment] () throws(GitError) in
      try Repository.discover(from: directory, environment: environment).hooks()
    }
    let pinned = try await pinnedRemote(remote)
    let lease = expecting.map { ["--force-with-lease=refs/heads/\(branch):\($0)"] } ?? []
    let output = try await run(
      .pushing(hooks: hooks),
      ["push", "--porcelain", "--no-follow-tags"] + lease + ["--", pinned.name, "\(tip):refs/heads/\(branch)"],
      timeout: timeout, configuration: pinned.configuration)
    let result = Self.pushResult(output, branch: branch)
    if setsUpstream, result == .pushed || result == .upToDate { await setUpstream(of: branch, to: remote) }
    return result
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
          return .failed(message: "\(parts[2])\n\(output.complaint)")
        }
        return .rejected(reason: String(reason))
      case "=": return .upToDate
      // The line comes before the remote's last word.
      case _ where output.isSuccess: return .pushed
      default: break
      }
    }
    return output.isSuccess ? .pushed : .failed(message: output.complaint)
  }

  /// Two pushes at once would race for the lock of the configuration file, where the loser gives up at once: ours wait
  /// for each other, and for everybody else's for a second.
  private func setUpstream(of branch: String, to remote: String) async {
    do throws(GitError) {
      let directory = self.directory
      let environment = self.environment
      let common = try await offPool { () throws(GitError) in
        try Repository.commonDirectory(around: directory, environment: environment)
      }
      try await FileLock("config", in: common).withLock { () async throws(GitError) in
        let known = try await offPool { () throws(GitError) in
          try Repository.discover(from: directory, environment: environment)
            .configurationValue("branch.\(branch).remote")
        }
        guard known == nil else { return }
        _ = await offPool { StaleLocks.clearConfiguration(commonDirectory: common) }
        // What the push has just written; a remote without a fetch refspec leaves none, and its keys are set as they are.
        let tracking = ["branch", "--quiet", "--set-upstream-to=refs/remotes/\(remote)/\(branch)", branch]
        if try await run(.recording, tracking).isSuccess { return }
        for (key, value) in [("remote", remote), ("merge", "refs/heads/\(branch)")] {
          for _ in 0..<50 {
            let output = try await run(.configuring, ["config", "--local", "branch.\(branch).\(key)", value])
            guard !output.isSuccess, output.standardError.contains("could not lock") else { break }
            do { try await Task.sleep(for: .milliseconds(20)) } catch { return }
          }
        }
      }
    } catch {
      // The upstream is a convenience; the push itself is done.
    }
  }
}
