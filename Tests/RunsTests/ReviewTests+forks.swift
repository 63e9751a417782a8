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

/// Pull requests of forks.
extension ReviewTests {
  @Test func `of a fork nothing secret is shown, and its fixes come as a patch`() async throws {
    let world = try await ReviewWorld(environment: ["GH_TOKEN": "secret-token", "BITBUCKET_API_TOKEN": "other-secret"])
    try await world.repository.commit(".gitignore", ".env\n", message: "ignore")
    try await world.repository.git("push", "--quiet", "origin", "main")
    try world.repository.write(".env", "PASSWORD=x\n")
    let head = try await world.open(42, branch: "topic") {
      $0.isFromFork = true
      $0.head.repository = "mallory/app"
      $0.head.reference = "refs/pull/42/head"
    }
    try await world.repository.git("update-ref", "refs/pull/42/head", head, in: world.origin.path)
    try await world.repository.git("update-ref", "-d", "refs/heads/topic", in: world.origin.path)
    try await world.set("project.testCommand", "test -z \"$GH_TOKEN$BITBUCKET_API_TOKEN\" && ! test -e .env")
    try await world.set("mcps.enabled", "forge,docs")
    try await world.set("mcp.forge.command", "sh")
    try await world.set("mcp.forge.env", "BITBUCKET_API_TOKEN")
    try await world.set("mcp.docs.command", "sh")
    try world.script(#"{"pr-42": [[\#(Self.fix), \#(Self.approve)]]}"#)
    let state = try await world.review(42, merges: true)
    let task = try #require(state[task: "pr-42"])
    #expect(task.tests?.passed == true)
    #expect(task.status == .changesRequested)
    let arguments = try #require(try world.agentRecord("pr-42", 1)["arguments"] as? [String])
    let servers = try #require(arguments.first { $0.hasPrefix("--mcp-config=") })
    #expect(servers.contains(#""docs":"#) && !servers.contains(#""forge":"#))
    let environment = try #require(try world.agentRecord("pr-42", 1)["environment"] as? [String: String])
    #expect(environment["GH_TOKEN"] == nil)
    #expect(environment["BITBUCKET_API_TOKEN"] == nil)
    let prompt = try #require(try world.agentRecord("pr-42", 1)["prompt"] as? String)
    #expect(prompt.contains("Change nothing and commit nothing"))
    #expect(world.forge.posts.first?.body.contains("+fixed") == true)
  }

  @Test func `a fork that the remote does not have cannot be reviewed, and what to do is said`() async throws {
    let world = try await ReviewWorld()
    try await world.open(42, branch: "topic") {
      $0.isFromFork = true
      $0.head.repository = "mallory/app"
      $0.head.reference = nil
    }
    let state = try await world.review(42)
    #expect(state[task: "pr-42"]?.status == .failed)
    #expect(state[task: "pr-42"]?.message?.contains("'mallory/app'") == true)
    #expect(state[task: "pr-42"]?.advice.isEmpty == false)
    #expect(world.agentCalls() == [])
  }
}
