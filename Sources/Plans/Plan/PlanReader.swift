import Basics
import YAMLDocuments
import Yams

/// Turns a YAML text into a draft, and reports what does not fit the shape of a plan.
struct PlanReader {
  private static let rootKeys = ["settings", "tasks"]
  private static let settingKeys = ["base_branch", "destination_branch", "worktree_dir", "repo_slug", "auto_cleanup"]
  private static let taskKeys = [
    "id", "branch", "title", "description", "files_hint", "test_command", "needs", "model",
  ]

  private let file: String
  private var problems: [PlanProblem] = []

  private init(file: String) { self.file = file }

  /// Throws every fault of the shape, and, when there is none, leaves the rules to the draft.
  static func draft(from yaml: String, file: String) throws(PlanError) -> PlanDraft {
    var reader = PlanReader(file: file)
    let draft = reader.read(yaml.withoutByteOrderMark)
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
    if let (line, column) = YAMLAliasLimit.firstExcess(in: yaml) {
      report(SourcePosition(line: line, column: column), Self.noAliases)
      return nil
    }
    do {
      // Yams knows anchors only as long as the parser lives; without resolver rules no scalar costs a regular expression.
      let parser = try Parser(yaml: yaml, resolver: .basic, encoding: .utf8)
      return try withExtendedLifetime(parser) {
        guard let root = try parser.singleRoot() else { return nil }
        refuseAnchors(in: root)
        return problems.isEmpty ? draft(from: root) : nil
      }
    } catch let error as YamlError {
      report(error, in: yaml)
    } catch {
      report(nil, "not valid YAML: \(error)")
    }
    return nil
  }

  // MARK: The shape

  private mutating func draft(from root: Node) -> PlanDraft? {
    if let scalar = root.scalar, scalar.isNull { return nil }
    guard let mapping = root.mapping else {
      report(root.position, "a plan must be a mapping with 'tasks', not \(root.kind)")
      return nil
    }
    var draft = PlanDraft()
    let values = fields(of: mapping, known: Self.rootKeys, what: "key")
    if let node = values["settings"], !node.isNull {
      if let mapping = node.mapping {
        readSettings(mapping, into: &draft)
      } else {
        report(node.position, "'settings' must be a mapping, not \(node.kind)")
      }
    }
    draft.tasksPosition = values["tasks"]?.position ?? root.position
    guard let node = values["tasks"] else {
      report(root.position, "'tasks' is missing: a plan needs at least one task")
      return draft
    }
    guard let tasks = node.sequence else {
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

  private mutating func readSettings(_ mapping: Node.Mapping, into draft: inout PlanDraft) {
    let values = fields(of: mapping, known: Self.settingKeys, what: "setting")
    draft.settingPositions = values.compactMapValues(\.position)
    draft.settings.baseBranch = text(values["base_branch"], "base_branch")
    draft.settings.destinationBranch = text(values["destination_branch"], "destination_branch")
    draft.settings.worktreeDir = text(values["worktree_dir"], "worktree_dir")
    draft.settings.repoSlug = text(values["repo_slug"], "repo_slug")
    guard let node = values["auto_cleanup"], !node.isNull else { return }
    switch node.scalar?.style == .plain ? node.scalar?.string.lowercased() : nil {
    case "true", "yes", "on": draft.settings.autoCleanup = true
    case "false", "no", "off": draft.settings.autoCleanup = false
    default: report(node.position, "'auto_cleanup' must be true or false")
    }
  }

  private mutating func readTask(_ node: Node) -> TaskDraft? {
    guard let mapping = node.mapping else {
      report(node.position, "a task must be a mapping with 'id' and 'title', not \(node.kind)")
      return nil
    }
    let values = fields(of: mapping, known: Self.taskKeys, what: "key")
    let id = required(values["id"], "id", of: node)
    let title = required(values["title"], "title", of: node)
    let description = text(values["description"], "description")
    let needs = list(values["needs"], "needs")
    let branch = text(values["branch"], "branch")
    let filesHint = list(values["files_hint"], "files_hint")
    let testCommand = text(values["test_command"], "test_command")
    let model = text(values["model"], "model")
    guard let id, let title else { return nil }
    var draft = TaskDraft(
      AgentTask(
        id: id, branch: branch, title: title,
        description: description.flatMap { $0.trimmed.isEmpty ? nil : $0 },
        filesHint: filesHint.map(\.text), testCommand: testCommand, needs: needs.map(\.text), model: model))
    draft.position = node.position
    draft.positions = values.compactMapValues(\.position)
    draft.needPositions = needs.map(\.position)
    return draft
  }

  private mutating func fields(of mapping: Node.Mapping, known: [String], what: String) -> [String: Node] {
    var values: [String: Node] = [:]
    for (key, value) in mapping {
      guard let name = key.scalar?.string else {
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
      if values.updateValue(value, forKey: name) != nil { report(key.position, "'\(name)' is given twice") }
    }
    return values
  }

  private mutating func required(_ node: Node?, _ key: String, of task: Node) -> String? {
    guard let node, !node.isNull else {
      report(node?.position ?? task.position, "a task without '\(key)'")
      return nil
    }
    return text(node, key)
  }

  /// A scalar as it is written: `12` is the text "12".
  private mutating func text(_ node: Node?, _ key: String) -> String? {
    guard let node, !node.isNull else { return nil }
    guard let scalar = node.scalar else {
      report(node.position, "'\(key)' must be a string, not \(node.kind)")
      return nil
    }
    return scalar.string
  }

  private mutating func list(_ node: Node?, _ key: String) -> [(text: String, position: SourcePosition)] {
    guard let node, !node.isNull else { return [] }
    guard let sequence = node.sequence else {
      report(node.position, "'\(key)' must be a list, not \(node.kind)")
      return []
    }
    return sequence.compactMap { item in
      guard let scalar = item.scalar, !item.isNull, let position = item.position else {
        report(item.position, "'\(key)' must be a list of strings; this is \(item.kind)")
        return nil
      }
      return (scalar.string, position)
    }
  }

  // MARK: Anchors and YAML's own errors

  fileprivate static let noAliases = "anchors and aliases are not allowed in a plan; write the value out"

  /// An alias shows as the node it stands for, so it is enough never to go below an anchor.
  private mutating func refuseAnchors(in node: Node) {
    if node.anchor != nil {
      report(node.position, Self.noAliases)
      return
    }
    switch node {
    case .mapping(let mapping):
      for (key, value) in mapping {
        refuseAnchors(in: key)
        refuseAnchors(in: value)
      }
    case .sequence(let sequence): sequence.forEach { refuseAnchors(in: $0) }
    case .scalar, .alias: break
    }
  }

  private mutating func report(_ position: SourcePosition?, _ message: String) {
    let problem = PlanProblem(file: file, line: position?.line, column: position?.column, message: message)
    // A fault at the place of another (an anchor that is used twice) says nothing new.
    if !problems.contains(problem) { problems.append(problem) }
  }

  private mutating func report(_ error: YamlError, in yaml: String) {
    switch error {
    case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
      .composer(let context, let problem, let mark, _):
      // "found undefined alias" is about aliases, whatever else is wrong with it.
      let isAlias = problem.contains("alias")
      let place = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
      report(mark.position, isAlias ? Self.noAliases : "not valid YAML: \(problem)\(place)")
    case .duplicatedKeysInMapping(let duplicates, let context):
      let keys = duplicates.sorted().map(\.quoted).joined(separator: ", ")
      report(context.mark.position, "\(keys) is given twice")
    case .reader:
      let (position, character) = Self.firstUnreadable(in: yaml)
      report(position, "not valid YAML: the character \(character) may only be written as an escape in double quotes")
    default:
      report(nil, "not valid YAML: \(error)")
    }
  }

  private static func firstUnreadable(in yaml: String) -> (SourcePosition?, String) {
    var (line, column) = (1, 1)
    for scalar in yaml.unicodeScalars {
      if !scalar.isYAMLPrintable {
        return (SourcePosition(line: line, column: column), "U+\(hex(scalar.value, digits: 4))")
      }
      (line, column) = scalar == "\n" ? (line + 1, 1) : (line, column + 1)
    }
    return (nil, "there")
  }
}

extension Mark {
  fileprivate var position: SourcePosition { SourcePosition(line: line, column: column) }
}

extension Node {
  fileprivate var position: SourcePosition? { mark?.position }

  fileprivate var isNull: Bool { scalar?.isNull ?? false }

  fileprivate var kind: String {
    switch self {
    case .scalar(let scalar): scalar.isNull ? "nothing" : "the string \(scalar.string.quoted)"
    case .mapping: "a mapping"
    case .sequence: "a list"
    case .alias: "an alias"
    }
  }
}

extension Node.Scalar {
  fileprivate var isNull: Bool { style == .plain && ["", "~", "null", "Null", "NULL"].contains(string) }
}
