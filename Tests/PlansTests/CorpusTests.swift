import Foundation
import OrchTestSupport
import Testing

@testable import Plans
@testable import TodoLists

/// Lists in the shapes in which people write them, each with what a reader takes it to mean: `Corpus/NAME.md` and
/// `Corpus/NAME.tasks`, which is written by hand. In the latter:
///
/// ```
/// task ID | TITLE        * for an id that holds a hash
///   needs ID, ID         or titles
///   test COMMAND
///   hint PATH            one of the file hints
///   has TEXT             in what the agent is told
///   not TEXT
/// note LINE KIND         what is left out, or read otherwise than it stands there
/// ```
@Suite(.timeLimit(.minutes(5))) struct CorpusTests {
  struct List: Sendable, CustomTestStringConvertible {
    let name: String
    var testDescription: String { name }
  }

  private static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Corpus")

  static let lists: [List] = {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return names.filter { $0.hasSuffix(".md") }.sorted().map { List(name: String($0.dropLast(3))) }
  }()

  private static func text(_ name: String) throws -> String {
    String(decoding: try Data(contentsOf: folder.appending(path: name)), as: UTF8.self)
  }

  @Test func `there are lists of many shapes`() {
    #expect(Self.lists.count >= 60)
  }

  @Test(arguments: lists) func `a list means what its reader takes it to mean`(_ list: List) throws {
    let planner = MarkdownPlanner(TodoList(markdown: try Self.text(list.name + ".md")))
    var wanted = planner.tasks[...]
    var current: AgentTask?
    var needs: [String] = []
    var hasTest = false
    var notes: [String] = []
    func endTask() {
      guard let task = current else { return }
      #expect(task.needs == needs, "\(task.id)")
      if !hasTest { #expect(task.testCommand == nil, "\(task.id)") }
      (current, needs, hasTest) = (nil, [], false)
    }
    for line in try Self.text(list.name + ".tasks").split(separator: "\n") {
      let parts = line.drop { $0 == " " }.split(separator: " ", maxSplits: 1).map(String.init)
      let word = parts[0]
      let value = parts.count > 1 ? parts[1].replacing("\\t", with: "\t") : ""
      switch word {
      case "task":
        endTask()
        let halves = value.split(separator: " | ", maxSplits: 1).map(String.init)
        let next = wanted.popFirst()
        let task = try #require(next, "no task for \(value)")
        current = task
        if halves[0] != "*" { #expect(task.id == halves[0]) }
        #expect(task.title == halves[1])
        #expect(TaskID.problem(in: task.id) == nil)
      case "needs":
        needs = value.split(separator: ", ").map { name in
          planner.tasks.first { $0.title == "feat: \(name)" }?.id ?? String(name)
        }
      case "test":
        hasTest = true
        #expect(current?.testCommand == value)
      case "hint": #expect(current?.filesHint.contains(value) == true, "\(current?.filesHint ?? [])")
      case "has": #expect(current?.description.contains(value) == true, "\(current?.description ?? "")")
      case "not": #expect(current?.description.contains(value) == false, "\(current?.description ?? "")")
      case "note": notes.append(value)
      default: Issue.record("'\(word)' in \(list.name).tasks")
      }
    }
    endTask()
    #expect(wanted.map(\.title) == [])
    let told = planner.notes.filter { $0.kind != .prose }.map { "\($0.line) \($0.kind.rawValue)" }
    #expect(told == notes)
    #expect(Set(planner.tasks.map(\.id)).count == planner.tasks.count)
    _ = planner.tasks.isEmpty ? nil : try TaskPlan(tasks: planner.tasks)
  }

  @Test(arguments: lists) func `line ends do not change what a list means`(_ list: List) throws {
    let text = try Self.text(list.name + ".md")
    guard !text.contains("\r") else { return }
    #expect(
      MarkdownPlanner(TodoList(markdown: text)).tasks
        == MarkdownPlanner(TodoList(markdown: text.replacing("\n", with: "\r\n"))).tasks)
  }
}
