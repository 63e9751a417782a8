package import Agents
import Basics
import Platform
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension ClaudeCode {
  /// From which version on `claude auth status` is a command. An older client takes the words for a prompt, and sends it.
  private static let authStatusSince = [2, 1, 79]

  /// Looks for a login; no secret is read, and nothing is asked online: whether it still holds shows only when it is used.
  package func login(environment: [String: String], timeLimit: Duration) async -> AgentLogin {
    let variables = [
      "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK",
      "CLAUDE_CODE_USE_VERTEX",
    ]
    if let name = variables.first(where: { environment[$0]?.isEmpty == false }) { return .variable(name) }
    // The file that the client keeps its login in (not on macOS, where that is the keychain).
    let folder = environment["CLAUDE_CONFIG_DIR"] ?? environment["HOME"].map { "\($0)/.claude" }
    // Not by FileManager's attributes: what type their numbers have depends on how much of Foundation is linked.
    var status = stat()
    if let folder, stat("\(folder)/.credentials.json", &status) == 0, status.st_size > 2 { return .kept(method: nil) }
    let parts = (version ?? "").split(separator: ".").compactMap { Int($0) }
    guard !parts.lexicographicallyPrecedes(Self.authStatusSince) else {
      return .unknown("version \(version ?? "") does not say")
    }
    return await ask(environment, timeLimit)
  }

  package var loginWays: (command: String, keyVariable: String)? {
    ("\(shellQuoted(command)) \(Self.product.login)", Self.product.keyVariable)
  }

  /// Whether the client may renew the login that it uses: one that it keeps itself, not a key of the environment.
  package func mayRenewLogin(_ environment: [String: String]) -> Bool {
    let keys = ["ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN"]
    if keys.contains(where: { environment[$0]?.isEmpty == false }) { return false }
    #if canImport(Darwin)
      return true
    #else
      let folder = environment["CLAUDE_CONFIG_DIR"] ?? environment["HOME"].map { "\($0)/.claude" }
      return folder.map { FilePath("\($0)/.credentials.json").exists } ?? false
    #endif
  }

  private func ask(_ environment: [String: String], _ timeLimit: Duration) async -> AgentLogin {
    let mark = RunMark(run: "login-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let question = Invocation(
      executable: executable, arguments: ["auth", "status"], environment: agentEnvironment(from: environment),
      directory: "/", mark: mark)
    let answer: ProcessOutput
    do throws(ProcessFailure) {
      answer = try await question.run(outputLimit: 64 << 10, timeout: timeLimit)
    } catch {
      switch error {
      case .timedOut: return .unknown("'\(command) auth status' did not answer in time")
      case .cancelled: return .unknown("the check was canceled")
      case .notStarted(let why), .exhausted(let why): return .unknown("it could not be started: \(why)")
      case .outputTooLarge: return .unknown("the output of '\(command) auth status' is not understood (\(error))")
      }
    }
    struct Status: Decodable {
      let loggedIn: Bool
      let authMethod: String?
      /// `firstParty`, or a service that has logins of its own: the user's settings of the client may name one.
      let apiProvider: String?
    }
    if let status = try? JSONDecoder().decode(Status.self, from: Data(answer.standardOutput)) {
      if status.loggedIn { return .kept(method: status.authMethod) }
      if let provider = status.apiProvider, provider != "firstParty" { return .kept(method: provider) }
      return .missing
    }
    return .unknown("the output of '\(command) auth status' is not understood (\(answer.exit))")
  }
}
