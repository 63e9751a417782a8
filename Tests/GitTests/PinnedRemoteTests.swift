import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Git
@testable import Remotes

/// A remote that somebody turns elsewhere while a run lasts.
@Suite(.timeLimit(.minutes(3))) struct PinnedRemoteTests {
  /// What is planted, with `EVIL` for another repository and `ORIGIN` for the remote's URL.
  static let planted: [[String]] = [
    ["url.EVIL.insteadOf", "ORIGIN"], ["url.EVIL.pushInsteadOf", "ORIGIN"], ["url.EVIL.pushInsteadOf", ""],
    ["remote.origin.url", "EVIL"], ["remote.origin.pushurl", "EVIL"], ["remote.origin.vcs", "evil"],
    ["remote.origin.receivepack", "false"], ["remote.origin.uploadpack", "false"],
  ]

  @Test(arguments: planted)
  func `pushes, fetches and questions go where the remote was when the run began`(planted: [String]) async throws {
    let (made, origin) = try await TemporaryRepository.withCommitAndRemote()
    let evil = made.scratch.path.appending("evil.git")
    try await made.git("init", "--quiet", "--bare", evil.string)
    let listing = try await made.git("config", "--list", "--local", "-z")
    let entries = listing.split(separator: "\0").map { record in
      let parts = record.split(separator: "\n", maxSplits: 1).map(String.init)
      return FrozenConfiguration.Entry(key: parts[0], value: parts.count > 1 ? parts[1] : nil)
    }
    let guarding = GitGuard(
      configuration: FrozenConfiguration(
        entries: entries, files: [made.path.appending(".git/config")], environment: made.environment))
    let words = planted.map { $0.replacing("EVIL", with: evil.string).replacing("ORIGIN", with: origin.path.string) }
    try await made.git(["config", "--replace-all"] + words)

    let tip = try #require(ObjectID(try await made.commit("new.txt", "x\n", message: "new")))
    let git = made.command()
    try await GitGuard.$current.withValue(guarding) {
      #expect(try await git.push(remote: "origin", branch: "topic", tip: tip, setsUpstream: false) == .pushed)
      #expect(try await git.remoteTip(remote: "origin", branch: "topic") == tip)
      #expect(try await git.remoteBranches(remote: "origin", named: ["topic"]) == ["topic": tip])
      try await git.fetch(remote: "origin", branch: "main")
    }
    #expect(try await made.git("rev-parse", "refs/heads/topic", in: origin.path) == "\(tip)")
    #expect(try await made.git("for-each-ref", in: evil) == "")
    // It is seen under the name that it has.
    #expect(try await made.git("rev-parse", "refs/remotes/origin/topic") == "\(tip)")
  }
}
