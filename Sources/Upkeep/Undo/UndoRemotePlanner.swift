import Basics
import Engine
import Forges
import Git
import Journal
import Remotes

/// The part of the plan that others see: pull requests, then the branches of remotes.
struct UndoRemotePlanner {
  let planner: UndoPlanner
  let wanted: [UndoPlanner.Wanted]
  /// Branches that stay on the remote, since a pull request on them does.
  private(set) var leftBranches: Set<String> = []

  private var header: RunHeader { planner.state.header }

  init(planner: UndoPlanner, wanted: [UndoPlanner.Wanted]) {
    self.planner = planner
    self.wanted = wanted
  }

  private static let locally = "to do the local part only: git orch undo --local"

  mutating func examine(_ plan: inout UndoPlan) async throws {
    let requests = wanted.filter { $0.kind == .pullRequest || $0.kind == .pullRequestBase }
    let branches = wanted.filter { $0.kind == .remoteBranch }
    let openings = plan.isRedo || plan.isRest ? [:] : planner.effects.openings
    if planner.isLocal {
      for branch in branches where branch.effect.before != branch.effect.after {
        plan.left.append("\(branch.name.dropFirst("refs/heads/".count)) on \(branch.effect.place ?? "the remote")")
      }
      for request in requests where request.kind == .pullRequest { plan.left.append("pull request #\(request.name)") }
      return
    }
    do {
      try await examine(requests, openings.values.map(\.name).sorted(), branches, &plan)
    } catch let error as ForgeError where error.code != .cancelled {
      plan.refusals.append(.init("the pull requests cannot be looked at: \(error.message)", Self.locally))
    } catch let error as RunError {
      plan.refusals.append(.init("\(error)", Self.locally))
    }
    await examine(branches, &plan)
  }

  // MARK: - Pull requests

  private mutating func examine(
    _ requests: [UndoPlanner.Wanted], _ openings: [String], _ branches: [UndoPlanner.Wanted], _ plan: inout UndoPlan
  ) async throws {
    guard header.forge != nil, !requests.isEmpty || !openings.isEmpty else { return }
    let forge = try await planner.forge.forge()
    for request in requests {
      guard let number = Int(request.name) else { continue }
      let seen = try await forge.pullRequest(number)
      if request.kind == .pullRequestBase {
        examineBase(request, seen, &plan)
      } else if request.effect.after == "open" {
        examineReopening(seen, forge, &plan)
      } else {
        try await examineClosing(seen, forge, &plan)
      }
    }
    for branch in openings {
      // Its answer may have been lost, or the process died over it.
      guard branches.contains(where: { $0.name == "refs/heads/\(branch)" && $0.effect.after == nil }) else { continue }
      for seen in try await forge.openPullRequests(from: branch) { try await examineClosing(seen, forge, &plan) }
    }
    if !plan.isRedo { try await refuseDependants(branches, forge, &plan) }
  }

  private mutating func examineClosing(_ seen: PullRequest, _ forge: any Forge, _ plan: inout UndoPlan) async throws {
    switch seen.state {
    case .closed: return
    case .merged:
      let commit = seen.mergeCommit.map { String($0.prefix(10)) } ?? "COMMIT"
      plan.refusals.append(
        .init(
          "pull request #\(seen.number) is merged: \(seen.url)",
          "take it back by a branch of its own: git fetch && git switch -c undo-\(plan.run) "
            + "\(header.remote ?? "origin")/\(seen.base) && git revert \(commit)",
          Self.locally))
    case .open:
      let persons = try await forge.remarks(on: seen.number).filter { !$0.isByProgram && !$0.isOurs }.map(\.author)
      if let first = persons.first {
        leftBranches.insert(seen.head.branch)
        plan.left.append(
          "pull request #\(seen.number) and its branch on the remote: \(first) has said something there (\(seen.url))")
      } else {
        plan.changes.append(
          EffectRecord(.pullRequest, "\(seen.number)", before: "open", after: "closed", place: seen.url))
      }
    }
  }

  private func examineReopening(_ seen: PullRequest, _ forge: any Forge, _ plan: inout UndoPlan) {
    switch seen.state {
    case .open: return
    case .merged: plan.left.append("pull request #\(seen.number), which is merged")
    case .closed where forge.canReopen:
      plan.changes.append(
        EffectRecord(.pullRequest, "\(seen.number)", before: "closed", after: "open", place: seen.url))
    case .closed:
      plan.left.append(
        "pull request #\(seen.number): the forge does not open again what was declined; open another for its branch")
    }
  }

  private func examineBase(_ wanted: UndoPlanner.Wanted, _ seen: PullRequest, _ plan: inout UndoPlan) {
    guard seen.base != wanted.effect.after else { return }
    if seen.state == .open, wanted.expected.contains(seen.base) {
      plan.changes.append(
        EffectRecord(.pullRequestBase, wanted.name, before: seen.base, after: wanted.effect.after, place: seen.url))
    } else {
      plan.left.append("the base of pull request #\(seen.number), which is '\(seen.base)' now")
    }
  }

  /// Pull requests of others that are to be merged into a branch that would go: the forge would close them.
  private func refuseDependants(
    _ branches: [UndoPlanner.Wanted], _ forge: any Forge, _ plan: inout UndoPlan
  ) async throws {
    let going = Set(
      branches.filter { $0.effect.after == nil }.map { String($0.name.dropFirst("refs/heads/".count)) })
    let closing = Set(plan.changes(of: .pullRequest).map(\.name))
    for other in try await forge.openPullRequests()
    where going.contains(other.base) && !leftBranches.contains(other.base) && !closing.contains("\(other.number)") {
      plan.refusals.append(
        .init(
          "pull request #\(other.number) is to be merged into '\(other.base)', which would be deleted: \(other.url)",
          "give it another base first", Self.locally))
    }
  }

  // MARK: - Branches

  private func examine(_ branches: [UndoPlanner.Wanted], _ plan: inout UndoPlan) async {
    for (remote, wanted) in Dictionary(grouping: branches, by: { $0.effect.place ?? "" }).sorted(by: { $0.key < $1.key }
    ) {
      let names = wanted.map { String($0.name.dropFirst("refs/heads/".count)) }
      let tips: [String: ObjectID]
      do {
        tips = try await planner.place.git.remoteBranches(
          remote: remote, named: names, pushURL: planner.place.remote(remote)?.separatePushURL)
      } catch {
        plan.refusals.append(.init("cannot reach '\(remote)': \(error)", Self.locally))
        continue
      }
      for (wanted, name) in zip(wanted, names) where !leftBranches.contains(name) {
        let current = tips[name]?.description
        if current == wanted.effect.after { continue }
        if wanted.expected.contains(current) {
          plan.changes.append(
            EffectRecord(.remoteBranch, wanted.name, before: current, after: wanted.effect.after, place: remote))
          if !wanted.isBeforeKnown, !plan.isRedo {
            plan.left.append("whether '\(name)' was on \(remote) before the run is not recorded")
          }
        } else {
          let now = current.map { "is at \($0.prefix(10))" } ?? "is not there"
          plan.refusals.append(
            .init(
              "'\(name)' of \(remote) has moved since: it \(now), not at "
                + "\(wanted.effect.before.map { String($0.prefix(10)) } ?? "nothing")",
              "look at it: git fetch \(remote) \(name)", Self.locally))
        }
      }
    }
  }

  /// Asks the remotes whether they would take it.
  func rehearse(_ plan: inout UndoPlan) async throws {
    for (remote, updates) in plan.pushes {
      if let reason = try await planner.place.git.push(updates, to: remote, isRehearsal: true) {
        plan.refusals.append(.init("'\(remote)' does not take it: \(reason)", Self.locally))
      }
    }
  }
}

extension UndoPlan {
  /// What is pushed, by remote.
  var pushes: [(remote: String, updates: [ReferenceUpdate])] {
    Dictionary(grouping: changes(of: .remoteBranch), by: { $0.place ?? "" }).sorted { $0.key < $1.key }
      .map { ($0.key, $0.value.map(ReferenceUpdate.init)) }
  }
}

extension ReferenceUpdate {
  init(_ effect: EffectRecord) {
    self.init(effect.name, from: effect.before.flatMap(ObjectID.init), to: effect.after.flatMap(ObjectID.init))
  }
}

extension ForgeRemark {
  /// Whether git-orch said it, for whomever.
  fileprivate var isOurs: Bool {
    text.split(whereSeparator: \.isNewline).contains {
      $0.hasPrefix("git-orch review ") || $0.hasPrefix("git-orch undo ")
    }
  }
}
