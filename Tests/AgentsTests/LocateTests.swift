import Agents
import Basics
import ClaudeCode
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct LocateTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func locate(_ command: String, path: String? = nil, limit: Duration = .seconds(60)) async throws(AgentError)
    -> ClaudeCode
  {
    var environment = scratch.environment
    environment["PATH"] = path ?? "/nosuch:\(scratch.path)/run:/usr/bin:/bin"
    return try await ClaudeCode.locate(
      program: AgentProgram(command: command), environment: environment, timeLimit: limit)
  }

  private func error(_ command: String, limit: Duration = .seconds(60)) async -> String {
    do {
      return "found \(try await locate(command, limit: limit))"
    } catch {
      return error.description
    }
  }

  @Test func `a path and a name on PATH are found, with their version`() async throws {
    let byPath = try await locate(scriptedAgent.string)
    #expect(byPath.executable == scriptedAgent)
    #expect(byPath.version == "2.1.330")
    let script = try scratch.write("my-claude", "#!/bin/sh\necho '2.1.0 (Claude Code)'\n", executable: true)
    let byName = try await locate("my-claude")
    #expect(byName.executable == script)
    #expect(byName.version == "2.1.0")
  }

  @Test func `what is not there, or no program, is reported with the setting`() async throws {
    #expect(
      await error("nosuch-claude")
        == "'nosuch-claude' not found; install Claude Code, or name its program with 'git config orchestrator.agent.command PATH'"
    )
    #expect(await error("/nosuch/claude").hasPrefix("'/nosuch/claude' not found"))
    #expect(await error("").hasPrefix("'' not found"))
    let file = try scratch.write("not-a-program", "text")
    #expect(await error("not-a-program").hasPrefix("'\(file)' is not an executable file"))
    #expect(await error(scratch.work.string).hasPrefix("'\(scratch.work)' is not an executable file"))
  }

  @Test(arguments: [
    ("echo '2.0.76 (Claude Code)'", "is version 2.0.76, and 2.1.0 or newer is needed"),
    ("echo '1.9 (Claude Code)'", "is version 1.9, and 2.1.0 or newer is needed"),
    ("echo 'git version 2.39'", "printed 'git version 2.39'"), ("true", "printed nothing"),
    ("echo oops >&2; exit 3", "failed (exit status 3: oops)"),
  ]) func `a program of another kind is refused`(script: String, message: String) async throws {
    let file = try scratch.write("odd-claude", "#!/bin/sh\n\(script)\n", executable: true)
    let error = await error("odd-claude")
    #expect(error.hasPrefix("'\(file)' "))
    #expect(error.contains(message))
  }

  @Test func `a program that never answers is ended with all it started`() async throws {
    let pid = scratch.file("pid")
    try scratch.write(
      "slow-claude", "#!/bin/sh\n(trap '' TERM; exec sleep 600) &\necho $! > \(pid)\nwait\n", executable: true)
    #expect(await error("slow-claude", limit: .seconds(5)).contains("did not answer within 5 s"))
    let child = try #require(Int32(try scratch.read("pid").trimmingCharacters(in: .newlines)))
    #expect(ProcessIdentity.of(pid: child)?.isAlive != true)
  }
}

@Suite(.timeLimit(.minutes(2))) struct StructuredAnswerTests {
  let scratch: Scratch

  init() throws { scratch = try Scratch() }

  private func ask(_ steps: String, timeout: Duration = .seconds(60)) async throws(AgentError) -> Data {
    var environment = scratch.environment
    environment["SCRIPTED_AGENT_SCRIPT"] =
      (try? scratch.write("script.json", #"{"plan": [[\#(steps)]]}"#).string) ?? ""
    let agent = ClaudeCode(executable: scriptedAgent, version: "2.1.330", model: "opus")
    return try await agent.structuredAnswer(
      prompt: "Plan it.", schema: #"{"type":"object"}"#, directory: scratch.work, environment: environment,
      timeout: timeout
    ) { _ in }
  }

  private func error(_ steps: String, timeout: Duration = .seconds(60)) async -> AgentError? {
    do {
      _ = try await ask(steps, timeout: timeout)
      return nil
    } catch {
      return error
    }
  }

  @Test func `the answer is the JSON of the result`() async throws {
    let answer = try await ask(#"{"structured": {"tasks": [{"id": "a é"}]}}"#)
    #expect(String(decoding: answer, as: UTF8.self) == #"{"tasks":[{"id":"a é"}]}"#)
    let record = try scratch.record("plan")
    #expect(record.prompt == "Plan it.")
    #expect(
      record.arguments == [
        "-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages", "--json-schema",
        #"{"type":"object"}"#, "--tools", "", "--setting-sources", "user", "--strict-mcp-config",
        "--no-session-persistence", "--model", "opus",
      ])
    #expect(record.directory == scratch.work.string)
  }

  @Test func `no answer, a failure and a crash are distinguished`() async throws {
    #expect(await error(#"{"say": "I would rather not."}"#) == .noStructuredAnswer("it said 'I would rather not.'"))
    #expect(
      await error(#"{"result": {"is_error": true, "text": "Not logged in · Please run /login"}}"#)
        == .failed(AgentFailure(kind: .notLoggedIn, message: "Not logged in · Please run /login")))
    #expect(
      await error(#"{"structured": {}}, {"stderr": "boom"}, {"crash": 9}"#)
        == .noStructuredAnswer("the agent ended without a result (killed by signal 9): boom"))
    #expect(await error(#"{"structured": {}}, {"result": {"exit": 4}}"#) != nil)
  }

  @Test func `a question that takes too long is ended with all it started`() async throws {
    let pid = scratch.file("pid")
    #expect(
      await error(#"{"spawn-orphan": "\#(pid)"}, "ignore-term", "hang""#, timeout: .seconds(5))
        == .timedOut(.seconds(5)))
    let orphan = try #require(Int32(try scratch.read("pid").trimmingCharacters(in: .newlines)))
    #expect(ProcessIdentity.of(pid: orphan)?.isAlive != true)
  }

  @Test func `a cancelled question ends at once`() async throws {
    let ready = scratch.file("ready")
    let question = Task { await error(#"{"touch": "\#(ready)"}, "ignore-term", "hang""#) }
    try await waitUntil("the program runs") { FileManager.default.fileExists(atPath: ready.string) }
    question.cancel()
    #expect(await question.value == .cancelled)
  }
}
