import Basics
import SystemPackage

/// What is said to an agent, and in answer to what: a value that knows no processes.
struct ACPConversation {
  private enum Step: Int {
    case initialize = 1, session, prompt
  }

  private let prompt: String
  private let session: String?
  private let directory: FilePath
  private let permissions: ACPPermissions
  private let servers: ACPServers
  private var open: String?
  /// Whether the prompt was answered, or cannot be said.
  private(set) var isOver = false

  init(
    prompt: String, session: String?, directory: FilePath, permissions: ACPPermissions, servers: ACPServers = .none
  ) {
    self.prompt = prompt
    self.session = session
    self.directory = directory
    self.permissions = permissions
    self.servers = servers
  }

  /// The first words.
  func begin() -> [JSON] {
    [
      request(
        .initialize, "initialize",
        [
          "protocolVersion": 1,
          // Files and commands are its own business.
          "clientCapabilities": ["fs": ["readTextFile": false, "writeTextFile": false], "terminal": false],
          "clientInfo": ["name": "git-orch", "version": .string(version)],
        ])
    ]
  }

  /// Wishes the end of what it does.
  func cancel() -> [JSON] {
    guard let open, !isOver else { return [] }
    return [["jsonrpc": "2.0", "method": "session/cancel", "params": ["sessionId": .string(open)]]]
  }

  /// What is to be said after a line of the stream, which may be one of ours.
  mutating func hear(_ line: UnsafeRawBufferPointer) -> [JSON] {
    guard let message = JSON(parsing: String(decoding: line, as: UTF8.self)), message["jsonrpc"]?.string == "2.0"
    else { return [] }
    if let method = message["method"]?.string { return answer(method, message) }
    guard case .number(let id)? = message["id"], let step = Step(rawValue: Int(id)) else { return [] }
    guard let result = message["result"] else {
      isOver = true
      return []
    }
    switch step {
    case .initialize: return openSession(result)
    case .session:
      open = result["sessionId"]?.string ?? session
      guard let open else {
        isOver = true
        return []
      }
      return [
        request(
          .prompt, "session/prompt",
          ["sessionId": .string(open), "prompt": [["type": "text", "text": .string(prompt)]]])
      ]
    case .prompt:
      isOver = true
      return []
    }
  }

  private mutating func openSession(_ capabilities: JSON) -> [JSON] {
    let offered = servers.offered(to: capabilities["agentCapabilities"])
    let notes: [JSON] = offered.leftOut.map {
      ["jsonrpc": "2.0", "method": "git-orch/server-left-out", "params": ["name": .string($0)]]
    }
    var parameters: JSON = ["cwd": .string(directory.string), "mcpServers": offered.servers]
    guard let session else { return notes + [request(.session, "session/new", parameters)] }
    guard capabilities["agentCapabilities"]?["loadSession"] == true else {
      // The next attempt begins a new one.
      isOver = true
      return [["jsonrpc": "2.0", "method": "git-orch/session-lost", "params": ["sessionId": .string(session)]]]
    }
    if case .object(var members) = parameters {
      members["sessionId"] = .string(session)
      parameters = .object(members)
    }
    return notes + [request(.session, "session/load", parameters)]
  }

  private func answer(_ method: String, _ message: JSON) -> [JSON] {
    guard let id = message["id"] else { return [] }
    guard method == "session/request_permission" else {
      return [["jsonrpc": "2.0", "id": id, "error": ["code": -32601, "message": "not supported"]]]
    }
    let call = ACPCall(message["params"]?["toolCall"])
    let isAllowed = permissions.allows(kind: call.kind, command: call.command, paths: call.paths, title: call.title)
    let wanted = isAllowed ? "allow_once" : "reject_once"
    let options = message["params"]?["options"]?.elements ?? []
    // One that offers only for ever is asked again the next time all the same: the conversation is this attempt's.
    let option =
      options.first { $0["kind"]?.string == wanted }
      ?? options.first { $0["kind"]?.string?.hasPrefix(isAllowed ? "allow" : "reject") == true }
    let outcome: JSON =
      option?["optionId"].map { ["outcome": "selected", "optionId": $0] } ?? ["outcome": "cancelled"]
    return [["jsonrpc": "2.0", "id": id, "result": ["outcome": outcome]]]
  }

  private func request(_ step: Step, _ method: String, _ parameters: JSON) -> JSON {
    ["jsonrpc": "2.0", "id": .number(Double(step.rawValue)), "method": .string(method), "params": parameters]
  }
}

/// A tool call as the protocol tells it.
struct ACPCall {
  let id: String
  let kind: String
  let title: String
  /// The command line, of a call that executes one.
  let command: String?
  let paths: [String]

  init(_ call: JSON?) {
    id = call?["toolCallId"]?.string ?? ""
    kind = call?["kind"]?.string ?? "other"
    title = call?["title"]?.string ?? ""
    let raw = call?["rawInput"]?["command"] ?? call?["rawInput"]?["cmd"]
    let words = raw?.elements.compactMap(\.string) ?? []
    // `["bash", "-lc", "make test"]` is what the shell gets.
    let line =
      words.count == 3 && words[1].hasPrefix("-") && words[1].hasSuffix("c") ? words[2] : words.joined(separator: " ")
    command = raw?.string ?? (words.isEmpty ? nil : line)
    let located = call?["locations"]?.elements.compactMap { $0["path"]?.string } ?? []
    let changed = call?["content"]?.elements.compactMap { $0["path"]?.string } ?? []
    paths = located + changed
  }
}
