import Basics
package import YAMLDocuments

/// A plan whose rules are not checked yet.
package struct PlanDraft {
  package var settings = PlanSettings()
  /// Where the values of the settings stand, by key.
  package var settingPositions: [String: SourcePosition] = [:]
  package var tasks: [TaskDraft] = []
  /// Whether every task of the text is among `tasks`.
  package var isComplete = true
  /// Where the list of tasks stands.
  package var tasksPosition: SourcePosition?
}

/// A task whose rules are not checked yet, with the places of its parts where they come from a file.
package struct TaskDraft {
  package var task: AgentTask
  package var position: SourcePosition?
  /// By key.
  package var positions: [String: SourcePosition] = [:]
  /// One for each of the task's needs.
  package var needPositions: [SourcePosition] = []

  package init(_ task: AgentTask) { self.task = task }

  package func place(of key: String) -> SourcePosition? { positions[key] ?? position }

  package func placeOfNeed(at index: Int) -> SourcePosition? {
    index < needPositions.count ? needPositions[index] : place(of: "needs")
  }
}

extension PlanDraft {
  /// Every broken rule, in the order of the file.
  package func problems(file: String?) -> [PlanProblem] {
    var check = PlanCheck(draft: self, file: file)
    return check.run()
  }
}

/// The rules of a plan, wherever it comes from.
private struct PlanCheck {
  let draft: PlanDraft
  let file: String?
  var problems: [PlanProblem] = []

  init(draft: PlanDraft, file: String?) {
    self.draft = draft
    self.file = file
  }

  mutating func run() -> [PlanProblem] {
    checkSettings()
    if draft.tasks.isEmpty { report(draft.tasksPosition, "the plan has no tasks; it needs at least one") }
    draft.tasks.forEach { checkValues(of: $0) }
    checkIDs()
    checkBranches()
    checkNeeds()
    return problems.inOrderOfTheFile
  }

  private mutating func report(_ position: SourcePosition?, _ message: String) {
    problems.append(PlanProblem(file: file, line: position?.line, column: position?.column, message: message))
  }

  private mutating func checkSettings() {
    let settings = draft.settings
    let values = [
      ("base_branch", settings.baseBranch), ("destination_branch", settings.destinationBranch),
      ("worktree_dir", settings.worktreeDir), ("repo_slug", settings.repoSlug),
    ]
    for case (let key, let value?) in values {
      if value.trimmed.isEmpty {
        report(draft.settingPositions[key], "'\(key)' is empty; leave it out to use git config")
      } else if value.unicodeScalars.contains(where: \.isControlOrLineBreak) {
        report(draft.settingPositions[key], "'\(key)' may not contain control characters")
      } else if value.hasPrefix("-") {
        report(draft.settingPositions[key], "'\(key)' may not begin with '-'")
      }
    }
    if let branch = settings.destinationBranch, branch != "auto", !branch.trimmed.isEmpty,
      let problem = BranchName.problem(in: branch), !problem.contains("begin with '-'"), !problem.contains("control")
    {
      report(draft.settingPositions["destination_branch"], "branch \(branch.quoted) \(problem)")
    }
  }

  private mutating func checkValues(of draft: TaskDraft) {
    let task = draft.task
    if let problem = TaskID.problem(in: task.id) {
      report(draft.place(of: "id"), "task id \(task.id.quoted) \(problem)")
    } else if let problem = BranchName.problem(in: task.branch) {
      report(draft.place(of: "branch"), "branch \(task.branch.quoted) \(problem)")
    }
    let name = "task \(task.id.quoted)"
    if task.title.trimmed.isEmpty {
      report(draft.place(of: "title"), "\(name): the title is empty")
    } else if task.title.unicodeScalars.contains(where: \.isControlOrLineBreak) {
      report(draft.place(of: "title"), "\(name): the title must be one line without control characters")
    }
    for (key, texts) in [
      ("description", [task.description]), ("files_hint", task.filesHint), ("test_command", [task.testCommand ?? ""]),
    ] where texts.contains(where: { $0.utf8.contains(0) }) {
      report(draft.place(of: key), "\(name): '\(key)' contains a NUL character")
    }
    if let command = task.testCommand, command.trimmed.isEmpty {
      report(draft.place(of: "test_command"), "\(name): 'test_command' is empty; leave it out instead")
    }
    for fault in task.candidateFaults { report(draft.place(of: fault.key), "\(name): \(fault.message)") }
    for (key, value) in [("agent", task.agent), ("model", task.model)] + task.agents.map({ ("agents", $0) }) {
      guard let value,
        value.isEmpty || value.hasPrefix("-")
          || value.unicodeScalars.contains(where: { $0 == " " || $0.isControlOrLineBreak })
      else { continue }
      report(draft.place(of: key), "\(name): \(value.quoted) is not \(key == "model" ? "a model" : "an agent") name")
    }
  }

  private mutating func checkIDs() {
    var first: [String: String] = [:]
    for draft in draft.tasks {
      let id = draft.task.id
      if let other = first[id.lowercased()] {
        let note = other == id ? "" : " (as \(other.quoted); ids name folders, and some file systems ignore case)"
        report(draft.place(of: "id"), "task id \(id.quoted) is used twice\(note)")
      } else {
        first[id.lowercased()] = id
      }
    }
  }

  private mutating func checkBranches() {
    var owners: [String: String] = [:]
    var folders: [String: String] = [:]
    for (key, branch) in [
      ("base_branch", draft.settings.baseBranch), ("destination_branch", draft.settings.destinationBranch),
    ] {
      guard let branch, branch != "auto" else { continue }
      owners[branch.lowercased()] = "the plan's '\(key)'"
    }
    for draft in draft.tasks where BranchName.problem(in: draft.task.branch) == nil {
      let (branch, place) = (draft.task.branch, draft.place(of: "branch"))
      let name = branch.lowercased()
      let owner = "the branch of task \(draft.task.id.quoted)"
      let parents = Self.folders(of: name)
      if let other = owners[name] {
        // Two tasks with one id are reported already.
        if other != owner { report(place, "branch \(branch.quoted) is already \(other)") }
        continue
      }
      if let parent = parents.first(where: { owners[$0] != nil }), let other = owners[parent] {
        report(place, "branch \(branch.quoted) cannot exist next to \(parent.quoted), \(other)")
      } else if let other = folders[name] {
        report(place, "branch \(branch.quoted) cannot exist next to \(other.quoted), which needs a folder of that name")
      }
      owners[name] = owner
      for candidate in draft.task.candidateBranches {
        if let other = owners[candidate.lowercased()] {
          report(
            place, "branch \(candidate.quoted), of a candidate of task \(draft.task.id.quoted), is already \(other)")
        } else if let other = folders[candidate.lowercased()] {
          report(
            place,
            "branch \(candidate.quoted), of a candidate of task \(draft.task.id.quoted), cannot exist next to "
              + "\(other.quoted), which needs a folder of that name")
        }
        owners[candidate.lowercased()] = "that of a candidate of task \(draft.task.id.quoted)"
      }
      for parent in parents where folders[parent] == nil { folders[parent] = branch }
    }
  }

  /// `a` and `a/b` for `a/b/c`.
  private static func folders(of branch: String) -> [String] {
    branch.indices.filter { branch[$0] == "/" }.map { String(branch[..<$0]) }
  }

  private mutating func checkNeeds() {
    var places: [String: Int] = [:]
    for (place, draft) in draft.tasks.enumerated() where places[draft.task.id] == nil { places[draft.task.id] = place }
    var edges = [[(need: Int, index: Int)]](repeating: [], count: draft.tasks.count)
    for (place, draft) in draft.tasks.enumerated() {
      let name = "task \(draft.task.id.quoted)"
      var seen: Set<String> = []
      for (index, need) in draft.task.needs.enumerated() {
        if !seen.insert(need).inserted {
          report(draft.placeOfNeed(at: index), "\(name) names \(need.quoted) twice in 'needs'")
        } else if need == draft.task.id {
          report(draft.placeOfNeed(at: index), "\(name) needs itself")
        } else if let target = places[need] {
          edges[place].append((target, index))
        } else {
          // To compare each with each takes minutes in a large plan, of whose faults only the first are shown.
          let isShown = problems.count < PlanError.mostShown && places.count <= 1_000
          let hint = isShown ? NearestName.suggestion(for: need, among: places.keys.sorted()) : ""
          report(draft.placeOfNeed(at: index), "\(name) needs \(need.quoted), which is not a task of the plan\(hint)")
        }
      }
    }
    reportCycles(edges)
  }

  /// Walks the needs depth first; a need that is still on the path closes a cycle.
  private mutating func reportCycles(_ edges: [[(need: Int, index: Int)]]) {
    var isDone = [Bool](repeating: false, count: edges.count)
    var depth: [Int: Int] = [:]
    for start in edges.indices where !isDone[start] {
      var path = [(task: start, next: 0)]
      depth[start] = 0
      while let (task, next) = path.last {
        guard next < edges[task].count else {
          path.removeLast()
          depth[task] = nil
          isDone[task] = true
          continue
        }
        path[path.count - 1].next += 1
        let edge = edges[task][next]
        if let begin = depth[edge.need] {
          let ids = (path[begin...].map(\.task) + [edge.need]).map { draft.tasks[$0].task.id }
          report(
            draft.tasks[task].placeOfNeed(at: edge.index), "the needs form a cycle: \(ids.joined(separator: " → "))")
        } else if !isDone[edge.need] {
          depth[edge.need] = path.count
          path.append((edge.need, 0))
        }
      }
    }
  }
}

extension [PlanProblem] {
  /// Sorted by place; several of one place as they were.
  package var inOrderOfTheFile: [PlanProblem] {
    enumerated()
      .sorted { ($0.element.place, $0.offset) < ($1.element.place, $1.offset) }
      .map(\.element)
  }
}

extension PlanProblem {
  fileprivate var place: Int { (line ?? 0) * 100_000 + min(column ?? 0, 99_999) }
}
