#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The hooks of `--settings` that run after a tool call, as far as the client's are imitated: what one says in
/// `hookSpecificOutput.additionalContext` is heard.
struct Hooks {
  private let commands: [String]

  init(_ options: Options) {
    let settings = options["--settings"].flatMap(Self.json)
    commands = (settings?["hooks"]?["PostToolUse"]?.array ?? []).flatMap { matcher in
      (matcher["hooks"]?.array ?? []).compactMap { $0["command"]?.string }
    }
  }

  func afterTool(session: String) -> String? {
    let input: JSON = ["session_id": .string(session), "hook_event_name": "PostToolUse", "tool_name": "Bash"]
    for command in commands {
      let run = runTool(["/bin/sh", "-c", #"printf '%s' "$2" | /bin/sh -c "$1""#, "sh", command, input.text])
      if let said = Self.json(run.output)?["hookSpecificOutput"]?["additionalContext"]?.string { return said }
    }
    return nil
  }

  private static func json(_ text: String) -> JSON? { try? JSONDecoder().decode(JSON.self, from: Data(text.utf8)) }
}
