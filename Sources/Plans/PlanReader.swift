import Basics
import YAMLDocuments

/// Turns a YAML text into a draft, and reports what does not fit the shape of a plan.
struct PlanReader {
  private static let rootKeys = ["settings", "tasks"]
  private static let settingKeys = ["base_branch", "destination_branch", "worktree_dir", "repo_slug", "auto_cleanup"]
  private static let taskKeys = [
    "id", "branch", "title", "description", "files_hint", "test_command", "needs", "agent", "agents",
    "candidates", "launcher", "model", "max_turns",
  ]

  private let file: String
  private var problems: [PlanProblem] = []

  private init(file: String) { self.file = file }

  /// Throws every fault of the shape, and, when there is none, leaves the rules to the draft.
  static func draft(from yaml: String, file: String) throws(PlanError) -> PlanDraft {
    var reader = PlanReader(file: file)
    let draft = reader.read(yaml)
    guard reader.problems.isEmpty else {
      // The rules are checked all the same, so that the user hears of all faults at once; but without all tasks there
      // would be false ones.
      let more = draft.map { $0.isComplete && !$0.tasks.isEmpty ? $0.problems(file: file) : [] } ?? []
      throw PlanError(.invalid, (reader.problems + more).inOrderOfTheFile)
    }
    guard let draft else {
      let message = "contains no plan; write one with 'git orch generate TODO'"
      throw PlanError(.unreadable(.empty), [PlanProblem(file: file, message: message)])
    }
    return draft
  }

  private mutating func read(_ yaml: String) -> PlanDraft? {
    do {
      // Tags do no harm here: values are read as they are written.
      return try YAMLDocument.root(of: yaml, allowing: .tags).flatMap { draft(from: $0) }
    } catch {
      for fault in error.all { report(fault.position, fault.description) }
      return nil
    }
  }

  // MARK: The shape

  private mutating func draft(from root: YAMLNode) -> PlanDraft? {
    if root.isNull { return nil }
    guard let entries = root.entries else {
      report(root.position, "a plan must be a mapping with 'tasks', not \(root.kind)")
      return nil
    }
    var draft = PlanDraft()
    let values = fields(of: entries, known: Self.rootKeys, what: "key")
    if let node = values["settings"], !node.isNull {
      if let entries = node.entries {
        readSettings(entries, into: &draft)
      } else {
        report(node.position, "'settings' must be a mapping, not \(node.kind)")
      }
    }
    draft.tasksPosition = values["tasks"]?.position ?? root.position
    guard let node = values["tasks"] else {
      report(root.position, "'tasks' is missing: a plan needs at least one task")
      return draft
    }
    guard let tasks = node.items else {
      if node.isNull {
        report(node.position, "the plan has no tasks; it needs at least one")
      } else {
        report(node.position, "'tasks' must be a list, not \(node.kind)")
      }
      return draft
    }
    draft.tasks = tasks.compactMap { readTask($0) }
    draft.isComplete = draft.tasks.count == tasks.count
    return draft
  }

  private mutating func readSettings(_ entries: [YAMLEntry], into draft: inout PlanDraft) {
    let values = fields(of: entries, known: Self.settingKeys, what: "setting")
    draft.settingPositions = values.mapValues(\.position)
    draft.settings.baseBranch = text(values["base_branch"], "base_branch")
    draft.settings.destinationBranch = text(values["destination_branch"], "destination_branch")
    draft.settings.worktreeDir = text(values["worktree_dir"], "worktree_dir")
    draft.settings.repoSlug = text(values["repo_slug"], "repo_slug")
    guard let node = values["auto_cleanup"], !node.isNull else { return }
    draft.settings.autoCleanup = node.flag
    if node.flag == nil { report(node.position, "'auto_cleanup' must be true or false") }
  }

  private mutating func readTask(_ node: YAMLNode) -> TaskDraft? {
    guard let entries = node.entries else {
      report(node.position, "a task must be a mapping with 'id' and 'title', not \(node.kind)")
      return nil
    }
    let values = fields(of: entries, known: Self.taskKeys, what: "key")
    let id = required(values["id"], "id", of: node)
    let title = required(values["title"], "title", of: node)
    let description = text(values["description"], "description")
    let needs = list(values["needs"], "needs")
    let branch = text(values["branch"], "branch")
    let filesHint = list(values["files_hint"], "files_hint")
    let testCommand = text(values["test_command"], "test_command")
    let agent = text(values["agent"], "agent")
    let agents = list(values["agents"], "agents")
    let candidates = number(values["candidates"], "candidates", in: 1...AgentTask.mostCandidates)
    let launcher = choice(values["launcher"], "launcher", of: LauncherChoice.self)
    let model = text(values["model"], "model")
    let maxTurns = number(values["max_turns"], "max_turns", in: 1...1_000_000)
    guard let id, let title else { return nil }
    var draft = TaskDraft(
      AgentTask(
        id: id, branch: branch, title: title,
        description: description.flatMap { $0.trimmed.isEmpty ? nil : $0 },
        filesHint: filesHint.map(\.text), testCommand: testCommand, needs: needs.map(\.text), agent: agent,
        agents: agents.map(\.text), candidates: candidates, launcher: launcher, model: model, maxTurns: maxTurns))
    draft.position = node.position
    draft.positions = values.mapValues(\.position)
    draft.needPositions = needs.map(\.position)
    return draft
  }

  private mutating func fields(of entries: [YAMLEntry], known: [String], what: String) -> [String: YAMLNode] {
    var values: [String: YAMLNode] = [:]
    for entry in entries {
      let key = entry.key
      guard let name = key.text else {
        report(key.position, "a \(what) must be a word, not \(key.kind)")
        continue
      }
      guard known.contains(name) else {
        let hint = NearestName.suggestion(for: name, among: known)
        report(
          key.position,
          "unknown \(what) \(name.quoted)\(hint.isEmpty ? " (known: \(known.joined(separator: ", ")))" : hint)")
        continue
      }
      values[name] = entry.value
    }
    return values
  }

  private mutating func required(_ node: YAMLNode?, _ key: String, of task: YAMLNode) -> String? {
    guard let node, !node.isNull else {
      report(node?.position ?? task.position, "a task without '\(key)'")
      return nil
    }
    return text(node, key)
  }

  private mutating func number(_ node: YAMLNode?, _ key: String, in range: ClosedRange<Int>) -> Int? {
    guard let node, !node.isNull else { return nil }
    guard let text = node.text, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text),
      range.contains(number)
    else {
      report(node.position, "'\(key)' must be a whole number from \(range.lowerBound) to \(range.upperBound)")
      return nil
    }
    return number
  }

  private mutating func choice<Value: RawRepresentable<String> & CaseIterable>(
    _ node: YAMLNode?, _ key: String, of type: Value.Type
  ) -> Value? {
    guard let node, let text = text(node, key) else { return nil }
    if let value = Value(rawValue: text) { return value }
    let known = Value.allCases.map(\.rawValue)
    let hint = NearestName.suggestion(for: text, among: known)
    report(node.position, "'\(key)' must be one of \(known.joined(separator: ", ")), not \(text.quoted)\(hint)")
    return nil
  }

  /// A scalar as it is written: `12` is the text "12".
  private mutating func text(_ node: YAMLNode?, _ key: String) -> String? {
    guard let node, !node.isNull else { return nil }
    guard let text = node.text else {
      report(node.position, "'\(key)' must be a string, not \(node.kind)")
      return nil
    }
    return text
  }

  private mutating func list(_ node: YAMLNode?, _ key: String) -> [(text: String, position: SourcePosition)] {
    guard let node, !node.isNull else { return [] }
    guard let items = node.items else {
      report(node.position, "'\(key)' must be a list, not \(node.kind)")
      return []
    }
    return items.compactMap { item in
      guard let text = item.text, !item.isNull else {
        report(item.position, "'\(key)' must be a list of strings; this is \(item.kind)")
        return nil
      }
      return (text, item.position)
    }
  }

  private mutating func report(_ position: SourcePosition?, _ message: String) {
    problems.append(PlanProblem(file: file, line: position?.line, column: position?.column, message: message))
  }
}
