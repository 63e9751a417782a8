import Agents
import Basics

/// What could be allowed of a command line that was refused.
struct CommandAdvice {
  let permissions: ToolPermissions

  enum Result: Equatable {
    /// These rules would let it pass.
    case rules([String])
    /// The mode `acceptEdits` would.
    case acceptEdits
    /// Nothing that is narrow would.
    case none
  }

  private static let mostRules = 3

  func result(for line: String) -> Result {
    guard let parts = shellParts(of: line), !parts.isEmpty else { return .none }
    var rules: [String] = []
    var needsEdits = false
    for part in parts {
      guard part.redirections.allSatisfy({ staysInside($0.target) || $0.target == "/dev/null" }),
        part.assignments.allSatisfy(isHarmless)
      else { return .none }
      if !part.redirections.allSatisfy({ $0.mark.hasPrefix("<") || $0.target == "/dev/null" }), !acceptsEdits {
        needsEdits = true
      }
      if part.words.isEmpty { return .none }
      switch need(of: part) {
      case .nothing: continue
      case .edits: needsEdits = true
      case .rule(let rule): if !rules.contains(rule) { rules.append(rule) }
      case .refused: return .none
      }
    }
    // Two settings of different kinds at once are no advice to follow blindly.
    if needsEdits { return rules.isEmpty && !acceptsEdits ? .acceptEdits : .none }
    return rules.isEmpty || rules.count > Self.mostRules ? .none : .rules(rules)
  }

  private enum Need {
    case nothing
    case edits
    case rule(String)
    case refused
  }

  private var acceptsEdits: Bool {
    ["acceptEdits", "auto", ToolPermissions.bypass].contains(permissions.permissionMode)
  }

  private func need(of part: ShellPart) -> Need {
    let words = part.words
    let program = words[0]
    if permissions.allowedToolRules.contains(where: { PermissionRule($0).covers(command: part.command) }) {
      return .nothing
    }
    let arguments = words.dropFirst()
    if program == "cd" { return arguments.count == 1 && staysInside(words[1]) ? .nothing : .refused }
    if KnownPrograms.reading.contains(program) {
      let isRead = !arguments.contains(where: leadsOut) && !arguments.contains(where: isRunning)
      return isRead ? .nothing : .refused
    }
    if let takesOptions = KnownPrograms.editing[program] {
      let isInside = arguments.allSatisfy { staysInside($0) && (takesOptions || !$0.hasPrefix("-")) }
      guard isInside, !arguments.isEmpty else { return .refused }
      return acceptsEdits ? .nothing : .edits
    }
    if program == "git" { return gitNeed(part) }
    return rule(for: part).map { .rule("Bash(\($0))") } ?? .refused
  }

  /// Options of `find` that run or write something.
  private func isRunning(_ word: String) -> Bool {
    ["-exec", "-execdir", "-ok", "-okdir", "-delete"].contains(word) || word.hasPrefix("-fprint") || word == "-fls"
      || word.hasPrefix("-files0")
  }

  /// All of git would be as wide as a shell. Where git's committing is refused, it is for its options, which no setting
  /// allows; most other commands move what is not the task's, or run code.
  private func gitNeed(_ part: ShellPart) -> Need {
    guard part.words.count > 1 else { return .refused }
    let command = part.words[1]
    if KnownPrograms.gitReading.contains(command) {
      return part.words.contains(where: leadsOut) ? .refused : .nothing
    }
    guard KnownPrograms.gitLocal.contains(command), isExact(part),
      !part.words.dropFirst(2).contains(where: { $0.hasPrefix("-") && $0.contains("=") })
    else { return .refused }
    return .rule("Bash(\(part.command))")
  }

  /// What is in the brackets of a rule that lets the command pass; nil where that would not be narrow.
  private func rule(for part: ShellPart) -> String? {
    let words = part.words
    let program = words[0]
    guard !program.hasPrefix("/"), !leadsOut(program), isPlainWord(program) else { return nil }
    let name = program.split(separator: "/").last.map(String.init) ?? program
    if let wrapper = KnownPrograms.wrappers.first(where: { words.starts(with: $0) }) {
      guard words.count > 2, KnownPrograms.checking.contains(words[2]) else { return nil }
      return (wrapper + [words[2]]).joined(separator: " ") + ":*"
    }
    if name == "gh" {
      guard words.count > 2, KnownPrograms.forgeReading.contains("\(words[1]) \(words[2])") else { return nil }
      return "gh \(words[1]) \(words[2]):*"
    }
    if KnownPrograms.wide.contains(name) || name.hasPrefix("python") || name.hasPrefix("mkfs") { return nil }
    if KnownPrograms.testing.contains(name) { return "\(program):*" }
    if let targets = KnownPrograms.building[name] {
      guard words.count > 1, isTarget(words[1]) else { return targets.isEmpty ? exact(part) : nil }
      guard targets.isEmpty || targets.contains(words[1]) else { return nil }
      return "\(program) \(words[1]):*"
    }
    if KnownPrograms.scripts.contains(name) { return scriptRule(part) }
    return exact(part)
  }

  private func scriptRule(_ part: ShellPart) -> String? {
    let words = part.words
    guard words.count > 1 else { return exact(part) }
    // They fetch programs and run them, or publish.
    let running: Set<String> = [
      "exec", "x", "dlx", "create", "init", "publish", "login", "adduser", "token", "config", "set", "explore", "edit",
      "global", "pack", "link", "ln", "owner", "access", "unpublish", "deprecate", "dist-tag", "profile", "org", "team",
    ]
    if running.contains(words[1]) { return nil }
    let isScript = KnownPrograms.scriptWords.contains(words[1])
    let count = isScript ? 3 : 2
    guard words.count > count, isScript || words[1] == "test", words.prefix(count).allSatisfy(isTarget) else {
      return exact(part)
    }
    return words.prefix(count).joined(separator: " ") + ":*"
  }

  /// The command as it stands.
  private func exact(_ part: ShellPart) -> String? { isExact(part) ? part.command : nil }

  private func isExact(_ part: ShellPart) -> Bool {
    part.isPlain && !part.words.contains(where: leadsOut) && part.command.utf8.count <= 200
      && !part.command.hasSuffix(":")
  }

  /// A word that names what is to be done, not an option, a file or a variable.
  private func isTarget(_ word: String) -> Bool {
    isPlainWord(word.replacing(":", with: "")) && !word.hasPrefix(".") && !word.hasPrefix("/") && !word.hasSuffix(":")
      && !leadsOut(word)
  }

  /// Variables that only change how much a program says.
  private func isHarmless(_ assignment: String) -> Bool {
    ["CI", "NODE_ENV", "NO_COLOR", "FORCE_COLOR", "RUST_BACKTRACE", "LANG", "LC_ALL", "TZ"]
      .contains(String(assignment.prefix { $0 != "=" })) && !leadsOut(assignment)
  }

  /// Whether a word names a file in the worktree that the client does not protect.
  private func staysInside(_ word: String) -> Bool {
    !leadsOut(word) && !word.split(separator: "/").contains { $0.hasPrefix(".") && $0 != "." }
  }
}
