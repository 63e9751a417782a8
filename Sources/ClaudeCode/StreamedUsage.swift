import Agents
import Basics

/// The tokens in the API's own events, which the client passes on as they come: `message_start` has what went in, and
/// `message_delta` how much came out by then. Subagents speak at the same time; each conversation is counted apart.
struct StreamedUsage: Sendable {
  /// How many conversations are told apart.
  private static let mostConversations = 32

  private struct Answer: Sendable {
    let conversation: String
    let model: String
    var output: Int
  }

  private var answers: [Answer] = []

  /// - Returns: what is new; nil when nothing is.
  mutating func read(_ event: JSONValue) -> ModelUsage? {
    guard let inner = event["event"], let type = inner["type"] else { return nil }
    let conversation = event["parent_tool_use_id"]?.string(limit: 100) ?? ""
    if type.isString("message_start") {
      guard let message = inner["message"], let usage = message["usage"] else { return nil }
      let model = plainText(message["model"]?.string(limit: 400) ?? "", limit: 100)
      let output = usage["output_tokens"]?.count ?? 0
      answers.removeAll { $0.conversation == conversation }
      if answers.count >= Self.mostConversations { answers.removeFirst() }
      answers.append(Answer(conversation: conversation, model: model, output: output))
      return ModelUsage(
        model: model,
        usage: TokenUsage(
          input: usage["input_tokens"]?.count ?? 0, output: output,
          cacheRead: usage["cache_read_input_tokens"]?.count ?? 0,
          cacheCreation: usage["cache_creation_input_tokens"]?.count ?? 0))
    }
    guard type.isString("message_delta"), let output = inner["usage"]?["output_tokens"]?.count,
      let index = answers.firstIndex(where: { $0.conversation == conversation }), output > answers[index].output
    else { return nil }
    let more = output - answers[index].output
    answers[index].output = output
    return ModelUsage(model: answers[index].model, usage: TokenUsage(output: more))
  }
}
