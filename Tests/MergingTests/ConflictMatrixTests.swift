import Basics
import Git
import Merging
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@Suite struct ConflictMatrixTests {
  private typealias File = ImportedHistory.File
  private typealias Tree = ImportedHistory.Tree

  private static let lines = (1...12).map { "line \($0)" }
  private static func text(_ changes: [Int: String] = [:]) -> String {
    lines.enumerated().map { changes[$0 + 1] ?? $1 }.joined(separator: "\n") + "\n"
  }

  /// What two branches make of a base, and what the matrix says; with how many merges git was asked for, and by whom.
  private struct Case: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let base: ImportedHistory.Tree
    let one: ImportedHistory.Tree
    let two: ImportedHistory.Tree
    let verdicts: [String]
    let asked: Int
  }

  private static let base: Tree = ["a": File(text()), "b": File(text()), "d/f": File(text()), "d/g": File("g\n")]

  private static func with(_ changes: [String: File?]) -> Tree {
    var tree = base
    for (path, file) in changes { tree[path] = file }
    return tree
  }

  private static let cases: [Case] = [
    Case(
      testDescription: "different files", base: base, one: with(["a": File(text([1: "x"]))]),
      two: with(["b": File(text([1: "y"]))]), verdicts: [], asked: 0),
    Case(
      testDescription: "the same change", base: base, one: with(["a": File(text([1: "x"]))]),
      two: with(["a": File(text([1: "x"]))]), verdicts: [], asked: 0),
    Case(
      testDescription: "S1: lines apart", base: base, one: with(["a": File(text([1: "x"]))]),
      two: with(["a": File(text([11: "y"]))]), verdicts: [], asked: 1),
    Case(
      testDescription: "S1: the same line", base: base, one: with(["a": File(text([4: "x"]))]),
      two: with(["a": File(text([4: "y"]))]), verdicts: ["one↯two: a"], asked: 1),
    Case(
      testDescription: "S1: changed and removed", base: base, one: with(["a": File(text([4: "x"]))]),
      two: with(["a": nil]), verdicts: ["one↯two: a"], asked: 1),
    Case(
      testDescription: "S1: added twice", base: base, one: with(["n": File("x\n")]), two: with(["n": File("y\n")]),
      verdicts: ["one↯two: n"], asked: 1),
    Case(
      testDescription: "S1: a file that is a link", base: base, one: with(["a": File("b", mode: "120000")]),
      two: with(["a": File(text([4: "y"]))]), verdicts: ["one↯two: a a~OURS"], asked: 1),
    Case(
      testDescription: "S2: renamed twice", base: base, one: with(["a": nil, "n": File(text())]),
      two: with(["a": nil, "m": File(text())]), verdicts: ["one↯two: a m n"], asked: 1),
    Case(
      testDescription: "S2: renamed and removed", base: base, one: with(["a": nil, "n": File(text([2: "x"]))]),
      two: with(["a": nil]), verdicts: ["one↯two: n"], asked: 1),
    Case(
      testDescription: "removed twice", base: base, one: with(["a": nil]), two: with(["a": nil]), verdicts: [],
      asked: 0),
    Case(
      testDescription: "S3: a file where a folder is", base: base, one: with(["n": File("x\n")]),
      two: with(["n/m": File("y\n")]), verdicts: ["one↯two: n~OURS"], asked: 1),
    Case(
      testDescription: "S4: added to a folder that was renamed", base: base,
      one: with(["d/f": nil, "d/g": nil, "e/f": File(text()), "e/g": File("g\n")]), two: with(["d/n": File("y\n")]),
      verdicts: ["one↯two: e/n"], asked: 1),
  ]

  @Test(arguments: cases) private func `pairs are as git merges them`(_ expected: Case) async throws {
    var history = ImportedHistory()
    let main = history.commit("main", expected.base)
    history.commit("one", on: [main], expected.one)
    history.commit("two", on: [main], expected.two)
    let world = try await MatrixWorld(history)
    func named(_ texts: [String]) throws -> [String] {
      // git names what it puts aside by the commit.
      texts.map { text in
        text.split(separator: " ").map { word in
          word.contains("~") ? "\(word.prefix { $0 != "~" })~OURS" : String(word)
        }.joined(separator: " ")
      }
    }
    let (texts, asked) = try await world.verdicts()
    #expect(try named(texts) == expected.verdicts)
    #expect(asked == expected.asked)
    #expect(try await named(world.verdicts(isScreening: false).texts) == expected.verdicts)
  }

  @Test func `a conflict with the base is counted once`() async throws {
    var history = ImportedHistory()
    let fork = history.commit("main", Self.base)
    history.commit("main", on: [fork], Self.with(["a": File(Self.text([4: "main"]))]))
    // The first and the second conflict with the base in a, and with each other in b; the third has b, too.
    history.commit("one", on: [fork], Self.with(["a": File(Self.text([4: "x"])), "b": File(Self.text([4: "x"]))]))
    history.commit("three", on: [fork], Self.with(["d/f": File(Self.text([4: "x"]))]))
    history.commit("two", on: [fork], Self.with(["b": File(Self.text([4: "y"]))]))
    let world = try await MatrixWorld(history)
    #expect(try await world.verdicts().texts == ["one: a", "one↯two: b"])
  }

  @Test func `branches that stand on each other do not conflict with themselves`() async throws {
    var history = ImportedHistory()
    let fork = history.commit("main", Self.base)
    let parent = history.commit("a-parent", on: [fork], Self.with(["a": File(Self.text([4: "x"]))]))
    history.commit("child", on: [parent], Self.with(["a": File(Self.text([4: "y"]))]))
    history.commit("child-2", on: [parent], Self.with(["a": File(Self.text([4: "x", 11: "z"]))]))
    history.commit("merged", on: [], Self.base)
    let world = try await MatrixWorld(history)
    try await world.repository.git("branch", "--force", "merged", "main")
    #expect(try await world.verdicts().texts == [])
    let (base, others) = try await world.branches()
    let report = try await world.matrix().judge(base: base, others)
    #expect(report.branches.filter(\.isMerged).map(\.name) == ["merged"])
  }

  @Test func `what has no history in common is reported`() async throws {
    var history = ImportedHistory()
    history.commit("main", Self.base)
    history.commit("alone", ["z": File("z\n")])
    let world = try await MatrixWorld(history)
    #expect(try await world.verdicts().texts == ["alone: unrelated"])
  }

  @Test func `merge drivers are run here and not on the forge, in folders and at the top`() async throws {
    var base = Self.base
    base[".gitattributes"] = File("a merge=union\n")
    base["d/.gitattributes"] = File("f merge=union\n")
    func tree(_ word: String) -> Tree {
      var tree = base
      for path in ["a", "b", "d/f"] { tree[path] = File(Self.text([4: word])) }
      return tree
    }
    var history = ImportedHistory()
    let main = history.commit("main", base)
    history.commit("one", on: [main], tree("x"))
    history.commit("two", on: [main], tree("y"))
    let world = try await MatrixWorld(history)
    #expect(try await world.verdicts().texts == ["one↯two: b | a b d/f"])
  }

  @Test func `after one more commit next to nothing is asked again, and nothing is written`() async throws {
    var history = ImportedHistory()
    let main = history.commit("main", Self.base)
    for number in 0..<6 {
      history.commit("b\(number)", on: [main], Self.with(["a": File(Self.text([number * 2 + 1: "x"]))]))
    }
    let world = try await MatrixWorld(history)
    let objects = try await world.repository.git("count-objects", "-v")
    let (base, others) = try await world.branches()
    let matrix = world.matrix()
    let first = try await matrix.judge(base: base, others)
    #expect(await matrix.asked == 1)
    #expect(try await matrix.judge(base: base, others) == first)
    #expect(await matrix.asked == 1)
    #expect(try await world.repository.git("count-objects", "-v") == objects)

    try await world.repository.git("switch", "--quiet", "b3")
    try await world.repository.commit("new", "n\n", message: "another file")
    let moved = try await world.branches()
    #expect(try await matrix.judge(base: base, moved.others).pairs == first.pairs)
    #expect(await matrix.asked == 1)
  }

  @Test func `what is not judged is reported`() async throws {
    var history = ImportedHistory()
    let main = history.commit("main", Self.base)
    history.commit("one", on: [main], Self.with(["Readme": File("x\n")]))
    history.commit("two", on: [main], Self.with(["README": File("y\n")]))
    let world = try await MatrixWorld(history)
    let (base, others) = try await world.branches()
    let report = try await world.matrix().judge(base: base, others)
    #expect(report.isClean)
    #expect(report.notes == ["'README' and 'Readme' differ in upper and lower case alone"])
  }

  @Test func `uncommitted work is a commit of the quarantine alone`() async throws {
    var history = ImportedHistory()
    history.commit("main", Self.base)
    let world = try await MatrixWorld(history)
    let repository = world.repository
    try await repository.git("reset", "--quiet", "--hard")
    #expect(try await world.quarantine.snapshot(of: repository.path) == nil)
    let objects = try await repository.git("count-objects", "-v")
    try repository.write("a", "changed\n")
    try repository.write("new/file", "new\n")
    let indexPath = repository.path.appending(".git").appending("index")
    let index = try indexPath.readBytes(limit: 1 << 20)
    let snapshot = try #require(try await world.quarantine.snapshot(of: repository.path))
    #expect(try await world.quarantine.snapshot(of: repository.path) == snapshot)
    #expect(!snapshot.isPartial)
    #expect(try indexPath.readBytes(limit: 1 << 20) == index)
    #expect(try await repository.git("count-objects", "-v") == objects)
    let command = world.quarantine.command(.forge)
    #expect(try await command.require(.reading, ["show", "\(snapshot.commit):new/file"]).text == "new")
    #expect(try await command.require(.reading, ["show", "\(snapshot.commit):a"]).text == "changed")
  }
}
