import Agents
import Basics
import ClaudeCode
import SystemPackage

/// What an agent is answered that asks for leave: by the same rules that others are held to.
struct ACPPermissions: Equatable, Sendable {
  private var liftsChecks: Bool
  /// Whether nothing may be changed.
  private var isReadOnly: Bool
  private var allowed: [String]
  private var denied: [String]
  private var folders: [String]

  init(_ permissions: ToolPermissions, worktree: FilePath) {
    liftsChecks = permissions.liftsChecks
    isReadOnly = permissions.permissionMode == "plan"
    allowed = permissions.allowedToolRules
    denied = permissions.disallowedToolRules
    folders = ([worktree] + permissions.addDirectories).map(\.string)
  }

  /// Reads what ``text`` writes; nil for anything else.
  init?(parsing text: String) {
    guard let value = JSON(parsing: text), case .bool(let lifts)? = value["liftsChecks"],
      case .bool(let readOnly)? = value["readOnly"]
    else { return nil }
    (liftsChecks, isReadOnly) = (lifts, readOnly)
    func texts(_ key: String) -> [String] { value[key]?.elements.compactMap(\.string) ?? [] }
    (allowed, denied, folders) = (texts("allowed"), texts("denied"), texts("folders"))
  }

  /// As the relay gets it.
  var text: String {
    func texts(_ values: [String]) -> JSON { .array(values.map { .string($0) }) }
    return JSON.object([
      "liftsChecks": .bool(liftsChecks), "readOnly": .bool(isReadOnly), "allowed": texts(allowed),
      "denied": texts(denied), "folders": texts(folders),
    ]).text
  }

  /// Whether a tool call may be made.
  /// - Parameters:
  ///   - kind: the protocol's word: `read`, `edit`, `delete`, `move`, `search`, `execute`, `think`, `fetch`, `other`.
  ///   - command: the command line, of a call that executes one.
  ///   - paths: the files that it says it is about.
  ///   - title: what it calls itself; tools of MCP servers by their names.
  func allows(kind: String, command: String?, paths: [String], title: String = "") -> Bool {
    if liftsChecks { return true }
    let tool = title.prefix { !$0.isWhitespace && $0 != "(" }
    if tool.hasPrefix("mcp__") {
      func names(_ rules: [String]) -> Bool { rules.contains { PermissionRule($0).names(tool: String(tool)) } }
      return names(allowed) && !names(denied)
    }
    let isInside = paths.allSatisfy { path in
      let path = FilePath(path).normalized
      return path.isRelative ? !path.string.hasPrefix("..") : folders.contains { path.lies(in: FilePath($0)) }
    }
    switch kind {
    case "read", "search", "think": return isInside
    case "edit", "delete", "move": return isInside && !isReadOnly
    case "execute": return !isReadOnly && command.map(allows(command:)) ?? false
    case "fetch": return allowed.contains("WebFetch") && !denied.contains("WebFetch")
    default: return false
    }
  }

  /// Each part of the line must be allowed by a rule, and none forbidden.
  private func allows(command: String) -> Bool {
    let parts = simpleCommands(of: command)
    let hasHidden = ["$(", "`", "<(", ">("].contains { command.contains($0) }
    guard !parts.isEmpty, !hasHidden else { return false }
    let (allowed, denied) = (allowed.map(PermissionRule.init), denied.map(PermissionRule.init))
    return parts.allSatisfy { part in
      let words = withoutRedirections(part.text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let mayRead = ["git status", "git diff", "git log", "git show"].contains {
        words == $0 || words.hasPrefix($0 + " ")
      }
      return (mayRead || allowed.contains { $0.covers(command: words) })
        && !denied.contains { $0.covers(command: words) }
    }
  }
}
