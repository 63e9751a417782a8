package import Agents
import Basics
import Processes
package import SystemPackage

extension ClaudeCode {
  /// Reads the stream again, which is only asked for once something is known to be wrong. The events that an attempt
  /// hands on while it runs have the beginning of each call; here all of it counts.
  ///
  /// Blocks. Calls that were refused, and those that only read, are left out.
  package func calls(inStream stream: FilePath) -> [AgentCall] {
    var collection = CallCollection()
    guard let follower = try? FileFollower(path: stream) else { return [] }
    var lines = LineSplitter()
    while !follower.readAvailable({ bytes in lines.feed(bytes) { collection.read($0) } }) {}
    lines.finish { collection.read($0) }
    return collection.made
  }
}

private struct CallCollection {
  private static let limit = 100_000
  private static let readers: Set<String> = ["Read", "Glob", "Grep", "LS", "TodoWrite", "WebFetch", "WebSearch"]
  private var calls: [(id: String, call: AgentCall)] = []
  private var refused: Set<String> = []

  var made: [AgentCall] { calls.filter { !refused.contains($0.id) }.map(\.call) }

  mutating func read(_ line: LineSplitter.Line) {
    guard case .whole(let bytes) = line, let event = JSONValue(checking: bytes), event.isObject else { return }
    if event["type"]?.isString("assistant") == true {
      event["message"]?["content"]?.forEachElement { add($0) }
    } else if event["type"]?.isString("system") == true, event["subtype"]?.isString("permission_denied") == true {
      if let id = event["tool_use_id"]?.string(limit: 400) { refused.insert(id) }
    } else if event["type"]?.isString("result") == true {
      event["permission_denials"]?.forEachElement { denial in
        if let id = denial["tool_use_id"]?.string(limit: 400) { refused.insert(id) }
      }
    }
  }

  private mutating func add(_ block: JSONValue) {
    guard calls.count < Self.limit, block["type"]?.isString("tool_use") == true,
      let tool = block["name"]?.string(limit: 400), !Self.readers.contains(tool)
    else { return }
    let input = block["input"]
    calls.append(
      (
        block["id"]?.string(limit: 400) ?? "",
        AgentCall(
          tool: tool, command: input?["command"]?.string(limit: 256 << 10),
          path: (input?["file_path"] ?? input?["notebook_path"] ?? input?["path"])?.string(limit: 1 << 16))
      ))
  }
}
