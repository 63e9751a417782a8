import Basics
import Engine
import Forges
import Git
import Plans
import Preflight
import Remotes
import Settings

/// What a run itself asks before its first agent, in the same words.
extension Doctor {
  /// nil where there is no repository.
  var preflight: Preflight? {
    scene.place.map { place in
      let settings = scene.settings
      let tasks = scene.plan?.tasks ?? []
      let commands = (tasks.map(\.testCommand) + [settings[.projectTestCommand]]).compactMap(\.self)
      return Preflight(
        place, remote: nil, trial: nil, testCommands: Set(commands).sorted(), jobs: settings[.runJobs],
        worktreeFolder: try? place.worktreeFolder(plan: scene.plan?.settings.worktreeDir),
        launchers: tasks.isEmpty ? [nil] : tasks.map(\.launcher))
    }
  }

  func checkSigning(_ notes: Findings) async {
    if let fact = await preflight?.signing() { notes.add(DoctorFinding(fact)) }
  }

  func checkLedger(_ notes: Findings) async {
    if let fact = preflight?.ledger() { notes.add(DoctorFinding(fact)) }
  }

  func checkHooks(_ notes: Findings) async {
    for fact in preflight?.hooks() ?? [] { notes.add(DoctorFinding(fact)) }
  }

  /// Whether the remote takes pushes, unless its forge has said, and the names of the plan's branches over there.
  /// - Parameter known: the branches there, if they were asked for.
  func checkPush(
    _ remote: Remote, at commit: ObjectID?, known: [String: ObjectID]?, in place: RepositoryContext, _ notes: Findings
  ) async {
    let tasks = scene.plan?.tasks ?? []
    let names = tasks.map(\.branch)
    notes.begin("Push access")
    if let commit, await !forgeTellsPushAccess(place) {
      let preflight = Preflight(
        place, remote: remote, trial: (names.first ?? "feature/orch-doctor", commit), testCommands: [], jobs: 1,
        worktreeFolder: nil)
      if let fact = await preflight.pushAccess(nil, at: nil) { notes.add(DoctorFinding(fact)) }
    }
    guard !tasks.isEmpty else { return }
    notes.begin("Branch names")
    // A remote that does not answer has its line already.
    var theirs = known
    if theirs == nil {
      theirs = try? await place.git.remoteBranches(
        remote: remote.name, named: Self.inTheWay(of: names), below: names, pushURL: remote.separatePushURL)
    }
    let local = (try? await place.inRepository { $0.branches().keys.sorted() }) ?? []
    for task in tasks {
      let fault = BranchNames.fault(
        task.branch, of: task.id, local: local, remote: theirs.map { (remote.name, $0) })
      if let fault { notes.add(DoctorFinding("Branch names", .fault, error: fault)) }
    }
  }

  /// The branches, and those whose names they could not have next to them.
  static func inTheWay(of branches: [String]) -> [String] {
    branches + branches.flatMap { BranchNames.folders(of: $0) }
  }

  /// GitHub does; its line is another check's.
  private func forgeTellsPushAccess(_ place: RepositoryContext) async -> Bool {
    guard case .found(let site)? = try? await ForgeLookup.finding(in: place, slug: scene.plan?.settings.repoSlug) else {
      return false
    }
    return site.kind == .gitHub
  }
}

extension DoctorFinding {
  init(_ fact: Fact) {
    let state: State =
      switch fact.state {
      case .good: .ok
      case .warning: .warning
      case .fault: .fault
      case .unknown: .skipped
      }
    self.init(fact.name, state, fact.message, advice: fact.advice)
  }
}
