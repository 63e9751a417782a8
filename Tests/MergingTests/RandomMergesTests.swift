import Basics
import Git
import Merging
import OrchTestSupport
import Platform
import SystemPackage
import Testing

/// The matrix against git on random repositories: every pair is judged twice, once with what the paths tell, once by
/// git alone. `GIT_ORCH_RANDOM_MERGES=600` has more of them.
@Suite struct RandomMergesTests {
  private static let count = getenv("GIT_ORCH_RANDOM_MERGES").flatMap { Int(String(cString: $0)) } ?? 40

  @Test func `no conflict is missed and none invented`() async throws {
    var history = ImportedHistory()
    for seed in 0..<Self.count { RandomBranches(seed: seed).add(to: &history) }
    let world = try await MatrixWorld(history)
    let objects = try await world.repository.git("count-objects", "-v")
    var (pairs, conflicts, missed, invented, screened, asked) = (0, 0, 0, 0, 0, 0)
    for seed in 0..<Self.count {
      let (base, branches) = try await world.branches(under: "s\(seed)/")
      let matrix = world.matrix()
      let report = try await matrix.judge(base: base, branches)
      let reference = world.matrix(isScreening: false)
      let truth = try await reference.judge(base: base, branches)
      let (mine, gits) = (Set(MatrixWorld.texts(report)), Set(MatrixWorld.texts(truth)))
      pairs += branches.count * (branches.count - 1) / 2
      conflicts += gits.count
      missed += gits.subtracting(mine).count
      invented += mine.subtracting(gits).count
      screened += await matrix.asked
      asked += await reference.asked
      #expect(mine == gits, "seed \(seed)")
    }
    #expect(try await world.repository.git("count-objects", "-v") == objects)
    if Self.count > 40 {
      print(
        "\(Self.count) repositories, \(pairs) pairs, \(conflicts) conflicts: \(missed) missed, \(invented) invented; "
          + "\(screened) merges instead of \(asked)")
    }
  }
}

/// A base of a few commits and a dozen branches from it, with renames of files and folders, files that become folders and
/// the other way round, modes and links.
private struct RandomBranches {
  private typealias File = ImportedHistory.File
  private typealias Tree = ImportedHistory.Tree

  private let seed: Int
  private var random: SeededRandom

  private static let folders = ["a", "a/x", "a/y", "b", "b/z", "c", "c/p/q", "d"]
  // As often as each is to be.
  private static let deeds = Array("eeeeeemmraaaDFScxdL")

  init(seed: Int) {
    self.seed = seed
    random = SeededRandom("merges", seed)
  }

  func add(to history: inout ImportedHistory) {
    var copy = self
    copy.make(&history)
  }

  private mutating func make(_ history: inout ImportedHistory) {
    var tree: Tree = [:]
    for folder in Self.folders {
      for number in 0..<(2 + random.below(5)) { tree["\(folder)/f\(number)"] = File(lines(6 + random.below(19))) }
    }
    var mains: [(commit: Int, tree: Tree)] = []
    for number in 0..<3 {
      let commit = history.commit("s\(seed)/main", on: mains.last.map { [$0.commit] } ?? [], tree)
      mains.append((commit, tree))
      // The base moves on in three of four.
      if number < 2, seed % 4 != 0 { tree = changed(tree, by: random.below(3)) }
    }
    for branch in 0..<12 {
      var (commit, tree) = mains[random.below(3)]
      let name = "s\(seed)/b\(branch < 10 ? "0" : "")\(branch)"
      for _ in 0..<(1 + random.below(2)) {
        tree = changed(tree, by: 1 + random.below(3))
        commit = history.commit(name, on: [commit], tree)
      }
    }
  }

  private mutating func word(_ letter: String) -> String { letter + hex(random.below(1 << 24), digits: 6) }

  private mutating func lines(_ count: Int) -> String {
    (0..<count).map { _ in
      // Few words, so that lines are there more than once, and what changed can be told in more than one way.
      random.once(in: 3) ? "}" : word("l")
    }.joined(separator: "\n") + "\n"
  }

  private mutating func edited(_ file: File, times: Int) -> File {
    guard file.mode != "120000" else { return file }
    var lines = file.text.split(separator: "\n").map(String.init)
    for _ in 0..<times where !lines.isEmpty { lines[random.below(lines.count)] = word("e") }
    return File(lines.joined(separator: "\n") + "\n", mode: file.mode)
  }

  private func isTaken(_ path: String, in tree: Tree) -> Bool {
    tree.keys.contains { $0 == path || $0.hasPrefix("\(path)/") || path.hasPrefix("\($0)/") }
  }

  private mutating func changed(_ old: Tree, by count: Int) -> Tree {
    var tree = old
    for _ in 0..<count {
      let paths = tree.keys.sorted()
      guard let path = random.pick(paths), let file = tree[path], let deed = random.pick(Self.deeds) else { continue }
      change(&tree, path, file, deed)
    }
    return tree
  }

  private mutating func change(_ tree: inout Tree, _ path: String, _ file: File, _ deed: Character) {
    let folder = random.pick(Self.folders) ?? "a"
    let within = tree.filter { $0.key.hasPrefix("\(folder)/") }
    var others = tree
    switch deed {
    case "e": tree[path] = edited(file, times: 1 + random.below(2))
    case "m", "r":
      let parent = deed == "m" ? folder : path.split(separator: "/").dropLast().joined(separator: "/")
      let new = (parent.isEmpty ? "" : "\(parent)/") + "n\(random.below(40))"
      others[path] = nil
      guard !isTaken(new, in: others) else { return }
      others[new] = random.once(in: 2) ? edited(file, times: 1) : file
      tree = others
    case "a":
      let new = "\(folder)/n\(random.below(12))"
      if !isTaken(new, in: tree) { tree[new] = File(lines(5 + random.below(10))) }
    case "d": if tree.count > 5 { tree[path] = nil }
    case "D":
      let new = random.pick(["g", "h", "a/w", "b/z2"]) ?? "g"
      for path in within.keys { others[path] = nil }
      for (path, file) in within {
        let moved = new + path.dropFirst(folder.count)
        if isTaken(moved, in: others) { return }
        others[moved] = file
      }
      tree = others
    case "F":
      for path in within.keys { others[path] = nil }
      guard others.count > 5, !within.isEmpty else { return }
      others[folder] = File(lines(8))
      tree = others
    case "S":
      tree[path] = nil
      tree["\(path)/in"] = file
    case "c": if file.mode == "100644" { tree[path]?.mode = "100755" }
    case "x":
      let new = (random.pick(["a/new", "b/new", "k"]) ?? "k") + (random.once(in: 2) ? "/s" : "")
      if !isTaken(new, in: tree) { tree[new] = File(lines(5)) }
    default: tree[path] = File("target\(random.below(3))", mode: "120000")
    }
  }
}
