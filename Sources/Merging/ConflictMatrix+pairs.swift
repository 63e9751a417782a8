import Basics
import Git

extension ConflictMatrix {
  struct Judgement {
    var pairs: [ConflictReport.Pair]
    /// Of branches whose merge with the base may be another on a forge.
    var forgeBase: [Int: MergeResult]
  }

  /// How a pair is judged.
  private enum Question {
    case contents([(path: Int, merge: ContentMerge)])
    /// - isRaw: whether the branches themselves are merged, not what they are on the base.
    case whole(MergePair, isRaw: Bool, alsoForge: Bool)
  }

  func judgePairs(
    _ branches: [JudgedBranch], _ facts: [BranchFacts], _ baseMerges: [MergeResult?], _ placed: [PlacedBranch?],
    base: ObjectID
  ) async throws(GitError) -> Judgement {
    let related = relatives(facts)
    var questions: [(first: Int, second: Int, question: Question)] = []
    for first in branches.indices {
      guard let one = placed[first] else { continue }
      for second in branches.indices.dropFirst(first + 1) {
        guard let other = placed[second] else { continue }
        if let question = question(
          (first, one), (second, other), branches, baseMerges,
          areRelated: related[first]?.contains(second) ?? false, facts)
        {
          questions.append((first, second, question))
        }
      }
    }

    // All that git is asked, at once.
    var (here, forge): ([MergePair], [MergePair]) = ([], [])
    var unknown: Set<ContentMerge> = []
    for (_, _, question) in questions {
      switch question {
      case .contents(let merges): for (_, merge) in merges where contents[merge] == nil { unknown.insert(merge) }
      case .whole(let pair, _, let alsoForge):
        here.append(pair)
        if alsoForge { forge.append(pair) }
      }
    }
    let forgeBases = branches.indices.filter { index in
      baseMerges[index] != nil && !facts[index].isAhead && placed[index]?.hasDrivers == true
    }
    forge += forgeBases.map { MergePair(ours: base, theirs: branches[$0].tip) }
    let (herePairs, forgePairs, contentMerges) = (Self.unique(here), Self.unique(forge), Array(unknown))
    async let hereDone: Void = remember(herePairs, in: .here)
    async let forgeDone: Void = remember(forgePairs, in: .forge)
    async let contentsDone: Void = mergeContents(contentMerges)
    // One after the other, though they run at once: their errors are git's.
    do {
      _ = try await (hereDone, forgeDone, contentsDone)
    } catch let error as GitError {
      throw error
    } catch {
      throw GitError(.other, "\(error)")
    }

    var judgement = Judgement(pairs: [], forgeBase: [:])
    for index in forgeBases {
      judgement.forgeBase[index] = merges[.forge]?[MergePair(ours: base, theirs: branches[index].tip)]
    }
    for (first, second, question) in questions {
      let verdict: ConflictReport.Verdict
      switch question {
      case .contents(let merges):
        let paths = merges.filter { contents[$0.merge] == true }.map { table.text($0.path) }
        verdict = .init(here: paths.sorted())
      case .whole(let pair, let isRaw, let alsoForge):
        var whole = Self.verdict(merges[.here]?[pair])
        if alsoForge {
          whole.forge = Self.difference(Self.verdict(merges[.forge]?[pair]).here, from: whole.here)
        }
        if isRaw {
          let known = baseConflicts(of: (first, second), baseMerges, placed)
          whole.here.removeAll(where: known.contains)
          whole.forge?.removeAll(where: known.contains)
        }
        verdict = whole
      }
      if !verdict.isClean { judgement.pairs.append(.init(first: first, second: second, verdict: verdict)) }
    }
    return judgement
  }

  private static func unique(_ pairs: [MergePair]) -> [MergePair] {
    var seen: Set<MergePair> = []
    return pairs.filter { seen.insert($0).inserted }
  }

  private func remember(_ pairs: [MergePair], in place: MergeQuarantine.Place) async throws(GitError) {
    _ = try await merge(pairs, in: place)
  }

  /// nil when they merge.
  private func question(
    _ one: (index: Int, placed: PlacedBranch), _ other: (index: Int, placed: PlacedBranch), _ branches: [JudgedBranch],
    _ baseMerges: [MergeResult?], areRelated: Bool, _ facts: [BranchFacts]
  ) -> Question? {
    let hasDrivers = one.placed.hasDrivers || other.placed.hasDrivers
    let (oneTip, otherTip) = (branches[one.index].tip, branches[other.index].tip)
    if oneTip == otherTip { return nil }
    // Commits that both have merge with themselves: what they were made on must be known to git.
    if areRelated {
      if facts[one.index].own.contains(otherTip) || facts[other.index].own.contains(oneTip) { return nil }
      return .whole(MergePair(ours: oneTip, theirs: otherTip), isRaw: true, alsoForge: hasDrivers)
    }
    for index in [one.index, other.index] {
      if case .conflict = baseMerges[index] {
        return .whole(MergePair(ours: oneTip, theirs: otherTip), isRaw: true, alsoForge: hasDrivers)
      }
    }
    let whole = Question.whole(
      MergePair(ours: one.placed.commit, theirs: other.placed.commit), isRaw: false, alsoForge: hasDrivers)
    guard isScreening, let ours = one.placed.changes, let theirs = other.placed.changes else { return whole }
    switch Suspicion(ours, theirs) {
    case .none: return nil
    case .contents(let merges): return hasDrivers || mergesByRules ? whole : .contents(merges)
    case .whole: return whole
    }
  }

  /// For each branch those that have commits in common with it which the base does not have.
  private func relatives(_ facts: [BranchFacts]) -> [Int: Set<Int>] {
    var holders: [ObjectID: [Int]] = [:]
    for (index, facts) in facts.enumerated() { for commit in facts.own { holders[commit, default: []].append(index) } }
    var result: [Int: Set<Int>] = [:]
    for group in holders.values where group.count > 1 {
      for index in group { result[index, default: []].formUnion(group) }
    }
    return result
  }

  /// What one of two has in conflict with the base, and the other does not touch: it is in their merge, too.
  private func baseConflicts(
    of pair: (Int, Int), _ baseMerges: [MergeResult?], _ placed: [PlacedBranch?]
  ) -> Set<String> {
    var result: Set<String> = []
    for (index, other) in [(pair.0, pair.1), (pair.1, pair.0)] {
      guard case .conflict(let paths) = baseMerges[index], let changes = placed[other]?.changes else { continue }
      let touched = Set(changes.changes.map { table.text($0.path) })
      result.formUnion(paths.filter { !touched.contains($0) })
    }
    return result
  }

  // MARK: - Contents

  /// One merge of three trees, in which each three contents are a file: git says of each whether it merges.
  private func mergeContents(_ merges: [ContentMerge]) async throws(GitError) {
    guard !merges.isEmpty else { return }
    asked += 1
    let pair = try await quarantine.withObjects { repository throws(GitError) in
      func commit(_ parents: [ObjectID], _ content: (ContentMerge) -> ObjectID) throws(GitError) -> ObjectID {
        var tree: [UInt8] = []
        for (number, merge) in merges.enumerated() {
          tree += Array("100644 \(Self.name(number))".utf8) + [0] + content(merge).bytes
        }
        let text = CommitText(
          author: "git-orch <git-orch> 0 +0000", committer: "git-orch <git-orch> 0 +0000", message: "")
        return try repository.writeCommit(tree: repository.write(tree, as: .tree), parents: parents, text)
      }
      let base = try commit([], \.base)
      return MergePair(ours: try commit([base], \.one), theirs: try commit([base], \.other))
    }
    switch try await quarantine.merge(pair.ours, pair.theirs, in: .forge) {
    case .clean: for merge in merges { contents[merge] = false }
    case .conflict(let paths):
      let names = Set(paths)
      for (number, merge) in merges.enumerated() { contents[merge] = names.contains(Self.name(number)) }
    case .unrelated: throw GitError(.other, "git does not see the base of a merge")
    }
  }

  /// In the order of trees.
  private static func name(_ number: Int) -> String {
    let digits = String(number)
    return String(repeating: "0", count: 9 - digits.count) + digits
  }
}
