import Basics
package import Processes

/// What happened in a run or a review, one case a line of the journal.
///
/// A case is written before the step it announces is taken (`…Starting`), or once its outcome is known. How a case is
/// written is in ``JournalForm``. Cases may be added within one schema version; a reader counts those that it does not
/// know.
package enum JournalEvent: Equatable, Sendable {
  case runStarted(RunHeader)
  /// What the user was warned of before the first task: a missing remote, a diverged base, an unknown setting.
  case warned(message: String)

  case taskStarting(task: String, startCommit: String, worktree: WorktreeRecord)
  case worktreeCreated(task: String)
  /// `sandbox` is the tool that makes the sandbox in which it runs, here and below; nil when it runs in none, and in
  /// older journals.
  case setupStarting(task: String, command: String, sandbox: String? = nil)

  /// `agent` is nil in older journals, which know of one kind alone.
  case attemptStarting(
    task: String, attempt: Int, session: String, resumed: Bool, sandbox: String? = nil, agent: AgentRecord? = nil)
  case attemptLaunched(task: String, attempt: Int, process: ProcessIdentity)
  /// The agent of the attempt runs elsewhere, as a job: first written before that is submitted.
  case attemptJob(task: String, attempt: Int, job: JobRecord)
  case attemptEnded(task: String, attempt: Int, result: AttemptRecord)
  /// The next attempt starts no earlier than `notBefore`.
  case retryPlanned(task: String, notBefore: JournalTime, reason: String)
  /// Something of the repository that is nobody's task changed while these tasks ran. Who did it is not known: the user
  /// may have.
  case repositoryChanged(tasks: [String], changes: [RepositoryChangeRecord])
  /// What nothing but a task's worktree held is kept in a commit; `contents` is nil in older journals.
  case workSaved(task: String, attempt: Int, reference: String, commit: String, contents: SavedContentsRecord?)

  case proven(task: String, tip: String, commits: [CommitRecord])
  /// What a task that did not succeed left on its branch, which is neither proven nor pushed.
  case leftUnproven(task: String, commits: [CommitRecord])
  case pushStarting(task: String, remote: String, commit: String)
  case pushed(task: String, commit: String)
  case pullRequestStarting(task: String, base: String)
  /// A pull request is open on the forge; `adopted` when it was before.
  case pullRequestOpened(task: String, pullRequest: PullRequestRecord, adopted: Bool)
  case taskEnded(task: String, status: TaskStatus, message: String?, advice: [String])
  case worktreeRemoved(task: String)

  // Of reviews, where a task is a pull request.
  /// The pull request as the forge showed it when its review began, or began again.
  case pullRequestSeen(task: String, pullRequest: PullRequestRecord)
  case verdictGiven(task: String, verdict: VerdictRecord)
  case testsStarting(task: String, command: String, commit: String, sandbox: String? = nil)
  case testsEnded(task: String, result: TestRecord)
  case reviewStarting(task: String, commit: String)
  case reviewPosted(task: String, review: PostedRecord)
  /// The forge is about to be asked to merge it; `tree` is what the base must come to by that, where tests have proven it.
  case mergeStarting(task: String, commit: String, tree: String? = nil)
  /// The forge says that it is merged; `commit` is what the merge made, as far as it says.
  case merged(task: String, commit: String?)
  /// What the forge said of its pull request when somebody asked it, perhaps long after.
  case pullRequestRefreshed(task: String, state: PullRequestStateRecord)
  /// All that was done for the task is void: the pull request changed meanwhile.
  case startedOver(task: String, reason: String)

  // Of landings, where a task is a branch.
  /// The tests of a part of the train are about to run, at the commit that has these branches on top of the base.
  case trainTesting(tasks: [String], command: String, commit: String, sandbox: String? = nil)
  /// How they went; `isCached` when the same tree had been tested before, and nothing was run.
  case trainTested(tasks: [String], result: TestRecord, isCached: Bool)
  /// The base has what the branch changes, by that commit; `earlier` says by what it was known of one that had landed
  /// before.
  case landed(task: String, commit: String?, earlier: String?)
  /// A branch that did not land is given back to the agent of its task: written by the landing, and by the task's run
  /// when that begins with it.
  case returned(task: String, record: ReturnRecord)
  /// Of a landing: what that took.
  case fixed(task: String, fix: FixRecord)
  /// Something is about a branch that the landing was not begun with: one that builds on what has landed.
  case taskAdded(header: TaskHeader)

  // Of tasks at which several attempts stand side by side.
  /// A reviewer has compared the candidates of the task.
  case candidatesReviewed(task: String, reviews: [CandidateReviewRecord])
  /// The work of one of them becomes the task's.
  case candidateChosen(task: String, choice: ChoiceRecord)

  // Of runs whose tasks' branches conflict.
  /// The branch of `task` conflicts with that of the task `with`, or with the base where that is nil, in `count` files, of
  /// which `paths` are the first. `isNew` unless only the files are others than before.
  case conflictFound(task: String, with: String?, paths: [String], count: Int, isNew: Bool)
  /// They merge now, or one of them is out of question.
  case conflictGone(task: String, with: String?)
  /// The task's agent is told of its conflicts with these tasks, and with the base if `base`: with its next prompt, or,
  /// where that is not nil, during `attempt`.
  case conflictTold(task: String, tasks: [String], base: Bool, attempt: Int?)
  /// The task's next attempt waits for the end of these, with which its branch conflicts.
  case held(task: String, tasks: [String])

  /// The forge's checks of the commit are not done: these, as far as it names them. Written when the wait begins, and
  /// when other checks than before are left.
  case waitingForChecks(task: String, checks: [String], until: JournalTime)

  /// The forge asked to be left alone until then.
  case waitingForForge(until: JournalTime, reason: String)
  /// No attempt starts before `until`; nil when the provider did not say until when.
  case paused(until: JournalTime?, reason: String)
  case resumed
  /// Somebody was paid for the plan of the run, before it began.
  case planPaid(planning: PlanningRecord)
  /// The to-do list that the plan of the run was made from.
  case todoRead(todo: TodoRecord)
  /// What was to be put on the items of these tasks is there, or never will be: a tick, or the link to a pull request.
  case todoMarked(tasks: [String], isTick: Bool)
  /// The agents of the run may cost so many US dollars together, from here on.
  case budgetSet(budget: Double)
  /// That much is spent: `spent` as the agents told, and `estimated` by those that have not told yet.
  case budgetReached(spent: Double, estimated: Double, budget: Double)
  /// Nothing new starts: the reason holds for every task.
  case halted(reason: String)
  case interrupted(signal: String)
  /// Another command asked for an end of these tasks, or of the whole run when none is named; `now` without waiting for
  /// their agents.
  case stopRequested(tasks: [String], now: Bool, by: RequestOrigin)
  /// Another command, or the user at the screen, asked for the next attempt of these tasks now.
  case retryRequested(tasks: [String], by: RequestOrigin)
  /// The run was given up: it is continued only if it is named.
  case aborted(by: RequestOrigin)
  /// Somebody opens the task's session by hand, with the agent's own client: that process.
  case attached(task: String, session: String, process: ProcessIdentity, by: RequestOrigin)
  case runEnded
  /// The run is about to change these things outside of its own folder; `task` is the one for which it does.
  case effect(task: String?, effects: [EffectRecord])
  /// The run is about to be taken back, or brought back after that; these are all changes that it takes.
  case undoStarting(process: ProcessIdentity, version: String, isRedo: Bool, effects: [EffectRecord])
  /// All of them are made, but for these, for the reasons given.
  case undoEnded(isRedo: Bool, left: [String])
  /// A run that ended or died is continued by another process, which does these tasks.
  case continued(process: ProcessIdentity, version: String, jobs: Int, agent: String, tasks: [String])
  /// A clone on `host` continues the run from here on, which one on `from` has performed so far. `again` are the tasks
  /// that are done from scratch, as their work is not there; `id` is made by chance.
  case takenOver(id: String, host: String, from: String, again: [String])
}

/// What is known when a run begins.
package struct RunHeader: Codable, Equatable, Sendable {
  /// The version of git-orch that wrote the journal.
  package var version: String
  package var id: String
  package var process: ProcessIdentity
  package var base: BaseRecord
  /// The remote to which branches are pushed; nil when they stay local.
  package var remote: String?
  /// Why branches stay local; nil when they are pushed.
  package var localReason: String?
  /// Where pull requests are opened or reviewed; nil when there are none.
  package var forge: ForgeRecord?
  /// Why no pull requests are opened although branches are pushed; nil when they are.
  package var noPullRequestsReason: String?
  package var jobs: Int
  package var agent: String
  /// What kind of review this is; nil of a run.
  package var review: ReviewHeader?
  /// The settings that differ from their defaults; nil in older journals.
  package var settings: [SettingRecord]?
  /// What kind of landing this is; nil of a run.
  package var landing: LandingHeader?
  /// How what it does lands afterwards; nil of one after which nothing does.
  package var lands: LandsRecord?
  /// The agent that was asked for by its name instead of the usual one; nil where none was.
  package var agentName: String?
  package var tasks: [TaskHeader]

  package init(
    version: String, id: String, process: ProcessIdentity, base: BaseRecord, remote: String?, localReason: String?,
    forge: ForgeRecord? = nil, noPullRequestsReason: String? = nil, jobs: Int, agent: String,
    review: ReviewHeader? = nil, landing: LandingHeader? = nil, settings: [SettingRecord]? = nil, tasks: [TaskHeader]
  ) {
    self.version = version
    self.id = id
    self.process = process
    self.base = base
    self.remote = remote
    self.localReason = localReason
    self.forge = forge
    self.noPullRequestsReason = noPullRequestsReason
    self.jobs = jobs
    self.agent = agent
    self.review = review
    self.settings = settings
    self.landing = landing
    self.tasks = tasks
  }

  /// Its tasks without the candidates for their work.
  package var ownTasks: [TaskHeader] { tasks.filter { $0.candidateOf == nil } }

  /// Whether agents do the tasks of a plan in it: it is neither a review nor a landing.
  package var isRun: Bool { review == nil && landing == nil }
}

/// The repository on its forge.
package struct ForgeRecord: Codable, Equatable, Sendable {
  /// `github`, `bitbucket`.
  package var provider: String
  package var host: String
  /// `owner/name`.
  package var repository: String
  /// The branch that pull requests are meant for.
  package var destination: String

  package init(provider: String, host: String, repository: String, destination: String) {
    self.provider = provider
    self.host = host
    self.repository = repository
    self.destination = destination
  }
}

/// What a review is to do beyond reviewing.
package struct ReviewHeader: Codable, Equatable, Sendable {
  /// Whether pull requests that pass are merged.
  package var merges: Bool

  package init(merges: Bool) { self.merges = merges }
}

/// A task as the plan has it, without its texts, which are in the run's `plan.yaml`.
package struct TaskHeader: Codable, Equatable, Sendable {
  package var id: String
  /// The number of the pull request that is reviewed; nil of a task, and in journals of schema 1.
  package var pullRequest: Int?
  package var title: String
  package var branch: String
  package var needs: [String]
  /// What it builds on that is no part of the run; nil when there is nothing.
  package var externalDependencies: [ExternalDependencyRecord]?
  /// The task that it is one of several attempts at; nil of the tasks themselves.
  package var candidateOf: String?

  private enum CodingKeys: String, CodingKey {
    case id, pullRequest, title, branch, needs, candidateOf
    // The name under which journals have always had it.
    case externalDependencies = "outerNeeds"
  }

  package init(
    id: String, title: String, branch: String, needs: [String], externalDependencies: [ExternalDependencyRecord]? = nil
  ) {
    self.id = id
    self.title = title
    self.branch = branch
    self.needs = needs
    self.externalDependencies = externalDependencies
  }

  package init(_ item: WorkItem, title: String, branch: String, needs: [WorkItem]) {
    self.init(id: item.id, title: title, branch: branch, needs: needs.map(\.id))
    if case .pullRequest(let number) = item { pullRequest = number }
  }

  package var item: WorkItem { pullRequest.map(WorkItem.pullRequest) ?? .task(id) }
}

/// What a run or a review works on.
package enum WorkItem: Hashable, Sendable {
  /// A task of the plan, by its id.
  case task(String)
  /// A pull request, by its number on the forge.
  case pullRequest(Int)

  /// Its name in journals, folders and on the command line. Nothing is ever read out of it.
  package var id: String {
    switch self {
    case .task(let id): id
    case .pullRequest(let number): "pr-\(number)"
    }
  }
}

/// A branch that a task builds on although its own task is no part of the run.
package struct ExternalDependencyRecord: Codable, Equatable, Sendable {
  package var branch: String
  /// Its commit when the run began.
  package var tip: String

  package init(branch: String, tip: String) {
    self.branch = branch
    self.tip = tip
  }
}

/// The branch on which the run is based, and the commit at which its tasks start.
package struct BaseRecord: Codable, Equatable, Sendable {
  package var branch: String
  package var commit: String

  package init(branch: String, commit: String) {
    self.branch = branch
    self.commit = commit
  }
}

package struct WorktreeRecord: Codable, Equatable, Sendable {
  /// The name under `.git/worktrees`.
  package var name: String
  package var path: String

  package init(name: String, path: String) {
    self.name = name
    self.path = path
  }
}

package struct CommitRecord: Codable, Equatable, Sendable {
  package var id: String
  package var summary: String

  package init(id: String, summary: String) {
    self.id = id
    self.summary = summary
  }
}

/// How much saved work holds.
package struct SavedContentsRecord: Codable, Equatable, Sendable {
  /// Files that were not committed.
  package var files: Int
  /// Commits that were on no branch.
  package var commits: Int
  /// Entries of `git stash`.
  package var stashes: Int
  /// Repositories within, submodules included.
  package var repositories: Int

  package init(files: Int, commits: Int, stashes: Int, repositories: Int) {
    self.files = files
    self.commits = commits
    self.stashes = stashes
    self.repositories = repositories
  }

  /// "2 files, 1 commit on no branch".
  package var description: String {
    func text(_ count: Int, _ one: String, _ many: String) -> String? {
      count == 0 ? nil : "\(count) \(count == 1 ? one : many)"
    }
    let parts = [
      text(files, "file", "files"), text(commits, "commit on no branch", "commits on no branch"),
      text(stashes, "stash entry", "stash entries"),
      text(repositories, "repository within", "repositories within"),
    ].compactMap(\.self)
    return parts.isEmpty ? "what was staged" : parts.joined(separator: ", ")
  }
}
