import Agents
import Basics
import Forges
import Foundation
import Git
import Journal
import OrchTestSupport
import Processes
import Synchronization
import SystemPackage
import Testing

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct ReviewMergeTests {
  static let approve = ReviewTests.approve

  func world() async throws -> ReviewWorld {
    let world = try await ReviewWorld()
    try await world.set("project.testCommand", "true")
    return world
  }

  @Test func `what passes is merged by squash, and the forge is asked whether it is`() async throws {
    let world = try await world()
    let head = try await world.open(42, branch: "topic") { $0.mergeability = .unknown }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .merged)
    #expect(state[task: "pr-42"]?.mergeCommit == String(repeating: "b", count: 40))
    #expect(state.isSuccess)
    let merge = try #require(world.forge.record.withLock { $0.merges.first })
    #expect(merge.commit == head)
    #expect(merge.title == "feat: topic (#42)")
    #expect(merge.message == "* feat: topic")
    #expect(try await world.remoteTip("topic") == head)
  }

  @Test(arguments: [(PullRequest.Mergeability.mergeable, 1), (.untold, 1), (.unknown, 4)])
  func `only a forge that is still finding out is asked again`(
    mergeability: PullRequest.Mergeability, looks: Int
  ) async throws {
    let world = try await world()
    try await world.open(42, branch: "topic") { $0.mergeability = mergeability }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let before = Mutex(0)
    let state = try await world.review(42, merges: true) { entry in
      // From the approval to the beginning of the merge.
      let looked = world.forge.record.withLock { $0.looks[42] ?? 0 }
      if case .reviewPosted = entry.event { before.withLock { $0 = looked } }
      if case .mergeStarting = entry.event { before.withLock { $0 = looked - $0 } }
    }
    #expect(state[task: "pr-42"]?.status == .merged)
    #expect(before.withLock { $0 } == looks)
  }

  @Test func `a merge that the forge does not show is not a merge`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic")
    world.forge.record.withLock { $0.showsMerges = false }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .failed)
    #expect(state[task: "pr-42"]?.message == "the forge accepted the merge but does not show it as merged")
  }

  struct Obstacle: Sendable, CustomStringConvertible {
    let description: String
    let words: String
    var settings: [String: String] = [:]
    var checks: [CheckSummary] = [CheckSummary(state: .none)]
    var mergeError: ForgeError?
    var configure: @Sendable (inout PullRequest) -> Void = { _ in }
  }

  static let obstacles = [
    Obstacle(description: "draft", words: "drafts are never merged", configure: { $0.isDraft = true }),
    Obstacle(description: "no test command", words: "without tests", settings: ["project.testCommand": ""]),
    Obstacle(
      description: "failed checks", words: "checks failed: ci/build",
      checks: [CheckSummary(state: .failed, names: ["ci/build"])]),
    Obstacle(
      description: "pending checks", words: "checks are pending: ci/slow", settings: ["review.checksTimeout": "20s"],
      checks: [CheckSummary(state: .pending, names: ["ci/slow"])]),
    Obstacle(
      description: "blocked", words: "the forge does not allow it: two reviews are needed",
      configure: { $0.mergeability = .blocked("two reviews are needed") }),
    Obstacle(
      description: "refused", words: "the forge refused: not today", mergeError: ForgeError(.notMergeable, "not today")),
  ]

  @Test(arguments: obstacles)
  func `what is approved is not merged for a reason that is reported`(obstacle: Obstacle) async throws {
    let world = try await world()
    try await world.open(42, branch: "topic", configure: obstacle.configure)
    for (key, value) in obstacle.settings {
      if value.isEmpty {
        try await world.repository.git("config", "--unset", "orchestrator.\(key)")
      } else {
        try await world.set(key, value)
      }
    }
    world.forge.record.withLock {
      $0.checks = obstacle.checks
      $0.mergeError = obstacle.mergeError
    }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .approved)
    #expect(state[task: "pr-42"]?.message?.contains(obstacle.words) == true, "\(state[task: "pr-42"]?.message ?? "")")
    #expect(world.forge.record.withLock { $0.merges.count } == 0)
    #expect(!state.isSuccess)
  }

  @Test func `checks that are pending are waited for`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic")
    let pending = CheckSummary(state: .pending, names: ["ci"])
    world.forge.record.withLock { $0.checks = [pending, pending, pending, CheckSummary(state: .passed)] }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    #expect(try await world.review(42, merges: true)[task: "pr-42"]?.status == .merged)
  }

  @Test func `the checks of fixes that were just pushed are waited for although none has begun`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic")
    // Of the fixes none; of the head before them some; then they fail.
    world.forge.record.withLock {
      $0.checks = [
        CheckSummary(state: .none), CheckSummary(state: .passed), CheckSummary(state: .failed, names: ["ci"]),
      ]
    }
    try world.script(#"{"pr-42": [[\#(ReviewTests.fix), \#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .approved)
    #expect(state[task: "pr-42"]?.message == "not merged: checks failed: ci")
  }

  @Test func `conflicts are reported to the reviewer, in the review and to the user`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic", file: "a.txt", content: "theirs\n")
    try await world.repository.commit("a.txt", "ours\n", message: "feat: ours")
    try await world.repository.git("push", "--quiet", "origin", "main")
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .approved)
    let words = "conflicts with 'main' in a.txt"
    #expect(state[task: "pr-42"]?.message?.contains(words) == true)
    #expect(world.forge.posts.first?.body.contains(words) == true)
    let prompt = try #require(try world.agentRecord("pr-42", 1)["prompt"] as? String)
    #expect(prompt.contains(words))
    #expect(world.forge.record.withLock { $0.merges.count } == 0)
  }

  @Test func `a head that moves before the merge is reviewed again`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic")
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    world.forge.onLook { _, _, look in
      // After the post, before the merge.
      if look == 4 { _ = try? await world.advance("topic") }
    }
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .merged)
    let tip = try await world.remoteTip("topic")
    #expect(world.forge.posts.map(\.commit).last == tip)
    #expect(world.forge.record.withLock { $0.merges.map(\.commit) } == [tip])
  }

  @Test(arguments: [1, 2])
  func `of a stack the lower one is merged first, and the upper one is turned to its base`(jobs: Int) async throws {
    let world = try await world()
    try await world.open(41, branch: "lower")
    try await world.open(42, branch: "upper", base: "lower")
    // The lower one is the slower one.
    try world.script(
      #"{"pr-41": [[{"sleep": 0.3}, \#(Self.approve)]], "pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, 41, merges: true, jobs: jobs)
    #expect(state.tasks.map(\.header.id) == ["pr-41", "pr-42"])
    #expect(state.tasks.map(\.header.needs) == [[], ["pr-41"]])
    #expect(state.tasks.map(\.status) == [.merged, .merged], "\(state.tasks.compactMap(\.message))")
    #expect(world.forge.record.withLock { $0.merges.map(\.number) } == [41, 42])
    #expect(world.forge.record.withLock { $0.retargets.map(\.base) } == ["main"])
    #expect(state[task: "pr-42"]?.pullRequest?.base == "main")
  }

  @Test func `what builds on one that is not merged is not merged either`() async throws {
    let world = try await world()
    try await world.open(41, branch: "lower")
    try await world.open(42, branch: "upper", base: "lower")
    try world.script(#"{"pr-42": [[\#(Self.approve)]], "pr-41": [[\#(ReviewWorld.verdict("request_changes"))]]}"#)
    let both = try await world.review(41, 42, merges: true)
    #expect(both.tasks.map(\.status) == [.changesRequested, .approved])
    #expect(both[task: "pr-42"]?.message == "not merged: it builds on #41, which is not merged")
    let alone = try await world.review(42, merges: true)
    #expect(alone[task: "pr-42"]?.message == "not merged: it builds on #41, which is not merged")
  }

  // MARK: - What the merge makes

  @Test func `two that pass alone and fail together are not both merged`() async throws {
    let world = try await world()
    try await world.set("project.testCommand", "test ! -e one.txt || test ! -e two.txt")
    try await world.open(41, branch: "one")
    try await world.open(42, branch: "two")
    // The stand-in merges nothing itself.
    world.forge.onMerge { number in
      guard let tip = try? await world.remoteTip(number == 41 ? "one" : "two") else { return }
      _ = try? await world.repository.git("update-ref", "refs/heads/main", tip, in: world.origin.path)
    }
    try world.script(#"{"pr-41": [[\#(Self.approve)]], "pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(41, 42, merges: true, jobs: 2)
    #expect(state.tasks.map(\.status).filter { $0 == .merged }.count == 1)
    let other = try #require(state.tasks.first { $0.status == .approved })
    #expect(other.message?.contains("the tests fail once it is merged with 'main'") == true, "\(other.message ?? "")")
    #expect(try await world.leftovers() == [])
  }

  @Test func `a head that holds its base already is tested once`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic")
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let tests = Mutex(0)
    _ = try await world.review(42, merges: true) { entry in
      if case .testsStarting = entry.event { tests.withLock { $0 += 1 } }
    }
    #expect(tests.withLock { $0 } == 1)
  }

  // MARK: - Rules

  @Test func `checks that are to come are waited for, and their want is reported`() async throws {
    let world = try await world()
    try await world.set("review.checksTimeout", "20s")
    try await world.open(42, branch: "topic")
    world.forge.record.withLock { $0.past = PastChecks(number: 7, state: .passed) }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let none = try await world.review(42, merges: true)
    #expect(none[task: "pr-42"]?.message == "not merged: no checks have reported, although they did on #7")
    world.forge.record.withLock { $0.checks = [CheckSummary(state: .none), CheckSummary(state: .passed)] }
    #expect(try await world.review(42, merges: true)[task: "pr-42"]?.status == .merged)
  }

  @Test func `a required check that has not reported is waited for although others passed`() async throws {
    let world = try await world()
    try await world.set("review.checksTimeout", "20s")
    try await world.open(42, branch: "topic")
    world.forge.record.withLock {
      $0.rules["main"] = MergeRules(requiredChecks: ["ci", "lint"])
      $0.checks = [CheckSummary(state: .passed, reported: ["lint"])]
    }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.message == "not merged: checks are pending: ci")
  }

  @Test func `a workflow for pull requests lets checks be expected`() async throws {
    let world = try await world()
    try await world.set("review.checksTimeout", "5s")
    try await world.open(
      42, branch: "topic", file: ".github/workflows/ci.yml", content: "on:\n  pull_request:\njobs: {}\n")
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(
      state[task: "pr-42"]?.message
        == "not merged: no checks have reported, although '.github/workflows/ci.yml' is run for pull requests")
  }

  @Test func `a method that is not allowed is reported before an agent is paid, and auto takes what is`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic")
    world.forge.record.withLock { $0.rules["main"] = MergeRules(methods: [.rebase: "rebase", .merge: "merge"]) }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    try await world.set("review.mergeMethod", "squash")
    let error = await #expect(throws: RunError.self) { try await world.review(42, merges: true) }
    #expect(
      error?.description.contains("cannot be merged into 'main' by squash: acme/app allows merge and rebase") == true)
    #expect(world.agentCalls().isEmpty)
    try await world.set("review.mergeMethod", "auto")
    #expect(try await world.review(42, merges: true)[task: "pr-42"]?.status == .merged)
    #expect(world.forge.record.withLock { $0.methods } == [.merge])
  }

  @Test(arguments: [true, false]) func `what the forge merges automatically is queued`(inQueue: Bool) async throws {
    let world = try await world()
    try await world.open(42, branch: "topic") { if !inQueue { $0.mergeability = .blocked("a review is missing") } }
    world.forge.record.withLock {
      $0.rules["main"] = MergeRules(requiredApprovals: 2, needsQueue: inQueue, allowsAutoMerge: !inQueue)
    }
    try world.script(#"{"pr-42": [[\#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .queued)
    #expect(state.isSuccess)
    #expect(world.forge.record.withLock { $0.left.map(\.inQueue) } == [inQueue])
    #expect(world.forge.record.withLock { $0.merges.isEmpty })
  }

  @Test func `one that is merged already was merged, where that was wanted`() async throws {
    let world = try await world()
    try await world.open(42, branch: "topic")
    world.forge.change(42) { $0.state = .merged }
    let state = try await world.review(42, merges: true)
    #expect(state[task: "pr-42"]?.status == .merged && state.isSuccess)
    #expect(try await world.review(42)[task: "pr-42"]?.status == .skipped)
  }

  @Test func `trailers of the commits are kept`() throws {
    let messages = [
      "feat: two\n\nFixes the tests\nCo-authored-by: A <a@example.com>\nSigned-off-by: B <b@example.com>\n",
      "feat: one\n\nCloses #12\nFixes: acme/app#3, #4\n\nCo-Authored-By: A <a@example.com>\n",
    ]
    let id = try #require(ObjectID(String(repeating: "a", count: 40)))
    let commits = [Commit(id: id, summary: "feat: two"), Commit(id: id, summary: "feat: one")]
    #expect(
      ReviewText.mergeMessage(commits, messages: messages, secrets: Secrets(environment: [:]))
        == """
        * feat: one
        * feat: two

        Closes #12
        Fixes: acme/app#3, #4
        Co-Authored-By: A <a@example.com>
        Signed-off-by: B <b@example.com>
        """)
  }
}
