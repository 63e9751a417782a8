package import Agents
import Basics
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

extension Codex {
  package var loginWays: (command: String, keyVariable: String)? {
    ("\(shellQuoted(command)) \(Self.product.login)", Self.product.keyVariable)
  }

  package func login(environment: [String: String], timeLimit: Duration) async -> AgentLogin {
    // `codex exec` takes this one; `OPENAI_API_KEY` only `codex login --with-api-key` does.
    for name in [Self.product.keyVariable, "CODEX_ACCESS_TOKEN"] where environment[name]?.isEmpty == false {
      return .variable(name)
    }
    let home = environment["CODEX_HOME"] ?? environment["HOME"].map { "\($0)/.codex" }
    if let home, (FileStamp(FilePath("\(home)/auth.json"))?.size ?? 0) > 2 { return .kept(method: nil) }
    if let home, let file = try? FilePath("\(home)/config.toml").readText(limit: 1 << 20, .plainFile),
      file.split(whereSeparator: \.isNewline).contains(where: { $0.trimmed.hasPrefix("model_provider") })
    {
      return .unknown("its configuration names a provider of its own")
    }
    return await ask(environment, timeLimit)
  }

  /// Its login may be in the system's keychain.
  private func ask(_ environment: [String: String], _ timeLimit: Duration) async -> AgentLogin {
    let mark = RunMark(run: "login-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let question = Invocation(
      executable: executable, arguments: ["login", "status"], environment: Self.clean(environment), directory: "/",
      mark: mark)
    let answer: ProcessOutput
    do throws(ProcessFailure) {
      answer = try await question.run(outputLimit: 64 << 10, timeout: timeLimit)
    } catch {
      return .unknown("'\(command) login status' failed: \(error)")
    }
    // On standard error, both of them.
    let words = String(decoding: answer.standardOutput + answer.standardError, as: UTF8.self)
    if answer.exit.isSuccess { return .kept(method: nil) }
    return words.contains("Not logged in")
      ? .missing : .unknown("the output of '\(command) login status' is not understood (\(answer.exit))")
  }
}
