#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the agent is to do: see Script.md beside this file.
struct Script {
  private let root: JSON

  /// Reads the file that SCRIPTED_AGENT_SCRIPT names; an empty script without one.
  init(_ environment: [String: String]) {
    guard let path = environment["SCRIPTED_AGENT_SCRIPT"] else {
      root = [:]
      return
    }
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      refuse("scripted-agent: cannot read '\(path)'")
    }
    guard let json = try? JSONDecoder().decode(JSON.self, from: data) else {
      refuse("scripted-agent: '\(path)' is not JSON")
    }
    root = json
  }

  /// The steps of one attempt; the last list serves for all later attempts too.
  func steps(task: String, attempt: Int, isQuestion: Bool) -> [JSON] {
    let lists = (isQuestion ? root["plan"] : nil) ?? root["tasks"]?[task] ?? root["default"]
    guard let lists = lists?.array, !lists.isEmpty else { return [["say": "Nothing to do."]] }
    let list = lists[min(max(attempt, 1), lists.count) - 1]
    return list.array ?? [list]
  }
}

/// Which task and attempt this is: from GIT_ORCH_RUN (`<run>/<task>/<attempt>`), else from a line `Task: <id>`.
func currentTask(_ environment: [String: String], prompt: String) -> (task: String, attempt: Int) {
  let mark = (environment["GIT_ORCH_RUN"] ?? "").split(separator: "/", omittingEmptySubsequences: false)
  if mark.count == 3, mark[1] != "-" { return (String(mark[1]), Int(mark[2]) ?? 1) }
  for line in prompt.split(separator: "\n") where line.hasPrefix("Task: ") {
    return (line.dropFirst(6).split(separator: " ").first.map(String.init) ?? "-", 1)
  }
  return ("-", 1)
}
