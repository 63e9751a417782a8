import Basics
package import Git

/// Judges which of many branches conflict with the base and with each other, when they come to it one after the other.
///
/// What two branches change tells of most pairs that they merge. What is left git merges, in the quarantine: files that
/// both change by their contents alone, each three once, and whole branches where paths were added, removed or renamed
/// so that they meet. What was found is remembered by the ids of trees and contents, so that after one more commit next to
/// nothing is asked again.
package actor ConflictMatrix {
  let quarantine: MergeQuarantine
  let environment: [String: String]
  /// Off, git merges every pair: for tests, which compare both.
  let isScreening: Bool

  var drivers: DriverSearch?
  /// Whether contents merge by rules that a merge of contents alone does not follow.
  var mergesByRules = false
  var table = PathTable()
  var facts = Memory<MergePair, BranchFacts>()
  var placed = Memory<MergePair, PlacedBranch>()
  var contents = Memory<ContentMerge, Bool>()
  var merges: [MergeQuarantine.Place: Memory<MergePair, MergeResult>] = [:]
  /// How many merges git was asked for.
  package internal(set) var asked = 0

  package init(_ quarantine: MergeQuarantine, environment: [String: String], isScreening: Bool = true) {
    self.quarantine = quarantine
    self.environment = environment
    self.isScreening = isScreening
  }

  /// Judges them all. The same branches in the same order give the same report.
  package func judge(base: ObjectID, _ branches: [JudgedBranch]) async throws(GitError) -> ConflictReport {
    let facts = try await facts(of: branches, base: base)
    try await findDrivers(of: branches, facts, base: base)
    let baseMerges = try await mergeWithBase(branches, facts, base: base)
    let placed = try await place(branches, facts, baseMerges, base: base)
    try await quarantine.use(attributes: drivers?.files ?? [:])
    let judgement = try await judgePairs(branches, facts, baseMerges, placed, base: base)

    var baseVerdicts = branches.indices.map { Self.verdict(baseMerges[$0] ?? nil) }
    for index in branches.indices {
      if let forge = judgement.forgeBase[index] {
        baseVerdicts[index].forge = Self.difference(Self.verdict(forge).here, from: baseVerdicts[index].here)
      }
    }
    let report = ConflictReport(
      base: base,
      branches: branches.indices.map { index in
        .init(
          name: branches[index].name, tip: branches[index].tip, isMerged: facts[index].isMerged,
          base: baseVerdicts[index])
      },
      pairs: judgement.pairs, notes: notes(branches, placed))
    forgetUnused()
    return report
  }

  static func verdict(_ result: MergeResult?) -> ConflictReport.Verdict {
    switch result {
    case .clean, nil: .clean
    case .conflict(let paths): .init(here: paths)
    case .unrelated: .init(here: [], isUnrelated: true)
    }
  }

  static func difference(_ forge: [String], from here: [String]) -> [String]? { forge == here ? nil : forge }

  private func forgetUnused() {
    facts.forgetUnused()
    placed.forgetUnused()
    contents.forgetUnused()
    drivers?.forgetUnused()
    for place in merges.keys { merges[place]?.forgetUnused() }
  }

  // MARK: - The base

  private func facts(of branches: [JudgedBranch], base: ObjectID) async throws(GitError) -> [BranchFacts] {
    var known: [BranchFacts?] = branches.map { facts[MergePair(ours: base, theirs: $0.tip)] }
    let missing = known.indices.filter { known[$0] == nil }
    guard !missing.isEmpty else { return known.compactMap(\.self) }
    let tips = missing.map { branches[$0].tip }
    let found = try await quarantine.withObjects { repository throws(GitError) in
      var found: [BranchFacts] = []
      for tip in tips { found.append(try BranchFacts(of: tip, base: base, repository)) }
      return found
    }
    for (index, new) in zip(missing, found) {
      known[index] = new
      facts[MergePair(ours: base, theirs: branches[index].tip)] = new
    }
    return known.compactMap(\.self)
  }

  /// Finds the attributes by which merges with the base go, before there are any.
  private func findDrivers(
    of branches: [JudgedBranch], _ facts: [BranchFacts], base: ObjectID
  ) async throws(GitError) {
    let missing = branches.indices.filter { index in
      !facts[index].isMerged && !facts[index].isAhead
        && merges[.here]?[MergePair(ours: base, theirs: branches[index].tip)] == nil
    }
    guard !missing.isEmpty || drivers == nil else { return }
    let (common, environment, known) = (quarantine.commonDirectory, environment, drivers)
    let (found, byRules) = try await quarantine.withObjects { shadow throws(GitError) in
      var byRules: Bool?
      var drivers: DriverSearch
      if let known {
        drivers = known
      } else {
        let repository = try Repository.open(common, environment: environment)
        drivers = DriverSearch(repository, environment: environment)
        byRules = repository.isSet("merge.renormalize") || repository.hasCommandConfiguration
      }
      let baseTree = try shadow.tree(of: base)
      for index in missing {
        guard let fork = facts[index].mergeBase, let forkTree = try? shadow.tree(of: fork),
          // Of a partial clone trees may be missing.
          let difference = try? shadow.difference(from: forkTree, to: facts[index].tree)
        else { continue }
        _ = try drivers.hasDrivers(difference.changes, base: baseTree, shadow)
      }
      return (drivers, byRules)
    }
    drivers = found
    if let byRules { mergesByRules = byRules }
    try await quarantine.use(attributes: found.files)
  }

  /// What each branch gives with the base; nil where there is nothing to merge.
  private func mergeWithBase(
    _ branches: [JudgedBranch], _ facts: [BranchFacts], base: ObjectID
  ) async throws(GitError) -> [MergeResult?] {
    let asked = branches.indices.filter { !facts[$0].isMerged && !facts[$0].isAhead }
    let results = try await merge(asked.map { MergePair(ours: base, theirs: branches[$0].tip) }, in: .here)
    var all: [MergeResult?] = facts.map { $0.isMerged ? nil : .clean($0.tree) }
    for (index, result) in zip(asked, results) { all[index] = result }
    return all
  }

  /// Merges what is not known yet.
  func merge(_ pairs: [MergePair], in place: MergeQuarantine.Place) async throws(GitError) -> [MergeResult] {
    var memory = merges[place] ?? Memory()
    let missing = pairs.filter { memory[$0] == nil }
    asked += missing.count
    let found = missing.isEmpty ? [] : try await quarantine.merge(missing, in: place)
    memory = merges[place] ?? Memory()
    for (pair, result) in zip(missing, found) { memory[pair] = result }
    let results = pairs.compactMap { memory[$0] }
    merges[place] = memory
    return results
  }

  // MARK: - The branches on it

  /// Who made them matters to nobody; always the same, so that what is known of them is known again.
  private static let text = CommitText(
    author: "git-orch <git-orch> 0 +0000", committer: "git-orch <git-orch> 0 +0000", message: "")

  private func place(
    _ branches: [JudgedBranch], _ facts: [BranchFacts], _ merges: [MergeResult?], base: ObjectID
  ) async throws(GitError) -> [PlacedBranch?] {
    var result: [PlacedBranch?] = branches.map { placed[MergePair(ours: base, theirs: $0.tip)] }
    let missing = branches.indices.filter { index in
      guard result[index] == nil else { return false }
      switch merges[index] {
      case .clean, .conflict: return true
      case .unrelated, nil: return false
      }
    }
    guard !missing.isEmpty, let known = drivers else { return result }
    let oldTable = table
    let (found, newDrivers, newTable) = try await quarantine.withObjects { shadow throws(GitError) in
      var drivers = known
      var table = oldTable
      let baseTree = try shadow.tree(of: base)
      var found: [PlacedBranch] = []
      for index in missing {
        let tip = branches[index].tip
        var commit = tip
        var ends: (ObjectID, ObjectID)?
        if case .clean(let tree) = merges[index] {
          ends = (baseTree, tree)
          if !facts[index].isAhead { commit = try shadow.writeCommit(tree: tree, parents: [base], Self.text) }
        } else if let fork = facts[index].mergeBase {
          ends = (try shadow.tree(of: fork), facts[index].tree)
        }
        // Of a partial clone trees may be missing.
        let difference = ends.flatMap { ends in try? shadow.difference(from: ends.0, to: ends.1) }
        let hasDrivers = try difference.map { difference throws(GitError) in
          try drivers.hasDrivers(difference.changes, base: baseTree, shadow)
        }
        found.append(
          PlacedBranch(
            commit: commit, changes: difference.map { BranchChanges($0, &table) }, hasDrivers: hasDrivers ?? true))
      }
      return (found, drivers, table)
    }
    (drivers, table) = (newDrivers, newTable)
    for (index, new) in zip(missing, found) {
      result[index] = new
      placed[MergePair(ours: base, theirs: branches[index].tip)] = new
    }
    return result
  }

  // MARK: - What nobody judges

  private func notes(_ branches: [JudgedBranch], _ placed: [PlacedBranch?]) -> [String] {
    var notes: Set<String> = []
    var spellings: [String: Set<Int>] = [:]
    for branch in placed {
      for doubt in branch?.changes?.doubtful ?? [] {
        switch doubt {
        case .longName(let path): notes.insert("'\(table.text(path))' has a name of more than 255 bytes")
        case .submodule(let path):
          notes.insert("'\(table.text(path))' is a submodule on one side and a file on another")
        }
      }
      for path in branch?.changes?.added ?? [] { spellings[table.text(path).lowercased(), default: []].insert(path) }
    }
    for paths in spellings.values where paths.count > 1 {
      let names = paths.map { "'\(table.text($0))'" }.sorted().joined(separator: " and ")
      notes.insert("\(names) differ in upper and lower case alone")
    }
    return notes.sorted()
  }
}
