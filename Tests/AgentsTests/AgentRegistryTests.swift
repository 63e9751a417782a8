import Agents
import Basics
import Foundation
import KnownAgents
import OrchTestSupport
import Processes
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(2))) struct AgentRegistryTests {
  private func registry(_ entries: (String, String)...) throws -> AgentRegistry {
    AgentRegistry(
      try Settings(
        listing: ConfigListing(
          entries.map {
            ConfigEntry(scope: .local, source: "file:.git/config", key: "orchestrator.\($0.0)", value: $0.1)
          })))
  }

  @Test func `the usual agent is the kind's own program`() throws {
    let usual = try registry().definition()
    #expect(usual.name == "claude" && usual.kind == .claude && usual.model == nil)
    #expect(usual.program == AgentProgram(command: "claude"))
    let codex = try registry(("agent.kind", "codex"), ("agent.model", "gpt-5")).definition()
    #expect(codex.name == "codex" && codex.program.command == "codex" && codex.model == "gpt-5")
  }

  @Test func `the settings of the usual agent are not those of another`() throws {
    let registry = try registry(("agent.command", "/opt/claude"), ("agent.model", "opus"))
    #expect(try registry.definition(of: "claude").program.command == "/opt/claude")
    let codex = try registry.definition(of: "codex")
    #expect(codex.program.command == "codex" && codex.model == nil)
  }

  @Test func `an agent may have a name of its own`() throws {
    let registry = try registry(
      ("agents.Quick.kind", "claude"), ("agents.Quick.model", "haiku"), ("agents.aider.kind", "command"),
      ("agents.aider.command", "aider --yes --message-file {prompt}"))
    let quick = try registry.definition(of: "Quick")
    #expect(quick.kind == .claude && quick.model == "haiku" && quick.program.command == "claude")
    #expect(quick.program.setting == "orchestrator.agents.Quick.command")
    #expect(try registry.definition(of: "aider").kind == .command)
    #expect(registry.names == ["Quick", "aider", "claude", "codex"])
  }

  @Test(
    arguments: [
      ("codxe", "there is no agent 'codxe'; did you mean 'codex'?"),
      ("nobody", "there is no agent 'nobody'; there are: mine, bare, claude, codex"),
      (
        "mine",
        "the agent 'mine' has no kind; set it with 'git config orchestrator.agents.mine.kind KIND', one of claude, codex, "
          + "command"
      ),
      (
        "bare",
        "the agent 'bare' has no command; set it with 'git config orchestrator.agents.bare.command COMMAND', a line for the "
          + "shell"
      ),
    ]) func `what makes no agent is refused with the setting that would`(name: String, message: String) throws
  {
    let registry = try registry(("agents.mine.model", "x"), ("agents.bare.kind", "command"))
    let error = #expect(throws: AgentError.self) { try registry.definition(of: name) }
    #expect(error?.description == message)
  }

  @Test func `any command works in its folder, with the prompt where it wants it`() async throws {
    let scratch = try Scratch()
    let prompt = try scratch.write("it's a prompt", "do it")
    func outcome(_ command: String) async -> AttemptOutcome {
      let agent = CommandAgent(name: "mine", command: command, model: "m")
      let number = UUID().uuidString
      return await agent.perform(
        AttemptRequest(
          agent: agent, session: .new(UUID()), options: AgentOptions(model: "m"), workingDirectory: scratch.work,
          files: AttemptFiles(
            prompt: prompt, stream: scratch.file("o\(number)"), errors: scratch.file("e\(number)"),
            log: scratch.file("l\(number)")),
          limits: AttemptLimits(inactivity: .seconds(60), maxRuntime: .seconds(60)), environment: scratch.environment,
          mark: RunMark(run: "r\(number)", task: "a", attempt: 1)), stop: StopRequest(), launched: { _ in },
        observe: { _ in })
    }
    let byInput = await outcome("cat; echo; pwd; echo $GIT_ORCH_MODEL")
    #expect(byInput.end == .succeeded && byInput.finalMessage == "m" && byInput.sessionID == nil)
    #expect(await outcome("cat {prompt} && echo").finalMessage == "do it")
    #expect(await outcome("echo no >&2; exit 3").end == .crashed("the agent failed (exit status 3): no"))
  }
}
