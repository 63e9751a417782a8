import Basics
package import Engine
import Git
package import Journal
import Processes
import SystemPackage
import Worktrees

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Finds what runs left behind. What is found is looked at more closely by ``LeftoverJudge`` before it goes.
package struct LeftoverSurvey: Sendable {
  let place: RepositoryContext
  let selection: LeftoverSelection

  package init(_ place: RepositoryContext, _ selection: LeftoverSelection) {
    self.place = place
    self.selection = selection
  }

  /// What was found, and what it was found by.
  package struct Findings: Sendable {
    package var leftovers: [Leftover] = []
    package var kept: [KeptLeftover] = []
    /// All runs whose journals can be read, newest first.
    package var runs: [RunRecord] = []
    /// The names of all references to saved work and the like.
    package var references: [String] = []
  }

  /// A run as far as leftovers go.
  package struct RunRecord: Sendable {
    package let folder: RunFolder
    package let state: RunState
    /// Whether a process performs it now.
    package let isInProgress: Bool

    var id: String { folder.id }
    var isReview: Bool { !state.header.isRun }
    var end: Date { (state.endedAt ?? state.updatedAt).date }

    /// Whether there is something left to do, which `git orch run --continue` would. Reviews start again instead.
    package var isUnfinished: Bool { !isReview && !state.isSuccess }

    /// Where its tasks' worktrees are.
    var worktrees: [FilePath] { state.tasks.compactMap { $0.worktree.map { FilePath($0.path) } } }
  }

  /// Looks at everything; only what is deleted by others meanwhile is missed. Blocks for a while: off the pool.
  package func look() async throws -> Findings {
    // The lock first: a run that ends between the two has then written so.
    let holder = RunLock.currentHolder(at: place.store.lock)?.run
    var findings = Findings()
    let (store, selection) = (place.store, selection)
    let (runs, broken) = try await offPool { try Self.readRuns(store, holder: holder) }
    findings.runs = runs
    let known = try await place.withRepository { repository throws(GitError) in
      Known(
        worktrees: try repository.worktrees(), branches: repository.branches(),
        stray: try repository.strayRecords(), removed: repository.removedRecords, saving: repository.savingIndices)
    }
    let (references, ledgers) = (try await references(), try await ledgers())
    let survey = self
    findings = try await offPool { [findings] in
      var collected = Collected(findings: findings, known: known, references: references, holder: holder)
      survey.addRuns(to: &collected)
      survey.addBroken(broken, to: &collected)
      survey.addLedgers(ledgers, to: &collected)
      survey.addReviewReferences(to: &collected)
      survey.addTestBranches(to: &collected)
      if selection.runs == nil { try survey.addStrays(to: &collected) }
      return collected.findings
    }
    let order = Leftover.Kind.allCases
    findings.references = references.map { $0.name }
    findings.leftovers = order.flatMap { kind in findings.leftovers.filter { $0.kind == kind } }
    return findings
  }

  /// What git knows.
  struct Known: Sendable {
    let worktrees: [LinkedWorktree]
    let branches: [String: ObjectID]
    let stray: [StrayRecord]
    let removed: [FilePath]
    let saving: [FilePath]
  }

  struct Collected {
    var findings: Findings
    let known: Known
    /// Our own references, by their full names.
    let references: [(name: String, commit: String)]
    /// The run that is in progress.
    let holder: String?

    mutating func add(_ leftover: Leftover) { findings.leftovers.append(leftover) }
    mutating func keep(_ leftover: Leftover, _ reason: String) { findings.kept.append(KeptLeftover(leftover, reason)) }
  }

  /// A run whose journal cannot be read.
  struct BrokenRun: Sendable {
    let path: FilePath
    /// nil when there is nothing in the journal, or no journal: it never began.
    let fault: String?

    var id: String { path.lastComponent?.string ?? "" }
  }

  private static func readRuns(
    _ store: RunStore, holder: String?
  ) throws -> (readable: [RunRecord], broken: [BrokenRun]) {
    var (runs, broken): ([RunRecord], [BrokenRun]) = ([], [])
    for run in store.folders() {
      do throws(JournalError) {
        runs.append(RunRecord(folder: run, state: try run.state(), isInProgress: run.id == holder))
      } catch {
        let isEmpty = FileSystem.isEmpty(run.journal)
        broken.append(BrokenRun(path: run.path, fault: isEmpty ? nil : "\(error)"))
      }
    }
    return (runs, broken)
  }

  private func references() async throws -> [(name: String, commit: String)] {
    let listing = try await place.git.require(
      .reading,
      [
        "for-each-ref", "--format=%(objectname) %(refname)", "refs/orchestrator/saved", "refs/orchestrator/undone",
        "refs/orchestrator/review",
        "refs/heads/orch/review", "refs/heads/orch/landing",
      ])
    return listing.text.split(separator: "\n").compactMap { line in
      let words = line.split(separator: " ", maxSplits: 1).map(String.init)
      return words.count == 2 ? (words[1], words[0]) : nil
    }
  }
}
