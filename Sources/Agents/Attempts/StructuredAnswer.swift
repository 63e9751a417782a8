import Basics
package import Processes
import Synchronization

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

extension Invocation {
  /// Starts a client that answers one question, and takes the answer out of its last result.
  /// - Parameters:
  ///   - reader: of what it prints.
  ///   - observe: hears what it tells meanwhile.
  package func structuredAnswer(
    prompt: String, timeout: Duration, reader: any AgentEventReader,
    observe: @escaping @Sendable (AgentEvent) -> Void
  ) async throws(AgentError) -> Data {
    let hearing = Mutex(Hearing(reader))
    let answer: ProcessOutput
    do throws(ProcessFailure) {
      answer = try await run(input: Array(prompt.utf8), outputLimit: 64 << 20, timeout: timeout) { bytes in
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

/// What a client has told so far.
private struct Hearing {
  var summary = StreamSummary()
  private var stream: AgentStream

  init(_ reader: any AgentEventReader) { stream = AgentStream(reader: reader) }

  mutating func hear(_ bytes: UnsafeRawBufferPointer, _ observe: (AgentEvent) -> Void) {
    var events: [AgentEvent] = []
    stream.feed(bytes) { events.append($0) }
    note(events, observe)
  }

  mutating func finish(_ observe: (AgentEvent) -> Void) {
    var events: [AgentEvent] = []
    stream.finish { events.append($0) }
    note(events, observe)
  }

  private mutating func note(_ events: [AgentEvent], _ observe: (AgentEvent) -> Void) {
    for event in events {
      summary.note(event)
      observe(event)
    }
  }
}
