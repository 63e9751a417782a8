package import Agents
import Basics
import Processes
import Synchronization
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
  /// - `observe`: hears what the client tells meanwhile: its model, the tokens as they are used, and what it cost.
  package func structuredAnswer(
    prompt: String, schema: String, directory: FilePath, environment: [String: String], timeout: Duration,
    model: String? = nil, observe: @escaping @Sendable (AgentEvent) -> Void = { _ in }
  ) async throws(AgentError) -> Data {
    var arguments = ["-p", "--output-format", "stream-json", "--verbose", "--include-partial-messages"]
    arguments += ["--json-schema", schema, "--tools", ""]
    arguments += Self.guards + ["--no-session-persistence"]
    if let model { arguments += ["--model", model] }
    let mark = RunMark(run: "question-\(UUID().uuidString.lowercased())", task: "-", attempt: 1)
    let question = Invocation(
      executable: executable, arguments: arguments, environment: agentEnvironment(from: environment),
      directory: directory, mark: mark)
    let hearing = Mutex(Hearing())
    let answer: ProcessOutput
    do throws(ProcessFailure) {
      answer = try await question.run(input: Array(prompt.utf8), outputLimit: 64 << 20, timeout: timeout) { bytes in
        hearing.withLock { $0.hear(bytes, observe) }
      }
    } catch {
      switch error {
      case .timedOut: throw .timedOut(timeout)
      case .cancelled: throw .cancelled
      case .notStarted(let why), .exhausted(let why): throw .notLaunched(why)
      case .outputTooLarge: throw .noStructuredAnswer("\(error)")
      }
    }
    let summary = hearing.withLock { hearing in
      hearing.finish(observe)
      return hearing.summary
    }
    return try Self.structuredOutput(answer, summary)
  }

  /// What the client has told so far.
  private struct Hearing {
    var summary = StreamSummary(ofResultsAlone: true)
    private var lines = LineSplitter()
    private var reader = ClaudeStreamReader()

    mutating func hear(_ bytes: UnsafeRawBufferPointer, _ observe: (AgentEvent) -> Void) {
      var events: [AgentEvent] = []
      lines.feed(bytes) { if case .whole(let line) = $0 { _ = reader.read(line: line) { events.append($0) } } }
      note(events, observe)
    }

    mutating func finish(_ observe: (AgentEvent) -> Void) {
      var events: [AgentEvent] = []
      lines.finish { if case .whole(let line) = $0 { _ = reader.read(line: line) { events.append($0) } } }
      note(events, observe)
    }

    private mutating func note(_ events: [AgentEvent], _ observe: (AgentEvent) -> Void) {
      for event in events {
        summary.note(event)
        observe(event)
      }
    }
  }

  /// Takes the answer out of the last result.
  private static func structuredOutput(
    _ answer: ProcessOutput, _ summary: StreamSummary
  ) throws(AgentError) -> Data {
    let exit = answer.exit
    let errors = plainText(String(decoding: answer.standardError, as: UTF8.self), limit: 1000)
    let details = errors.isEmpty ? "" : ": \(errors)"
    switch summary.end(exit: exit, cause: nil, errors: errors) {
    case .succeeded: break
    case .failed(let failure): throw .failed(failure)
    case .crashed(let message), .notLaunched(let message): throw .noStructuredAnswer(message)
    case .timedOut, .stopped: throw .noStructuredAnswer("the agent ended early (\(exit))\(details)")
    }
    guard let output = summary.structuredAnswer else {
      throw .noStructuredAnswer(summary.finalMessage.map { "it said '\(plainText($0, limit: 200))'" } ?? "it is empty")
    }
    return output
  }
}
