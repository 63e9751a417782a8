import Foundation
import HTTP
import OrchTestSupport
import SystemPackage
import Testing

@testable import Basics
@testable import Forges
@testable import GitHub
@testable import Processes

@Suite(.enabled(if: gh != nil, "gh is not installed"), .timeLimit(.minutes(5))) struct GitHubSecrecyTests {
  @Test func `neither tokens nor texts are on the command line, and all requests are REST to the host that is meant`()
    async throws
  {
    try await ForgeWorld.gitHub { world in
      let log = world.clone.scratch.path.appending("argv")
      let folder = try world.clone.scratch.makeDirectory("wrapper")
      let wrapper = folder.appending("gh").string
      let script = "#!/bin/sh\nprintf '%s\\n' \"$*\" >>'\(log)'\nexec '\(try #require(gh))' \"$@\"\n"
      try Data(script.utf8).write(to: URL(filePath: wrapper))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: wrapper)
      let forge = try world.ghClient {
        $0["PATH"] = "\(folder):\($0["PATH"] ?? "")"
        // What a user may have set that would change gh's output, or where it asks.
        $0.merge([
          "GH_DEBUG": "api", "DEBUG": "api", "GH_FORCE_TTY": "100%", "CLICOLOR_FORCE": "1", "GH_PAGER": "false",
          "PAGER": "false", "GH_HOST": "elsewhere.example", "GH_REPO": "elsewhere.example/a/b",
        ]) { $1 }
      }
      let commit = try await world.push("topic")
      var pull = try await forge.create(
        NewPullRequest(title: "secret title", body: "secret body", head: "topic", base: "main"))
      pull = try await forge.pullRequest(pull.number)
      _ = try await forge.access()
      _ = try await forge.openPullRequests(from: "topic")
      _ = try await forge.checks(of: commit)
      _ = try await forge.post(
        ReviewPost(
          decision: .comment, body: "secret review", lineComments: [], commit: commit, signature: "<!-- s -->"),
        on: pull)
      try await forge.merge(1, expecting: commit, title: "secret merge", message: "secret message")
      #expect(try await forge.pullRequest(1).state == .merged)

      let lines = try String(contentsOfFile: log.string, encoding: .utf8).split(separator: "\n")
      #expect(await world.forge.requests.count == lines.count)
      for line in lines {
        #expect(line.hasPrefix("api --hostname github.com -i -X "))
        #expect(!line.contains("secret") && !line.contains(ForgeWorld.token))
      }
      for request in await world.forge.requests {
        #expect(!request.line.contains("graphql"))
        #expect(request.headers["host"] == "api.github.com")
        #expect(request.login == "alice")
      }
    }
  }

  @Test func `a token that comes back in an answer is masked`() async throws {
    try await ForgeWorld.gitHub { world in
      let echo = "Bad \(ForgeWorld.token)\r\nand \u{1B}]0;title\u{7} more"
      await world.forge.fail(.init("GET", "/pulls", .answer(.init(418, ["message": .string(echo)]))))
      let error = try await forgeError { _ = try await world.ghClient().openPullRequests() }
      #expect(error.message.hasPrefix("cannot list the pull requests of acme/widget: Bad *** and "))
      #expect(!error.message.unicodeScalars.contains { $0.properties.generalCategory == .control })
    }
  }
}

@Suite(.timeLimit(.minutes(5))) struct GitHubAnswerTests {
  @Test(arguments: [
    ("HTTP/2.0 200 OK\nA: b\r\nDate: x:y\r\n\r\n{}", 200, "{}"), ("HTTP/1.1 204 No Content\n\r\n", 204, ""),
    ("HTTP/1.1 404\n\n\n\nbody", 404, "\n\nbody"),
  ])
  func `what gh prints is read as status, headers and body`(output: String, status: Int, body: String) throws {
    let response = try #require(GhTransport.response(in: Array(output.utf8)))
    #expect(response.status == status)
    #expect(String(decoding: response.body, as: UTF8.self) == body)
    if status == 200 { #expect(response.headers == ["a": "b", "date": "x:y"]) }
  }

  @Test(arguments: [
    "", "{}", "HTTP/1.1 200 OK", "HTTP/1.1 200 OK\nA: b\r\n", "HTTP/1.1 many\n\r\n", "HTTP/1.1 200 OK\nodd\n\n",
  ])
  func `what is not an answer is not taken for one`(output: String) {
    #expect(GhTransport.response(in: Array(output.utf8)) == nil)
  }

  @Test(arguments: [
    ("<https://h/a?page=2>; rel=\"next\", <https://h/a?page=9>; rel=\"last\"", "https://h/a?page=2"),
    ("<https://h/a,b>; rel=\"prev\", <https://h/c>; rel=\"next\"", "https://h/c"),
    ("<https://h/a>; title=\"x\"; rel=next", "https://h/a"), ("<https://h/a>; rel=\"last\"", nil), ("", nil),
    ("<https://h/a", nil),
  ])
  func `the next page is found in a Link header`(header: String, next: String?) {
    #expect(GitHubAPI.nextPage(HTTPResponse(status: 200, headers: ["Link": header])) == next)
  }
}
