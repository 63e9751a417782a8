import Agents
import Basics

/// A tool call that was refused, as far as permissions look at it, and what the client said.
struct DeniedCall: Sendable, Equatable {
  var tool: String
  /// The shell command, for a tool that runs one.
  var command: String?
  /// The file or folder, for a tool that touches one.
  var path: String?
  /// The address, for a tool that fetches one.
  var url: String?
  /// The client's word for why: "rule", "mode", "workingDir", "safetyCheck", "other", …; older ones give none.
  var reason: String?
  /// The client's sentence.
  var message: String?

  init(
    tool: String, command: String? = nil, path: String? = nil, url: String? = nil, reason: String? = nil,
    message: String? = nil
  ) {
    (self.tool, self.command, self.path, self.url) = (tool, command, path, url)
    (self.reason, self.message) = (reason, message)
  }
}

/// Who refused a call, and the narrowest setting that would allow the next one like it.
///
/// Silent where there is none: a setting that is advised is followed. So nothing is advised that is set already, that
/// the user has denied, that would not help, or that lets an agent do more than what it asked for.
struct DenialAdvice {
  let permissions: ToolPermissions
  /// Where the agent works.
  let directory: String?

  struct Answer: Equatable {
    /// The rule or the mode that refused; nil when it was only that nothing allows the call.
    var deniedBy: String?
    /// A command line, safe to paste.
    var suggestion: String?
  }

  func answer(to call: DeniedCall) -> Answer {
    if let rule = denyingRule(call) { return Answer(deniedBy: rule) }
    let mode = permissions.permissionMode
    if mode == "plan" { return Answer(deniedBy: "mode plan (\(permissions.settingNames.permissionMode))") }
    var answer = Answer()
    let message = call.message ?? ""
    if call.reason == "mode" || call.reason == "classifier" {
      answer.deniedBy = "mode \(mode) (\(permissions.settingNames.permissionMode))"
    }
    if call.reason == "safetyCheck" || message.contains("sensitive file") {
      return Answer(deniedBy: "a safety check of Claude Code")
    }
    if call.reason == "workingDir" || message.contains("outside the working directories")
      || message.contains("was blocked. For security")
    {
      answer.deniedBy = "outside the worktree"
      answer.suggestion = readingAdvice(call)
      return answer
    }
    if call.tool == "Bash" {
      guard isAboutRules(message) else { return Answer(deniedBy: "Claude Code cannot check such a command") }
      answer.suggestion = call.command.flatMap(commandAdvice)
      if answer.suggestion == nil, call.command.map(CommitForms.refuse) ?? false {
        answer.deniedBy = CommitForms.reason
      }
      return answer
    }
    answer.suggestion = toolAdvice(call)
    return answer
  }

  // MARK: - Who refused

  /// The rule that denies the call; what comes first is the user's own.
  private func denyingRule(_ call: DeniedCall) -> String? {
    let message = call.message ?? ""
    // "… has been denied because …" speaks of a mode.
    let isRule =
      call.reason == "rule" || message.hasSuffix("has been denied.") || message.contains("denied access to")
      || message.contains("denied by your permission settings") || message.contains("by a deny rule")
    // A client that gives no reason says that nobody has allowed it, also where a rule denies.
    guard isRule || call.reason == nil && !message.contains("approv") && !message.contains("directories") else {
      return nil
    }
    let users = permissions.disallowedTools.map { PermissionRule($0) }
    if let rule = users.first(where: { covers($0, call) }) {
      return "rule \(shown(rule)) (\(permissions.settingNames.disallowedTools))"
    }
    if let rule = permissions.builtInDenials.map({ PermissionRule($0) }).first(where: { covers($0, call) }) {
      return "rule \(shown(rule)) (of git-orch)"
    }
    return isRule ? "a rule that denies it" : nil
  }

  private func shown(_ rule: PermissionRule) -> String { plainText(rule.text, limit: 120) }

  private func covers(_ rule: PermissionRule, _ call: DeniedCall) -> Bool {
    guard call.tool == "Bash" else {
      guard rule.names(tool: call.tool) else { return false }
      guard let specifier = rule.specifier else { return true }
      if specifier.hasPrefix("domain:") {
        return host(of: call.url ?? "") == String(specifier.dropFirst("domain:".count))
      }
      // Of a path or a parameter nothing more is known; it was a rule, and this one speaks of the tool.
      return call.reason == "rule"
    }
    guard rule.tool == "Bash", let command = call.command else { return false }
    // A program is meant in whatever folder it is, and behind words that only start it.
    let parts =
      shellParts(of: command)
      ?? simpleCommands(of: command).map {
        ShellPart(words: withoutRedirections($0.text).split(whereSeparator: \.isWhitespace).map(String.init))
      }
    return parts.contains { part in
      var words = part.words[...]
      while let first = words.first {
        let name = first.split(separator: "/").last.map(String.init) ?? first
        if rule.covers(command: ([name] + words.dropFirst()).joined(separator: " ")) { return true }
        guard ["timeout", "nice", "env", "command", "nohup", "time", "stdbuf", "builtin"].contains(name) else {
          return false
        }
        words = words.dropFirst()
        words = words.drop { $0.hasPrefix("-") || $0.contains("=") || $0.first?.isNumber == true }
      }
      return false
    }
  }

  // MARK: - What would allow it

  /// Whether the client's sentence says that a rule is missing, and not that there is none that helps.
  private func isAboutRules(_ message: String) -> Bool {
    if message.isEmpty { return true }
    let hopeless = [
      "can't be checked", "cannot be", "dangerous", "manual approval", "needs approval. The path is outside",
    ]
    if hopeless.contains(where: message.contains) { return false }
    return [
      "requires approval", "require approval", "needs approval", "haven't granted", "don't ask mode", "Auto mode",
    ]
    .contains(where: message.contains)
  }

  private func commandAdvice(_ command: String) -> String? {
    switch CommandAdvice(permissions: permissions).result(for: command) {
    case .rules(let rules): return rules.map(adding).joined(separator: " && ")
    case .acceptEdits: return acceptingEdits
    case .none: return nil
    }
  }

  private func adding(_ rule: String) -> String {
    "git config --add \(permissions.settingNames.allowedTools) \(shellQuoted(rule))"
  }

  private var acceptingEdits: String { "git config \(permissions.settingNames.permissionMode) acceptEdits" }

  private func readingAdvice(_ call: DeniedCall) -> String? {
    let files = PathAdvice(directory: directory)
    guard let path = call.path, ["Read", "Grep", "Glob"].contains(call.tool), files.isInside(path) == false,
      let rule = files.readingRule(path, isFolder: call.tool != "Read")
    else { return nil }
    return unlessSet(rule)
  }

  private func unlessSet(_ rule: String) -> String? {
    permissions.allowedTools.contains { $0.trimmed == rule } ? nil : adding(rule)
  }

  private func toolAdvice(_ call: DeniedCall) -> String? {
    switch call.tool {
    case "Write", "Edit", "MultiEdit", "NotebookEdit":
      // No rule for a tool that writes is as narrow as the mode, which ends at the worktree.
      let asks = ["default", "manual", "dontAsk"].contains(permissions.permissionMode)
      guard asks, let path = call.path, PathAdvice(directory: directory).isEditable(path) else { return nil }
      return acceptingEdits
    case "Read", "Grep", "Glob": return readingAdvice(call)
    case "WebFetch":
      guard let url = call.url, let host = host(of: url) else { return nil }
      return unlessSet("WebFetch(domain:\(host))")
    case "WebSearch": return unlessSet("WebSearch")
    default:
      // The name goes into a line that people paste: plain words only.
      guard call.tool.hasPrefix("mcp__"), isPlainWord(call.tool), !call.tool.contains("/"),
        !permissions.allowedTools.contains(where: { PermissionRule($0).names(tool: call.tool) })
      else { return nil }
      return adding(call.tool)
    }
  }

  /// The name of a host on the internet; nil for numbers, and for names that only a local network knows.
  private func host(of url: String) -> String? {
    guard let start = url.firstRange(of: "://") else { return nil }
    let scheme = url[..<start.lowerBound]
    guard scheme == "https" || scheme == "http" else { return nil }
    let host = url[start.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }.lowercased()
    let labels = host.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count > 1, let last = labels.last, last.count > 1, last.allSatisfy(\.isLetter),
      !["local", "localhost", "internal", "lan", "home", "corp"].contains(String(last)),
      host.utf8.allSatisfy({
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0) || (48...57).contains($0) || $0 == 45 || $0 == 46
      }),
      !labels.contains("")
    else { return nil }
    return host
  }
}
