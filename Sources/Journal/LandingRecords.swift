/// How a landing is done, and of what.
package struct LandingHeader: Codable, Equatable, Sendable {
  /// `squash`, `merge`, `rebase`.
  package var mode: String
  /// What proves a part of the train; nil when nothing does.
  package var testCommand: String?
  /// The remote whose branch is moved; nil when only the local one is.
  package var remote: String?
  /// Whether the worktree that has the base checked out is updated with it.
  package var updatesCheckout: Bool
  /// The branches' commits by the tasks' ids.
  package var tips: [String: String]
  /// The run whose tasks these are; nil of branches that were named.
  package var run: String?
  /// How often a branch that is set aside is given back to the agent of its task; nil for never.
  package var fixRounds: Int?

  package init(
    mode: String, testCommand: String?, remote: String?, updatesCheckout: Bool, tips: [String: String], run: String?,
    fixRounds: Int? = nil
  ) {
    self.mode = mode
    self.testCommand = testCommand
    self.remote = remote
    self.updatesCheckout = updatesCheckout
    self.tips = tips
    self.run = run
    self.fixRounds = fixRounds
  }
}

extension RunHeader {
  /// The command for a landing of the same way, without what lands.
  package var landCommand: String {
    guard let landing else { return "git orch land" }
    var words = ["git orch land"]
    if forge != nil {
      words.append("--forge")
    } else {
      if landing.mode != "squash" { words.append("--mode \(landing.mode)") }
      if landing.remote != nil { words.append("--push") }
      if landing.updatesCheckout { words.append("--update-checkout") }
    }
    if landing.testCommand == nil { words.append("--no-test") }
    return words.joined(separator: " ")
  }
}

/// Why a branch is given back to the agent of its task, and what is to be done about it.
package struct ReturnRecord: Codable, Equatable, Sendable {
  /// The landing that does it.
  package var landing: String
  /// The run whose task it is.
  package var run: String
  /// As what it was set aside: `conflict`, `restack-conflict` or `tests-failed`.
  package var status: TaskStatus
  /// The same as a clause.
  package var reason: String
  /// Where the branch was.
  package var tip: String
  /// The base as it was then, which is to be in the branch, and how it is called.
  package var base: BaseRecord
  /// Whether the branch's own commits are to be put on top of the base; otherwise it is merged into the branch.
  package var rebases: Bool
  /// The commit on top of which the branch's own are, where it builds on another branch that has landed.
  package var fork: String?
  /// The files that conflict; empty of failing tests.
  package var paths: [String]
  /// The branch that landed before it, with which it conflicts; nil for anything else on the base.
  package var with: String?
  /// The tests that fail; nil of a conflict.
  package var test: TestRecord?

  package init(
    landing: String, run: String, status: TaskStatus, reason: String, tip: String, base: BaseRecord, rebases: Bool,
    fork: String? = nil, paths: [String] = [], with: String? = nil, test: TestRecord? = nil
  ) {
    self.landing = landing
    self.run = run
    self.status = status
    self.reason = reason
    self.tip = tip
    self.base = base
    self.rebases = rebases
    self.fork = fork
    self.paths = paths
    self.with = with
    self.test = test
  }
}

/// That the branches of a run are to land once it is done.
package struct LandsRecord: Codable, Equatable, Sendable {
  /// Whether their pull requests are reviewed before.
  package var reviewed: Bool
  /// Whether the worktree that has the base checked out is updated with it.
  package var updatesCheckout: Bool
  /// How often a branch that is set aside is given back to its agent.
  package var fixRounds: Int

  package init(reviewed: Bool, updatesCheckout: Bool, fixRounds: Int) {
    self.reviewed = reviewed
    self.updatesCheckout = updatesCheckout
    self.fixRounds = fixRounds
  }
}

/// What it took to fix a branch that was given back.
package struct FixRecord: Codable, Equatable, Sendable {
  /// The run whose task it is, which counts the same among its own costs.
  package var run: String
  /// How often it had been given back in this landing by then.
  package var round: Int
  package var attempts: Int
  /// US dollars.
  package var cost: Double
  /// How long agents worked.
  package var seconds: Double

  package init(run: String, round: Int, attempts: Int, cost: Double, seconds: Double) {
    self.run = run
    self.round = round
    self.attempts = attempts
    self.cost = cost
    self.seconds = seconds
  }
}
