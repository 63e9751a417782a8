package import Agents
import Basics
import Processes
package import SystemPackage

extension Codex {
  package func calls(inStream stream: FilePath) -> [AgentCall] {
    var calls: [AgentCall] = []
    guard let follower = try? FileFollower(path: stream) else { return [] }
    var lines = LineSplitter()
    func read(_ line: LineSplitter.Line) {
      guard case .whole(let bytes) = line, calls.count < 100_000, let event = JSONValue(checking: bytes),
        event["type"]?.isString("item.completed") == true, let item = event["item"]
      else { return }
      if item["type"]?.isString("command_execution") == true {
        let command = CodexCommand.words(of: item["command"]?.string(limit: 256 << 10) ?? "")
        calls.append(AgentCall(tool: "Bash", command: command))
      } else if item["type"]?.isString("file_change") == true {
        item["changes"]?.forEachElement { change in
          calls.append(AgentCall(tool: "Edit", path: change["path"]?.string(limit: 1 << 16)))
        }
      } else if item["type"]?.isString("mcp_tool_call") == true {
        calls.append(AgentCall(tool: item["tool"]?.string(limit: 400) ?? ""))
      }
    }
    while !follower.readAvailable({ bytes in lines.feed(bytes) { read($0) } }) {}
    lines.finish { read($0) }
    return calls
  }
}
