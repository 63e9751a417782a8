package import SystemPackage

#if canImport(FoundationEssentials)
  package import FoundationEssentials
#else
  package import Foundation
#endif

/// One thing that runs left behind: what `git orch doctor` counts and `git orch cleanup` removes.
package struct Leftover: Sendable, Equatable {
  package enum Kind: String, Sendable, Encodable, CaseIterable {
    // In the order in which they go: what holds another back comes before it.
    case worktree
    /// A worktree's folder that git has no record of any more.
    case folder
    /// git's record of a worktree whose folder is gone, or that was never finished.
    case record
    case reviewBranch = "review-branch"
    case branch
    case reviewReference = "review-reference"
    case savedWork = "saved-work"
    /// What other clones see, or this one has seen, of a run.
    case ledger
    /// A home folder that a test or a set-up was given.
    case home
    /// What was written on the way to something else.
    case temporary
    /// A run's folder: journal, plan, streams and logs.
    case run
  }

  package let kind: Kind
  /// As people call it: a path, a branch, a reference, a run's id.
  package let name: String
  /// What lies on the disk; nil of a reference.
  package var path: FilePath?
  /// The full name of a reference; nil of what lies on the disk.
  package var reference: String?
  /// Where the reference is.
  package var commit: String?
  /// The name of git's record of the worktree.
  package var record: String?
  package var run: String?
  package var task: String?
  /// Why it may go.
  package var reason: String
  /// Whether nobody can have worked in it: it was never finished.
  package var isUntouched = false
  /// Of a ledger: the remote from which it goes, too; nil where it only goes here.
  package var remote: String?
  /// Whether a landing tested there, whose commits are nobody's work.
  package var isTestPlace = false

  package init(_ kind: Kind, _ name: String, reason: String) {
    self.kind = kind
    self.name = name
    self.reason = reason
  }
}

/// What stays, and why.
package struct KeptLeftover: Sendable, Equatable {
  package let leftover: Leftover
  package let reason: String

  package init(_ leftover: Leftover, _ reason: String) {
    self.leftover = leftover
    self.reason = reason
  }
}

/// Which leftovers are meant.
package struct LeftoverSelection: Sendable {
  /// How many of the newest runs keep their records and saved work unless told otherwise.
  package static let keptRuns = 20
  /// What is younger stays, unless told otherwise: somebody may be about to look at it.
  package static let age = Duration.seconds(86_400)
  /// The same for the records of runs and saved work.
  package static let recordAge = Duration.seconds(30 * 86_400)
  /// What nobody owns up to may just be in the making.
  static let strayAge = Duration.seconds(600)

  /// The ids of the runs that are meant; nil for all, and for what belongs to none.
  package var runs: Set<String>?
  /// nil for the default of each kind.
  package var age: Duration?
  package var keptRuns: Int
  package var includesUnfinished: Bool
  /// The remote whose old ledgers are meant, too; nil for none.
  package var ledgersOf: String?
  package var now: Date

  package init(
    runs: Set<String>? = nil, age: Duration? = nil, keptRuns: Int = Self.keptRuns, includesUnfinished: Bool = false,
    now: Date = Date()
  ) {
    self.runs = runs
    self.age = age
    self.keptRuns = keptRuns
    self.includesUnfinished = includesUnfinished
    self.now = now
  }

  var ageOfWork: Duration { age ?? (runs == nil ? Self.age : .zero) }
  var ageOfRecords: Duration { age ?? (runs == nil ? Self.recordAge : .zero) }
  var ageOfStrays: Duration { max(ageOfWork, Self.strayAge) }

  func isOld(_ date: Date, _ age: Duration) -> Bool {
    now.timeIntervalSince(date) >= Double(age.components.seconds)
  }

  func isOld(_ path: FilePath, _ age: Duration) -> Bool {
    guard let modified = FileAge.modified(path) else { return false }
    return isOld(modified, age)
  }
}
