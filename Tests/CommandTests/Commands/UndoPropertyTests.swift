import Foundation
import OrchTestSupport
import Synchronization
import SystemPackage
import Testing
import Upkeep

/// Whatever a run did, and wherever its taking back was cut short: the world before it is the world after that.
@Suite(.timeLimit(.minutes(5))) struct UndoPropertyTests {
  private struct Cut: Error {}

  /// Each number is another run; three of them are on the two forges and on none.
  @Test(arguments: LongWalk.wanted == "all" ? 1...8 : 1...3) func `the world before a run is the world after its undo`(
    seed: Int
  ) async throws {
    var random = Numbers(UInt64(seed))
    switch seed % 3 {
    case 0: try await check(try await OrchWorld.make(), nil, reopens: true, &random)
    case 1: try await ForgeWorld.with { try await check($0.world, $0.forge, reopens: true, &random) }
    default: try await ForgeWorld.with(.bitbucket) { try await check($0.world, $0.forge, reopens: false, &random) }
    }
  }

  private func check(
    _ world: OrchWorld, _ forge: FakeForge?, reopens: Bool, _ random: inout Numbers
  ) async throws {
    try await world.set("agent.maxRetries", "0")
    try await prepare(world, &random)
    let before = try await WorldSnapshot(world, forge)
    var options = ["run"]
    if random.isTrue { options.append("--keep-worktrees") }
    if random.isTrue, forge != nil { options.append("--no-pr") }
    let run = try await world.orch(options)
    #expect(run.status < 2, "\(run.errors)")
    var after = try await WorldSnapshot(world, forge)

    for round in 1...2 {
      try await undo(world, cutAt: random.next(below: 14))
      expectSame(try await WorldSnapshot(world, forge), before, "undo \(round):")
      try await undo(world, cutAt: random.next(below: 14))
      if !reopens { after.open = [] }
      expectSame(try await WorldSnapshot(world, forge), after, "redo \(round):")
    }
    #expect(try await world.repository.git("fsck", "--no-dangling", "--no-progress") == "")
  }

  /// Tasks of all kinds, some of which build on others, some on branches that are there.
  private func prepare(_ world: OrchWorld, _ random: inout Numbers) async throws {
    let deeds = [
      #"[{"write": {"path": "T.txt", "content": "T\n"}}, {"commit": "feat: T"}]"#,
      #"[{"write": {"path": "T.txt", "content": "T\n"}}, {"commit": "feat: T"}, {"write": {"path": "left.txt", "content": "T"}}]"#,
      #"[{"write": {"path": "half.txt", "content": "T"}}]"#,
      #"[{"say": "nothing"}]"#,
    ]
    var tasks: [String] = []
    var script: [String] = []
    let names = ["a", "b", "c", "d"].prefix(2 + random.next(below: 3))
    for (index, name) in names.enumerated() {
      let need = index > 0 && random.isTrue ? ": \(names[random.next(below: index)])" : ""
      tasks.append(name + need)
      let deed = deeds[[0, 0, 0, 1, 2, 3][random.next(below: 6)]]
      script.append("\"\(name)\": [\(deed.replacing("T", with: name))]")
      if random.next(below: 4) == 0 { try await world.repository.git("branch", "feature/\(name)", "main") }
      if random.next(below: 5) == 0 {
        try await world.repository.git("push", "--quiet", "origin", "main:refs/heads/feature/\(name)")
      }
    }
    try world.script("{\(script.joined(separator: ", "))}")
    let entries = tasks.map { task in
      let parts = task.components(separatedBy: ": ")
      let needs = parts.count > 1 ? "\n    needs: [\(parts[1])]" : ""
      return "  - id: \(parts[0])\n    branch: feature/\(parts[0])\n    title: \"feat: \(parts[0])\"\n"
        + "    description: Do \(parts[0])\(needs)"
    }
    try world.repository.write("task_config.yaml", "tasks:\n\(entries.joined(separator: "\n"))\n")
  }

  /// Takes it back, or brings it back; first by a process that ends at that step, if there are so many.
  private func undo(_ world: OrchWorld, cutAt step: Int) async throws {
    let count = Mutex(0)
    let cut = try await Undo.$onStep.withValue({ _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      if number > step { throw Cut() }
    }) { try await world.orch("undo") }
    if cut.status == 0 { return }
    #expect(cut.status == 128, "\(cut.errors)")
    let rest = try await world.orch("undo")
    #expect(rest.status == 0, "\(rest.errors)\(rest.output)")
    #expect(rest.errors.contains(" is taken back;") || rest.errors.contains(" is brought back;"), "\(rest.errors)")
  }
}

/// The same numbers each time.
private struct Numbers {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed &* 0x9E37_79B9_7F4A_7C15 | 1 }

  mutating func next(below limit: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return Int(state >> 11) % limit
  }

  var isTrue: Bool { mutating get { next(below: 2) == 0 } }
}
