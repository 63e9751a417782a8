import Basics
import Journal
import SystemPackage

/// The one thing to do next about a run, for this very state of it: the same at its end and in `status`.
package struct NextStep: Sendable, Equatable {
  package let command: String
  /// Why; nil where the command says it.
  package let note: String?

  /// nil while the run is in progress, and where nothing has to be done.
  package init?(_ view: RunView) {
    guard view.phase == .ended || view.phase == .died, view.undo == nil, view.abortedBy == nil,
      view.isLast
    else { return nil }
    let rows = view.ownRows
    let good = rows.filter(\.status.isGood)
    let name = view.isNewest ? "" : " \(sanitized(view.id))"
    if view.kind == .review {
      guard view.phase == .died || view.interruptedBy != nil, !rows.isEmpty else { return nil }
      let open = rows.filter { !$0.status.isGood }.compactMap(\.task.header.pullRequest)
      self.init("git orch review" + open.map { " --pr \($0)" }.joined(), "it does again what was not done")
      return
    }
    if view.kind == .landing {
      self.init(landing: view)
      return
    }
    let isUnfinished =
      view.phase == .died || view.interruptedBy != nil
      || rows.contains { [.skipped, .interrupted, .overBudget].contains($0.status) }
    if isUnfinished {
      var left = "\(rows.count - good.count) of \(rows.count) tasks are not done"
      if view.header.lands != nil { left += "; what is done lands then" }
      self.init(
        "git orch run --continue" + name,
        view.isOverBudget ? "\(left); first raise orchestrator.run.maxBudgetUsd" : left)
      return
    }
    let opened = good.filter { $0.task.pullRequest != nil }.count
    if opened > 0 {
      self.init(
        "git orch review --from-run" + name,
        "\(opened) pull request\(opened == 1 ? " is" : "s are") open")
      return
    }
    let branches = good.count { !$0.task.commits.isEmpty }
    if branches > 0 {
      let where_ = view.header.remote.map { "pushed to '\(sanitized($0))'" } ?? "local"
      self.init(
        "git orch land" + name, branches == 1 ? "1 branch is \(where_)" : "\(branches) branches are \(where_)")
      return
    }
    guard let first = rows.first(where: { $0.status.isFinal && !$0.status.isGood && $0.status != .blocked }) else {
      return nil
    }
    // Of several attempts, the first that failed shows more than the task itself.
    let failed = view.rows.first { $0.task.header.candidateOf == first.id && !$0.status.isGood } ?? first
    let id = shellQuoted(sanitized(failed.id))
    let hasWork = failed.task.worktree != nil && failed.task.session != nil
    self.init(
      hasWork && failed.task.canBeAttached ? "git orch attach \(id)" : "git orch log \(id)",
      hasWork ? "its work is kept" : nil)
  }

  private init?(landing view: RunView) {
    let rows = view.rows
    // Given back to its agent, and not judged since.
    let isOpen = rows.contains { $0.status == .fixing }
    if view.phase == .died || view.interruptedBy != nil || isOpen {
      let left = rows.count { !$0.status.isGood }
      guard left > 0 || view.phase == .died else { return nil }
      self.init("git orch land --continue", "\(left) of \(rows.count) branches are not landed")
      return
    }
    let fixable = rows.count { [.conflict, .restackConflict, .testsFailed].contains($0.status) }
    if let landing = view.header.landing, let run = landing.run, landing.fixRounds == nil, fixable > 0 {
      self.init(
        "\(sanitized(view.header.landCommand)) --fix \(sanitized(run))",
        "gives \(fixable == 1 ? "the branch" : "\(fixable) branches") back to \(fixable == 1 ? "its agent" : "their agents")"
      )
      return
    }
    if let culprit = rows.first(where: { $0.status == .testsFailed }) {
      self.init(
        "\(sanitized(view.header.landCommand)) \(shellQuoted(sanitized(culprit.task.header.branch)))",
        "once its tests are fixed")
      return
    }
    if let other = rows.first(where: { $0.status == .conflict }), let landing = view.header.landing {
      let base = landing.remote.map { "\($0)/\(view.header.base.branch)" } ?? view.header.base.branch
      self.init(
        "git switch \(shellQuoted(sanitized(other.task.header.branch))) && git merge \(shellQuoted(sanitized(base)))",
        "resolve the conflict, then land it again")
      return
    }
    guard rows.contains(where: { $0.status == .landed }) else { return nil }
    self.init("git orch cleanup", "removes the worktrees and branches of what landed")
  }

  private init(_ command: String, _ note: String?) {
    self.command = command
    self.note = note
  }

  package var text: String { "Next: \(command)" + (note.map { "    \($0)" } ?? "") }
}
