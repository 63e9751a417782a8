import Basics
import Bitbucket
import Forges
import Foundation
import GitHub
import HTTP
import OrchTestSupport
import Synchronization
import SystemPackage

extension FuzzTarget {
  static let gitHub = FuzzTarget(name: "github", seeds: { _ in Seeds.gitHubAnswers }) { input, random in
    try await ask(input, &random) { policy, send in
      GitHubForge(
        site: ForgeRepository(kind: .gitHub, host: "github.com", owner: "acme", repository: "widget"),
        environment: ["GH_TOKEN": secret], directory: "/", retryPolicy: policy, send: send)
    }
  }

  static let bitbucket = FuzzTarget(name: "bitbucket", seeds: { _ in Seeds.bitbucketAnswers }) { input, random in
    try await ask(input, &random) { policy, send in
      try BitbucketForge(
        site: ForgeRepository(kind: .bitbucket, host: "bitbucket.org", owner: "acme", repository: "widget"),
        environment: ["BITBUCKET_EMAIL": "alice@example.com", "BITBUCKET_API_TOKEN": secret], retryPolicy: policy,
        send: send)
    }
  }

  private static let secret = "ATATT-0123456789-secret"
  private static let commit = String(repeating: "0123456789", count: 4)

  /// The longest that anybody is to wait for anybody.
  private static let longestPause = Duration.seconds(8 * 86_400)

  /// Asks the forge for everything, with the input's answers again and again.
  private static func ask(
    _ input: [UInt8], _ random: inout SeededRandom,
    _ make: (ForgeRetryPolicy, @escaping HTTPSend) throws -> any Forge
  ) async throws {
    let answers = ForgeAnswer.all(in: input)
    let requests = Mutex(0)
    let waits = Mutex<[Duration]>([])
    let policy = ForgeRetryPolicy(
      wait: { duration, _, _ in waits.withLock { $0.append(duration) } })
    let forge = try make(policy) { _ in
      let number = requests.withLock { number in
        number += 1
        return number - 1
      }
      let answer = answers[number % answers.count]
      return HTTPResponse(status: answer.status, headers: answer.headers, body: Data(answer.body))
    }
    let changes: [@Sendable () async throws -> Void] = [
      { _ = try await forge.access() }, { try await check(forge.openPullRequests()) },
      { try await check(forge.openPullRequests(from: "topic")) }, { try await check([forge.pullRequest(7)]) },
      { _ = try await forge.checks(of: commit) }, { try await check([forge.retarget(7, to: "main")]) },
      { try await forge.merge(7, expecting: commit, title: "t", message: "m") },
      {
        let opened = try await forge.openOnce(
          NewPullRequest(title: "t", body: "b", head: "topic", base: "main"), retryPolicy: policy)
        try check([opened.pullRequest])
      },
      {
        let post = ReviewPost(
          decision: .approve, body: "text", lineComments: [.init(path: "src/a.py", line: 11, body: "x")],
          commit: commit,
          signature: "git-orch review x")
        _ = try await forge.post(post, on: try await forge.pullRequest(7))
      },
    ]
    // All would be nine times as long an input.
    for _ in 0..<3 {
      guard let change = random.pick(changes) else { return }
      do {
        try await change()
      } catch let error as ForgeError {
        let text = ([error.message] + error.hints).joined(separator: "\n")
        try checkShown(text: text, "a forge's error")
        if text.contains(secret) { throw Violation("a forge's error holds the token") }
      }
    }
    if requests.withLock({ $0 }) > 3000 { throw Violation("\(requests.withLock { $0 }) requests for three questions") }
    for wait in waits.withLock({ $0 }) where wait < .zero || wait > longestPause {
      throw Violation("a wait of \(wait) for a forge")
    }
  }

  private static func check(_ pullRequests: [PullRequest]) throws {
    for pullRequest in pullRequests where pullRequest.number <= 0 {
      throw Violation("a pull request has the number \(pullRequest.number)")
    }
  }
}
