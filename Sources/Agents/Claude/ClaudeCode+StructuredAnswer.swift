import Basics
import Processes
package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

extension ClaudeCode {
  /// Asks one question, without tools, and returns the answer as JSON of the given shape.
  ///
  /// Nothing of the repository takes effect, and no session is kept. On time-out or cancellation the client and all its
  /// descendants are ended.
  ///
  /// - `prompt`: goes in on standard input; must not begin with "/".
  /// - `schema`: a JSON schema whose root is an object, under 100 KB (it is an argument).
  /// - `directory`: where the client stands.
  /// - `model`: `nil` for the client's own default.
  package func structuredAnswer(
    prompt: String, schema: String, directory: FilePath, environment: [String: String], timeout: Duration,
    model: String? = nil
  ) async throws(AgentError) -> Data {
    var arguments = ["-p", "--output-format", "json", "--json-schema", schema, "--tools", ""]
    arguments += Self.guards + ["--no-session-persistence"]
    if let model { arguments += ["--model", model] }
    let mark = RunMark(run: "question-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let question = Invocation(
      executable: executable, arguments: arguments, environment: agentEnvironment(from: environment),
      directory: directory, mark: mark)
    let answer: ProcessOutput
    do throws(ProcessFailure) {
      answer = try await question.run(input: Array(prompt.utf8), outputLimit: 64 << 20, timeout: timeout)
    } catch {
      switch error {
      case .timedOut: throw .timedOut(timeout)
      case .cancelled: throw .cancelled
      case .notStarted(let why), .exhausted(let why): throw .notLaunched(why)
      case .outputTooLarge: throw .noStructuredAnswer("\(error)")
      }
    }
    return try Self.structuredOutput(answer)
  }

  /// Takes the answer out of the one object that `--output-format json` prints: its last result.
  private static func structuredOutput(_ answer: ProcessOutput) throws(AgentError) -> Data {
    let exit = answer.exit
    let errors = plainText(String(decoding: answer.standardError, as: UTF8.self), limit: 1000)
    let details = errors.isEmpty ? "" : ": \(errors)"
    var summary = StreamSummary(ofResultsAlone: true)
    var reader = ClaudeStreamReader()
    var output: Data?
    answer.standardOutput.withUnsafeBytes { bytes in
      _ = reader.read(line: bytes) { summary.note($0) }
      guard let value = JSONValue(checking: bytes)?["structured_output"], !value.isNull else { return }
      output = Data(value.bytes)
    }
    switch summary.end(exit: exit, cause: nil, errors: errors) {
    case .succeeded: break
    case .failed(let failure): throw .failed(failure)
    case .crashed(let message), .notLaunched(let message): throw .noStructuredAnswer(message)
    case .timedOut, .stopped: throw .noStructuredAnswer("the agent ended early (\(exit))\(details)")
    }
    guard let output else {
      throw .noStructuredAnswer(summary.finalMessage.map { "it said '\(plainText($0, limit: 200))'" } ?? "it is empty")
    }
    return output
  }
}
