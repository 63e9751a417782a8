package import Agents
import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

extension ClaudeCode {
  package func structuredAnswer(
    prompt: String, schema: String, directory: FilePath, environment: [String: String], timeout: Duration,
    observe: @escaping @Sendable (AgentEvent) -> Void
  ) async throws(AgentError) -> Data {
    var arguments = ["-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]
    arguments += ["--json-schema", schema, "--tools", ""]
    arguments += Self.guards + ["--no-session-persistence"]
    if let model { arguments += ["--model", model] }
    let mark = RunMark(run: "question-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let question = Invocation(
      executable: executable, arguments: arguments, environment: agentEnvironment(from: environment),
      directory: directory, mark: mark)
    return try await question.structuredAnswer(
      prompt: prompt, timeout: timeout, reader: ClaudeStreamReader(ofResultsAlone: true), observe: observe)
  }
}
