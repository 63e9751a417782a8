import Basics
import Foundation
import HTTP
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import GitHub

/// Tests of commands call another `gh` for its speed: it answers as the real one does.
@Suite(.enabled(if: gh != nil, "gh is not installed"), .timeLimit(.minutes(5))) struct StandInGhTests {
  private struct Said: Equatable {
    var status: Int32
    var response: Int?
    var headers: [String: String]
    var body: String
    var complains: Bool
  }

  private func say(
    _ program: FilePath, _ world: ForgeWorld, _ arguments: [String], input: String?, _ variables: [String: String?]
  ) async throws -> Said {
    var environment = world.clone.environment.merging(
      try world.forge.configureGh(in: world.clone.scratch.path.appending("gh"), token: ForgeWorld.token)
    ) { $1 }
    environment["GIT_ORCH_TEST_GH"] = try #require(gh).string
    for (name, value) in variables { environment[name] = value }
    let output = try await Invocation(
      executable: program, arguments: arguments, environment: environment, directory: world.clone.scratch.path
    ).run(input: input.map { Array($0.utf8) }, timeout: .seconds(60))
    let response = GhTransport.response(in: output.standardOutput)
    var headers = response?.headers ?? [:]
    // Of this exchange alone.
    for name in ["date", "connection"] { headers[name] = nil }
    return Said(
      status: output.status, response: response?.status, headers: headers,
      body: response.map { String(decoding: $0.body, as: UTF8.self) } ?? "",
      complains: !output.standardError.isEmpty)
  }

  @Test(
    arguments: [
      (["GET", "repos/acme/widget"], nil, [:]),
      (["GET", "repos/acme/widget/pulls?state=open&per_page=100"], nil, [:]),
      (["GET", "repos/acme/nothing"], nil, [:]),
      (["PATCH", "repos/acme/widget/pulls/1"], #"{"title": "Ünïcode"}"#, [:]),
      (["POST", "repos/acme/widget/pulls"], #"{"title": "T", "head": "gone", "base": "main"}"#, [:]),
      (["POST", "repos/acme/widget/pulls"], "{", [:]),
      (["GET", "user"], nil, ["GH_TOKEN": "wrong"]),
      (["GET", "user"], nil, ["GH_TOKEN": nil]),
      (["GET", "user"], nil, ["GH_CONFIG_DIR": nil, "GH_TOKEN": nil]),
    ] as [([String], String?, [String: String?])])
  func `it answers as the real one`(call: [String], input: String?, variables: [String: String?]) async throws {
    try await ForgeWorld.with(.gitHub) { world in
      try await world.push("topic")
      try await world.forge.open(title: "T", body: "B", head: "topic", base: "main", author: "alice")
      let arguments =
        ["api", "--hostname", "github.com", "-i", "-X"] + call + (input == nil ? [] : ["--input", "/dev/stdin"])
      let quick = FilePath("\(BuiltPrograms.folder)/stand-in-gh")
      let real = try await say(try #require(gh), world, arguments, input: input, variables)
      let said = try await say(quick, world, arguments, input: input, variables)
      #expect(said == real)
    }
  }
}
