import Basics
import Plans
import TodoLists

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a model answers when it is asked for a plan.
struct PlanAnswer: Decodable {
  struct Task: Decodable {
    let id: String
    let title: String
    let description: String
    let filesHint: [String]
    let testCommand: String
    let needs: [String]
    /// The first lines of the items that it does; nil in an answer to an older question.
    let items: [String]?

    enum CodingKeys: String, CodingKey {
      case id, title, description, needs, items
      case filesHint = "files_hint"
      case testCommand = "test_command"
    }
  }

  let tasks: [Task]

  /// The schema of the answer; holds only what structured outputs know, so lengths and patterns are checked afterwards.
  static let schema: JSON = [
    "type": "object",
    "additionalProperties": false,
    "required": ["tasks"],
    "properties": [
      "tasks": [
        "type": "array",
        "items": [
          "type": "object",
          "additionalProperties": false,
          "required": ["id", "title", "description", "files_hint", "test_command", "needs", "items"],
          "properties": [
            "id": ["type": "string", "description": "short unique name in kebab case"],
            "title": ["type": "string", "description": "one line in conventional-commit form"],
            "description": ["type": "string", "description": "what the agent is to do, in Markdown"],
            "files_hint": ["type": "array", "items": ["type": "string"]],
            "test_command": ["type": "string", "description": "a shell command, or the empty string"],
            "needs": [
              "type": "array", "items": ["type": "string"],
              "description": "ids of tasks that must be done first because this one builds on them",
            ],
            "items": [
              "type": "array", "items": ["type": "string"],
              "description": "the to-do items that this task does: the first line of each, copied as it is written",
            ],
          ],
        ],
      ]
    ],
  ]

  static func decode(_ json: Data) throws(PlanAnswerError) -> PlanAnswer {
    do {
      return try JSONDecoder().decode(PlanAnswer.self, from: json)
    } catch {
      let start = String(decoding: json.prefix(200), as: UTF8.self).trimmed
      throw PlanAnswerError(
        reason: "the answer did not match the schema: \(Self.reason(error)); it begins \(start.quoted)")
    }
  }

  private static func reason(_ error: any Error) -> String {
    guard let error = error as? DecodingError else { return "\(error)" }
    func path(_ context: DecodingError.Context) -> String {
      context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? ".\($0.stringValue)" }.joined()
    }
    switch error {
    case .keyNotFound(let key, let context): return "no '\(key.stringValue)' in the answer\(path(context))"
    case .typeMismatch(_, let context), .valueNotFound(_, let context):
      return "a value of the wrong type at the answer's \(path(context))"
    case .dataCorrupted: return "malformed"
    @unknown default: return "malformed"
    }
  }

  /// The plan of the answer, held to the rules of a plan file.
  ///
  /// Only what changes no meaning is fixed: ids are brought into kebab case, with the needs that name them, and white
  /// space at the ends of texts goes.
  func plan(settings: PlanSettings) throws(PlanAnswerError) -> TaskPlan {
    let ids = Dictionary(tasks.map { ($0.id, Self.normalised($0.id)) }, uniquingKeysWith: { first, _ in first })
    let agentTasks = tasks.map { task in
      let title = task.title.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      let description = task.description.trimmed
      return AgentTask(
        id: ids[task.id] ?? task.id, title: title, description: description.isEmpty ? title : description,
        filesHint: task.filesHint.map(\.trimmed).filter { !$0.isEmpty },
        testCommand: task.testCommand.trimmed.isEmpty ? nil : task.testCommand.trimmed,
        needs: task.needs.map { ids[$0] ?? $0 })
    }
    do {
      return try TaskPlan(settings: settings, tasks: agentTasks)
    } catch {
      let problems = error.problems.prefix(5).map(\.message).joined(separator: "; ")
      throw PlanAnswerError(reason: "the answer breaks the rules of a plan: \(problems)")
    }
  }

  /// The items that the answer names, each by the whole of its first line. One whose text is there twice is left out:
  /// which is meant is not known.
  func origins(in list: TodoList) -> [PlanOrigin] {
    func bare(_ text: String) -> String {
      TodoMark.withoutBox(text).split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }
    let lines = Dictionary(grouping: list.items, by: { bare($0.text) }).compactMapValues {
      $0.count == 1 ? $0[0].line : nil
    }
    var origins: [Int: PlanOrigin] = [:]
    for task in tasks {
      for line in Set((task.items ?? []).compactMap { lines[bare($0)] }) {
        origins[line, default: PlanOrigin(line: line, tasks: [])].tasks.append(Self.normalised(task.id))
      }
    }
    return origins.values.sorted { $0.line < $1.line }
  }

  private static func normalised(_ id: String) -> String {
    // An id without a usable letter stays as it is, to be refused.
    TaskID.problem(in: id) == nil ? id : TaskIDMaker.slug(id) ?? id
  }
}

struct PlanAnswerError: Error {
  let reason: String
}
