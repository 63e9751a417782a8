package import Agents
import Basics
package import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// OpenAI's `codex` program in its non-interactive mode, `codex exec --json`. What is said here of it was seen with version
/// 0.163.0.
///
/// It is held by its own sandbox: commands write to the worktree, to what a commit there needs and to temporary folders, and
/// have no network unless the user's own configuration of Codex says so.
package struct Codex: Agent {
  package static let product = AgentProduct(
    title: "Codex", versionWord: "codex", minimumVersion: "0.163.0",
    installation: ("npm install -g @openai/codex", "https://developers.openai.com/codex/cli"), update: "update",
    login: "login", keyVariable: "CODEX_API_KEY")
  package static let kind = "codex"

  package let name: String
  /// An absolute path.
  package let executable: FilePath
  package let version: String?
  package let command: String
  package let model: String?
  /// The names of the MCP servers in the user's own configuration of it.
  let userServers: Set<String>

  /// - Parameter version: nil where it is not asked for, since only a stream is to be read.
  package init(
    name: String = Self.kind, executable: FilePath, version: String?, command: String = "codex", model: String? = nil,
    userServers: Set<String> = []
  ) {
    self.name = name
    self.executable = executable
    self.version = version
    self.command = command
    self.model = model
    self.userServers = userServers
  }

  /// Finds the program and asks it for its version.
  package static func locate(
    name: String = Self.kind, program: AgentProgram, model: String? = nil, environment: [String: String],
    timeLimit: Duration = .seconds(20)
  ) async throws(AgentError) -> Codex {
    let (path, version) = try await program.locate(
      product, environment: environment, startedWith: clean(environment), timeLimit: timeLimit)
    return Codex(
      name: name, executable: path, version: version, command: program.command, model: model,
      userServers: await serversOfUser(path, environment: environment, timeLimit: timeLimit))
  }

  package var kind: String { Self.kind }
  package var state: AgentState? { AgentState(folder: ".codex", variable: "CODEX_HOME") }

  package var capabilities: AgentCapabilities {
    AgentCapabilities(
      sessions: .theirs, permissions: .sandbox, answersBySchema: .byFile, takesMCPServers: true, isInteractive: true,
      guardsAgainstRepository: true)
  }

  package func makeReader(for options: AgentOptions, session: AgentSession) -> any AgentEventReader {
    CodexStreamReader(
      model: options.model, usageSoFar: session.usageSoFar, answersBySchema: options.answerSchema != nil)
  }

  package func invocation(for request: AttemptRequest) -> Invocation {
    var arguments = ["exec"]
    if case .resumed(let id, _, _) = request.session { arguments += ["resume", id] }
    arguments.append("--json")
    // By which a repository could let commands out of the sandbox.
    if !request.options.trustsRepository { arguments.append("--ignore-rules") }
    let environment = Self.environment(request.environment, for: request.options.mcpServers)
    arguments += permissionArguments(
      request.options, directory: request.workingDirectory, isSandboxed: request.sandbox != nil,
      environment: environment)
    if request.options.answerSchema != nil, let file = request.files.schema {
      arguments += ["--output-schema", file.string]
    }
    // The prompt, on standard input.
    arguments.append("-")
    return Invocation(
      executable: executable, arguments: arguments, environment: environment, directory: request.workingDirectory,
      mark: request.mark)
  }

  package func interactiveInvocation(
    session: String, options: AgentOptions, environment: [String: String], directory: FilePath
  ) -> Invocation? {
    let environment = Self.environment(environment, for: options.mcpServers)
    let permissions = permissionArguments(options, directory: directory, isSandboxed: false, environment: environment)
    return Invocation(
      executable: executable, arguments: ["resume"] + permissions + [session], environment: environment,
      directory: directory)
  }

  /// What the client may do, and with which model. By `-c` alone: `exec resume` knows neither `--sandbox` nor `--add-dir`.
  private func permissionArguments(
    _ options: AgentOptions, directory: FilePath, isSandboxed: Bool, environment: [String: String]
  ) -> [String] {
    var settings = ["approval_policy=\"never\"", "check_for_update_on_startup=false"]
    settings.append("sandbox_mode=" + quoted(sandboxMode(options.permissions, isSandboxed: isSandboxed)))
    let folders = options.permissions.addDirectories + (options.repository?.commitFolders ?? [])
    settings.append(
      "sandbox_workspace_write.writable_roots=[" + folders.map { quoted($0.string) }.joined(separator: ",") + "]")
    // Where it may write, it would declare the repository trusted in the user's own configuration, and so start the
    // programs that the repository's `.codex/config.toml` names.
    let roots = [directory, options.repository?.checkout].compactMap(\.self)
    let trust = options.trustsRepository ? "trusted" : "untrusted"
    settings.append(
      "projects={" + roots.map { "\(quoted($0.string))={trust_level=\(quoted(trust))}" }.joined(separator: ",") + "}")
    settings += serverSettings(options.mcpServers, environment: environment)
    // AGENTS.md.
    if !options.trustsRepository { settings.append("project_doc_max_bytes=0") }
    var arguments = settings.flatMap { ["-c", $0] }
    if let model = options.model { arguments += ["-m", model] }
    return arguments
  }

  private func sandboxMode(_ permissions: ToolPermissions, isSandboxed: Bool) -> String {
    // In one of ours, its own cannot be made, and need not be.
    if permissions.liftsChecks || isSandboxed { return "danger-full-access" }
    return permissions.permissionMode == "plan" ? "read-only" : "workspace-write"
  }

  package func structuredAnswer(
    prompt: String, schema: String, directory: FilePath, environment: [String: String], timeout: Duration,
    observe: @escaping @Sendable (AgentEvent) -> Void
  ) async throws(AgentError) -> Data {
    do {
      return try await withScratchFolder(environment) { folder in
        let file = folder.appending("schema.json")
        try FileSystem.create(file, containing: answerSchema(schema))
        var options = AgentOptions(model: model)
        options.permissions.permissionMode = "plan"
        let arguments =
          ["exec", "--json", "--ephemeral", "--skip-git-repo-check", "--ignore-rules", "--output-schema", file.string]
          + permissionArguments(options, directory: directory, isSandboxed: false, environment: environment) + ["-"]
        let mark = RunMark(run: "question-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
        let question = Invocation(
          executable: executable, arguments: arguments, environment: Self.clean(environment), directory: directory,
          mark: mark)
        return try await question.structuredAnswer(
          prompt: prompt, timeout: timeout,
          reader: CodexStreamReader(model: model, usageSoFar: TokenUsage(), answersBySchema: true), observe: observe)
      }
    } catch let error as AgentError {
      throw error
    } catch {
      throw .notLaunched("no folder for the schema of the answer: \(error)")
    }
  }

  package func answerSchema(_ schema: String) -> String { strictSchema(schema) }

  package func failure(inErrors errors: String) -> AgentFailure? {
    errors.contains("no rollout found") ? AgentFailure(kind: .sessionNotFound, message: errors) : nil
  }

  private static func environment(
    _ environment: [String: String], for servers: [AgentMCPServer]
  ) -> [String: String] {
    servers.reduce(into: clean(environment, keepsConfiguration: true)) { $0.merge($1.variables) { _, new in new } }
  }

  /// The environment that it gets: ours, without what would lead its git astray, and without what an enclosing session of
  /// its own leaves there.
  static func clean(_ environment: [String: String], keepsConfiguration: Bool = false) -> [String: String] {
    var clean =
      keepsConfiguration
      ? GitVariables.keepingCommandLineValues(environment) : GitVariables.droppingCommandLineValues(environment)
    for name in ["CODEX_THREAD_ID", "CODEX_SESSION_ID", "CODEX_SANDBOX", "CODEX_SANDBOX_NETWORK_DISABLED"] {
      clean[name] = nil
    }
    // Each attempt has a mark of its own.
    clean[RunMark.variable] = nil
    return clean
  }
}

/// A string as TOML's basic strings write it, see https://toml.io/en/v1.0.0#string.
func quoted(_ text: String) -> String {
  var quoted = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"": quoted += "\\\""
    case "\\": quoted += "\\\\"
    case _ where scalar.value < 0x20 || scalar.value == 0x7F:
      quoted += "\\u" + hex(scalar.value, digits: 4)
    default: quoted.unicodeScalars.append(scalar)
    }
  }
  return quoted + "\""
}
