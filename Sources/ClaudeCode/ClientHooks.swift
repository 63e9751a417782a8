import Basics
import SystemPackage

/// The hooks that a client gets from us. The user's own stay: the client runs those of all its settings.
struct ClientHooks {
  /// Keeps every worktree from being made, also for the user's own subagents that ask for one in their definition: the
  /// client leaves it to a hook, which refuses.
  var forbidsWorktrees: Bool
  /// See ``AgentOptions/noteFile``.
  var noteFile: FilePath?

  /// The value of `--settings`.
  var settings: String? {
    var hooks: [String: JSON] = [:]
    if forbidsWorktrees {
      hooks["WorktreeCreate"] = Self.hook("echo 'git-orch: agents work in one worktree' >&2; exit 1")
    }
    if let noteFile { hooks["PostToolUse"] = Self.hook(Self.takingNote(noteFile)) }
    return hooks.isEmpty ? nil : JSON.object(["hooks": .object(hooks)]).text
  }

  private static func hook(_ command: String) -> JSON {
    [["hooks": [["type": "command", "command": .string(command)]]]]
  }

  /// It runs after each tool call, and nearly always there is no note. A subagent, which the client names in what the
  /// hook reads, would keep it to itself. Of two hooks at a time, one can rename the file.
  private static func takingNote(_ file: FilePath) -> String {
    "note=\(shellQuoted(path: file.string)); [ -e \"$note\" ] || exit 0; "
      + #"case $(cat) in *'"agent_id":'*) exit 0;; esac; "#
      + #"mv "$note" "$note.taken" 2>/dev/null && cat "$note.taken"; exit 0"#
  }
}
