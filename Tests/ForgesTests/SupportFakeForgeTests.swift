import Basics
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

let gh = ExecutableSearch(ProcessInfo.processInfo.environment).locate("gh")

/// The real `gh` against the forge of the tests, without any code of ours in between.
@Suite(.enabled(if: gh != nil, "gh is not installed"), .timeLimit(.minutes(5))) struct SupportFakeForgeTests {
  private func api(
    _ world: ForgeWorld, _ arguments: String..., token: String? = ForgeWorld.token, input: String? = nil
  ) async throws -> ProcessOutput {
    let variables = try world.forge.configureGh(in: world.clone.scratch.path.appending("gh"), token: token)
    return try await Invocation(
      executable: try #require(gh), arguments: ["api", "--hostname", "github.com", "-i"] + arguments,
      environment: world.clone.environment.merging(variables) { $1 }, directory: world.clone.scratch.path
    ).run(input: input.map { Array($0.utf8) }, timeout: .seconds(60))
  }

  private func text(_ output: ProcessOutput) -> String { String(decoding: output.standardOutput, as: UTF8.self) }

  @Test func `a pull request is opened, follows its branch, and is merged by squash in the repository`() async throws {
    try await ForgeWorld.with(.gitHub) { world in
      let head = try await world.push("topic")
      let new = #"{"title": "T", "body": "B", "head": "topic", "base": "main"}"#
      let opened = try await api(
        world, "-X", "POST", "repos/acme/widget/pulls", "--input", "-", input: new)
      #expect(text(opened).hasPrefix("HTTP/1.1 201 Created"))
      #expect(text(opened).contains(head))
      #expect(try await world.commit("refs/pull/1/head") == head)

      let again = try await api(
        world, "-X", "POST", "repos/acme/widget/pulls", "--input", "-", input: new)
      #expect(again.status == 1)
      #expect(text(again).contains("A pull request already exists for acme:topic."))

      let pushed = try await world.push("topic", "two\n")
      #expect(try await world.commit("refs/pull/1/head") == pushed)
      let merge = #"{"sha": "SHA", "merge_method": "squash", "commit_title": "T (#1)", "commit_message": "why"}"#
      let late = try await api(
        world, "-X", "PUT", "repos/acme/widget/pulls/1/merge", "--input", "-",
        input: merge.replacing("SHA", with: head))
      #expect(text(late).contains("409 Conflict"))
      let merged = try await api(
        world, "-X", "PUT", "repos/acme/widget/pulls/1/merge", "--input", "-",
        input: merge.replacing("SHA", with: pushed))
      #expect(text(merged).contains(#""merged":true"#))
      #expect(try await world.clone.git("log", "-1", "--format=%B", "main", in: world.bare) == "T (#1)\n\nwhy")
      #expect(try await world.forge.pullRequest(1)?.state == .merged)

      try await world.clone.git("push", "--quiet", "--delete", "origin", "topic")
      #expect(try await world.commit("refs/pull/1/head") == pushed)
    }
  }
}
