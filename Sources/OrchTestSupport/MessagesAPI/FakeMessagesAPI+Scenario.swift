extension FakeMessagesAPI {
  /// What the model says in one conversation, request by request.
  ///
  /// Steps are taken in order as requests arrive, whichever process or session sends them: a conversation that is
  /// killed and resumed continues with the next step.
  package struct Scenario: Sendable {
    /// The steps still to be taken.
    package var steps: [Step]

    package init(_ steps: [Step]) {
      self.steps = steps
    }
  }

  /// What one request is answered with.
  package enum Step: Sendable, Hashable {
    /// One reply of the model. Without a tool call among the blocks it ends the turn.
    case reply([Block])
    /// An HTTP error of the API's own shape, for this many requests.
    case fail(status: Int, times: Int, headers: [String: String], message: String)
    /// A reply that begins and then brings nothing but `ping` events until the connection closes.
    case stall(pingEvery: Duration)
    /// No answer at all, not even a status line, until the connection closes.
    case silence
    /// Answers nothing itself: the token counts that the replies after it report.
    case usage(input: Int, output: Int)
  }

  /// One content block of a reply.
  package enum Block: Sendable, Hashable {
    case text(String)
    case thinking(String)
    case tool(name: String, input: JSON)
  }
}

extension FakeMessagesAPI {
  /// What a reply says that it cost.
  struct TokenCounts: Sendable {
    var input = 1200
    var output = 80
  }

  /// A scenario as far as it has been played.
  struct Conversation: Sendable {
    let marker: String
    private(set) var scenario: Scenario
    private(set) var usage = TokenCounts()

    init(marker: String, scenario: Scenario) {
      self.marker = marker
      self.scenario = scenario
    }

    /// Takes the step for one request; `nil` when the scenario is at its end.
    mutating func nextStep() -> Step? {
      while case .usage(let input, let output) = scenario.steps.first {
        usage = TokenCounts(input: input, output: output)
        scenario.steps.removeFirst()
      }
      guard let step = scenario.steps.first else { return nil }
      if case .fail(let status, let times, let headers, let message) = step, times > 1 {
        scenario.steps[0] = .fail(status: status, times: times - 1, headers: headers, message: message)
      } else {
        scenario.steps.removeFirst()
      }
      return step
    }
  }
}

extension FakeMessagesAPI.Scenario: ExpressibleByArrayLiteral {
  package init(arrayLiteral elements: FakeMessagesAPI.Step...) {
    self.init(elements)
  }
}

extension FakeMessagesAPI.Step {
  /// An answer in words, which ends the turn.
  package static func text(_ text: String) -> Self {
    .reply([.text(text)])
  }

  /// A call of one of the client's tools.
  package static func tool(name: String, input: FakeMessagesAPI.JSON) -> Self {
    .reply([.tool(name: name, input: input)])
  }

  /// A call of the shell, which the client ends after `timeout`, or after 120 s of its own when that is `nil`.
  package static func bash(_ command: String, timeout: Duration? = nil) -> Self {
    var input: [String: FakeMessagesAPI.JSON] = ["command": .string(command), "description": "scripted"]
    if let timeout {
      let parts = timeout.components
      input["timeout"] = .number(Double(parts.seconds * 1000 + parts.attoseconds / 1_000_000_000_000_000))
    }
    return .tool(name: "Bash", input: .object(input))
  }

  /// Writes a new file; a relative path is taken from where the client was started. The client refuses to overwrite a
  /// file that it has not read.
  package static func write(_ path: String, _ content: String) -> Self {
    .tool(name: "Write", input: ["file_path": .string(path), "content": .string(content)])
  }

  /// Reads a file; a relative path is taken from where the client was started.
  package static func read(_ path: String) -> Self {
    .tool(name: "Read", input: ["file_path": .string(path)])
  }

  /// The structured answer that `--json-schema` asks for; a text must follow, as the client continues after it.
  package static func structured(_ value: FakeMessagesAPI.JSON) -> Self {
    .tool(name: "StructuredOutput", input: value)
  }

  /// An HTTP error, for one request.
  package static func fail(status: Int, times: Int = 1, headers: [String: String] = [:]) -> Self {
    .fail(status: status, times: times, headers: headers, message: "scripted failure \(status)")
  }
}
