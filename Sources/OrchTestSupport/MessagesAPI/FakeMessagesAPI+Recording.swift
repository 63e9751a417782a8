import Foundation

extension FakeMessagesAPI {
  /// One request as it came in.
  package struct RecordedRequest: Sendable {
    /// `GET`, `POST`, …
    package let method: String
    /// The path with its query, e.g. `/v1/messages?beta=true`.
    package let target: String
    /// The header fields, names in lower case; the values that sign in are replaced by `redacted`.
    package let headers: [String: String]
    /// The decoded body; `.null` when it is empty or no JSON.
    package let body: JSON
    /// Which conversation it belongs to; `nil` when no marker was found in it.
    package internal(set) var marker: String?
    /// Whether this is no part of the conversation but something that the client asks on the side, such as a title.
    package internal(set) var isSideCall = false

    /// Everything said in the conversation so far, tool calls and results included, one text a line.
    ///
    /// Instructions of the `system` field and the descriptions of tools are not in it.
    package var conversation: String {
      body["messages"].allText
    }

    /// The results of tool calls in the last message, in order: text, and whether it is an error.
    package var toolResults: [(text: String, isError: Bool)] {
      let last = body["messages"].items.last { $0["role"] == "user" } ?? .null
      return last["content"].items.filter { $0["type"] == "tool_result" }.map {
        (text: $0["content"].allText, isError: $0["is_error"] == true)
      }
    }
  }
}

extension FakeMessagesAPI.RecordedRequest {
  /// The words that open the conversation: the first message of the user without what the client put in itself.
  var opening: String {
    let first = body["messages"].items.first { message in
      message["role"] == "user" && !texts(of: message).isEmpty
    }
    return first.map { texts(of: $0).joined(separator: "\n") } ?? ""
  }

  private func texts(of message: FakeMessagesAPI.JSON) -> [String] {
    let texts = message["content"].string.map { [$0] } ?? message["content"].items.compactMap { $0["text"].string }
    // The client's own reminders hold the state of git, so a commit of one task would mark the others.
    return texts.filter { !$0.hasPrefix("<system-reminder>") }
  }

  /// Whether the client asks for something else than the conversation.
  ///
  /// Its main loop always brings tools (at least StructuredOutput), and a plain use of the API asks for a format; what
  /// has neither, or asks the smallest model without tools, is a title, a topic or a check of the key.
  var looksLikeSideCall: Bool {
    guard body["tools"].items.isEmpty else { return false }
    return body["output_config"]["format"] == .null || body["model"].string?.contains("haiku") == true
  }
}
