#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the agent is to do.
///
/// A stand-in for `claude -p` that follows a script. It takes the client's options (an unknown one: exit 1, a line on
/// standard error), answers `--version` with `2.1.330 (Claude Code)`, reads the prompt from standard input and prints events
/// in the client's form.
///
/// | variable | means |
/// |---|---|
/// | `SCRIPTED_AGENT_SCRIPT` | the script, a JSON file; without it: init, "Nothing to do.", a result |
/// | `SCRIPTED_AGENT_STATE` | where sessions and their costs are kept (default `$HOME/.scripted-agent`) |
/// | `SCRIPTED_AGENT_RECORD` | a folder that gets `<task>.<attempt>.json` (`plan.json` for what `plan` serves): arguments, environment, directory, prompt |
///
/// ## The script
///
/// ```json
/// {
///   "tasks": {
///     "add-login": [
///       [{"say": "I begin."}, "hang"],
///       [{"write": {"path": "login.txt", "content": "hello\n"}}, {"commit": "feat: add login"}]
///     ]
///   },
///   "default": [[{"run": "date > when.txt"}, {"commit": "chore: note the time"}]],
///   "plan": [[{"structured": {"tasks": []}}]]
/// }
/// ```
///
/// A task has one list of steps for each attempt; the last serves for later ones too. The task and the attempt are taken
/// from `GIT_ORCH_RUN` (`<run>/<task>/<attempt>`), else the task from a line `Task: <id>` in the prompt. `plan` serves calls
/// with `--json-schema` that are about no task. After the last step comes a result, unless there was one, and the exit: 1 after an error, else 0.
///
/// A step is an object of one name, or the name alone.
///
/// | step | does |
/// |---|---|
/// | `"say": TEXT` | an answer |
/// | `"write": {"path", "content"}`, `"append"` the same, `"delete": PATH` | changes a file, as a tool call |
/// | `"run": COMMAND` | runs `sh -c COMMAND` in a session of its own, as a tool call |
/// | `"commit": MESSAGE` | `git add -A && git commit -m MESSAGE`, as a tool call |
/// | `"denied": {"tool", "input"}` | a tool call that is refused |
/// | `"api-retry": {"status", "error", "attempt"}` | an `api_retry` event |
/// | `"event": {…}`, `"raw": LINE`, `"raw-base64": TEXT` | that event, line, or bytes (no newline added) |
/// | `"huge-line": BYTES` | one valid answer that long |
/// | `"stderr": TEXT` | on standard error |
/// | `"sleep": SECONDS` | silence |
/// | `"hang"`, `"linger"` | silence forever |
/// | `"ping-forever": EVERY`, `"heartbeat-forever": EVERY` | API pings, or a tool's heartbeats, forever |
/// | `"heartbeat": {"count", "every"}` | some heartbeats |
/// | `"wait-for-file": PATH`, `"touch": PATH` | waits for a file; makes one |
/// | `"until-told": PATH` | tool calls until a hook says something, which is written into the file |
/// | `"ignore-term"` | SIGTERM does nothing from here on |
/// | `"spawn-orphan": {"pid-file", "seconds"}` | leaves a process behind: own session, deaf to SIGTERM, parent gone |
/// | `"structured": VALUE` | the next result's `structured_output` |
/// | `"result": {"is_error", "subtype", "text", "errors", "terminal_reason", "api_error_status", "error", "cost", "exit"}` | a result; may come again. With `is_error` and `api_error_status` or `error`, the API failure before it too |
/// | `"no-result"` | no result comes by itself |
/// | `"exit": CODE`, `"crash": SIGNAL` | ends at once |
///
/// Each answer and tool call costs $0.001, unless the result says otherwise; `total_cost_usd` is of the whole session, as
/// the client's. SIGTERM ends it with 143 and takes the running tool along; SIGINT prints an error and exits with 0.
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
