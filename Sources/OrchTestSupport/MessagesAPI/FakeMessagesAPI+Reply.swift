import FlyingFox
import FlyingSocks
import Foundation

/// One reply of the model in the shapes of the Messages API.
struct MessagesReply {
  var blocks: [FakeMessagesAPI.Block]
  var model: FakeMessagesAPI.JSON
  var usage: FakeMessagesAPI.TokenCounts
  /// Unique among the replies of one server: ids of messages and tool calls are made from it.
  var number: Int

  typealias JSON = FakeMessagesAPI.JSON

  private var stopReason: JSON {
    blocks.contains { if case .tool = $0 { true } else { false } } ? "tool_use" : "end_turn"
  }

  private func reportedUsage(output: Int) -> JSON {
    [
      "input_tokens": .number(Double(usage.input)), "output_tokens": .number(Double(output)),
      "cache_creation_input_tokens": 0, "cache_read_input_tokens": 0,
    ]
  }

  private func message(content: [JSON], stopReason: JSON, output: Int) -> JSON {
    [
      "id": "msg_scripted_\(number)", "type": "message", "role": "assistant", "model": model,
      "content": .array(content), "stop_reason": stopReason, "stop_sequence": nil,
      "usage": reportedUsage(output: output),
    ]
  }

  /// A content block, whole or as it is announced at the start of its stream.
  private func content(_ block: FakeMessagesAPI.Block, index: Int, announced: Bool = false) -> JSON {
    switch block {
    case .text(let text): ["type": "text", "text": announced ? "" : .string(text)]
    case .thinking(let text):
      ["type": "thinking", "thinking": announced ? "" : .string(text), "signature": announced ? "" : "scripted"]
    case .tool(let name, let input):
      [
        "type": "tool_use", "id": "toolu_scripted_\(number)_\(index)", "name": .string(name),
        "input": announced ? [:] : input,
      ]
    }
  }

  private func deltas(_ block: FakeMessagesAPI.Block) -> [JSON] {
    switch block {
    case .text(let text): [["type": "text_delta", "text": .string(text)]]
    case .thinking(let text):
      [
        ["type": "thinking_delta", "thinking": .string(text)], ["type": "signature_delta", "signature": "scripted"],
      ]
    case .tool(_, let input): [["type": "input_json_delta", "partial_json": .string(input.text)]]
    }
  }

  /// The answer to a request that did not ask for a stream.
  var document: JSON {
    message(
      content: blocks.enumerated().map { content($1, index: $0) }, stopReason: stopReason, output: usage.output)
  }

  /// The event every stream begins with.
  var start: [UInt8] {
    Self.event("message_start", ["message": message(content: [], stopReason: nil, output: 1)])
  }

  /// The events of the whole stream.
  var stream: [UInt8] {
    var bytes = start
    for (index, block) in blocks.enumerated() {
      let position: JSON = .number(Double(index))
      bytes += Self.event(
        "content_block_start", ["index": position, "content_block": content(block, index: index, announced: true)])
      for delta in deltas(block) {
        bytes += Self.event("content_block_delta", ["index": position, "delta": delta])
      }
      bytes += Self.event("content_block_stop", ["index": position])
    }
    bytes += Self.event(
      "message_delta",
      ["delta": ["stop_reason": stopReason, "stop_sequence": nil], "usage": reportedUsage(output: usage.output)])
    bytes += Self.event("message_stop", [:])
    return bytes
  }

  static let ping = event("ping", [:])

  private static func event(_ type: String, _ members: [String: JSON]) -> [UInt8] {
    let data = JSON.object(members.merging(["type": .string(type)]) { _, type in type })
    return Array("event: \(type)\ndata: \(data.text)\n\n".utf8)
  }
}

/// The body of a stalled stream: the start of a reply, then a ping each period, forever.
///
/// FlyingFox pulls one buffer after the other and writes each as a chunk at once, so that pings leave when they are
/// due. It stops pulling when a write fails, or when the server is stopped, which cancels the sleep.
struct StalledStream: AsyncBufferedSequence {
  typealias Element = UInt8

  var start: [UInt8]
  var period: Duration
  /// Called after a ping has been written.
  var onPing: @Sendable () async -> Void

  struct Iterator: AsyncBufferedIteratorProtocol {
    var start: [UInt8]?
    var period: Duration
    var onPing: @Sendable () async -> Void
    var hasSentPing = false

    mutating func nextBuffer(suggested count: Int) async throws -> [UInt8]? {
      if let start {
        self.start = nil
        return start
      }
      // Being asked for more means that the last one went out.
      if hasSentPing { await onPing() }
      try await Task.sleep(for: period)
      hasSentPing = true
      return MessagesReply.ping
    }

    // The protocol asks for single elements too; whoever sends a response asks for buffers.
    mutating func next() async throws -> UInt8? {
      try await nextBuffer(suggested: 1)?.first
    }
  }

  func makeAsyncIterator() -> Iterator {
    Iterator(start: start, period: period, onPing: onPing)
  }
}
