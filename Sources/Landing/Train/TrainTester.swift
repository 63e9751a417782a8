import Agents
import Attempts
import Basics
import Engine
import Git
import Guarding
import Journal
import Launchers
import Merging
import Processes
import Restacking
import Settings
import SystemPackage
import Trains

/// Tests trees, each once.
actor TrainTester {
  private let place: RepositoryContext
  private let places: TestPlaces
  private let cache: TestCache
  private let circumstances: TestCache.Circumstances
  private let environment: [String: String]
  private let journal: RunJournal
  private let stop: StopRequest
  private let quarantine: MergeQuarantine
  /// Notices what tests change in the repository.
  private let watch: RepositoryWatch
  private let limit: Duration
  private let launcher: (any Launcher)?

  private let numbers: ClosedRange<Int>
  private var free: [Int]
  private var made: Set<Int> = []
  private var count = 0
  /// The last red run by the tree.
  private var failures: [ObjectID: TestRecord] = [:]

  /// What is to be tested.
  struct Subject: Sendable {
    let commit: ObjectID
    let tree: ObjectID
    /// What is on top of the base in it.
    let tasks: [String]
    /// Whether it was red a moment ago.
    let isRerun: Bool
  }

  init(
    _ plan: LandingPlan, command: String, in place: RepositoryContext, places: TestPlaces, journal: RunJournal,
    stop: StopRequest, quarantine: MergeQuarantine, jobs: Int
  ) async throws {
    self.place = place
    self.places = places
    self.journal = journal
    self.stop = stop
    self.quarantine = quarantine
    watch = RepositoryWatch(
      commonDirectory: place.commonDirectory, checkout: place.checkout, environment: place.environment,
      journal: journal)
    cache = TestCache(commonDirectory: place.commonDirectory)
    limit = place.settings[.agentMaxRuntime]
    let reason = await place.reasonNotToTravel
    if let reason { try await journal.append(.warned(message: "tests run on this machine: \(reason)")) }
    launcher = reason == nil ? Launchers(place.settings, environment: place.environment).selected() : nil
    environment = GitVariables.keepingCommandLineValues(EnvironmentPolicy(place.settings).own(place.environment))
    circumstances = try await plan.circumstances(command: command, in: place)
    numbers = 1...max(1, jobs)
    free = numbers.reversed()
  }

  /// How the tests of a tree failed.
  func failure(of tree: ObjectID) -> TestRecord? { failures[tree] }

  /// Whether the tests of a tree are green: as they were before, or as they are now.
  func isGreen(_ subject: Subject) async throws -> Bool {
    let key = circumstances.key(tree: subject.tree.description)
    if let known = cache.result(key) {
      // The second look at what a moment ago was known to be red is no news.
      if !subject.isRerun { try await tell(known, subject, log: cache.log(key)) }
      if !known.passed { failures[subject.tree] = record(known, subject, cache.log(key)) }
      return known.passed
    }
    if stop.level > .none { throw CancellationError() }
    guard let number = free.popLast() else { throw LandingError("more tests at a time than places for them") }
    defer { free.append(number) }
    count += 1
    let run = count
    try await quarantine.adopt([subject.commit])
    let isNew = !made.contains(number)
    let path = try await places.prepare(number, at: subject.commit, isNew: isNew)
    made.insert(number)
    let log = FileSystem.firstFree(journal.folder.path.appending("tests-\(run)"), "log")
    let sandbox = try await SandboxPolicy(place).sandbox(
      for: .tests, worktree: path, environment: environment, scratch: journal.folder.path)
    try await journal.append(
      .trainTesting(
        tasks: subject.tasks, command: circumstances.command, commit: subject.commit.description,
        sandbox: sandbox?.tool.name))
    let test = TestRun(
      command: circumstances.command, repository: AgentRepository(place, worktree: path), worktree: path,
      branch: places.branch(number), environment: environment, log: log, limit: limit,
      run: journal.folder, name: "landing-tests-\(number)-\(run)", sandbox: sandbox, launcher: launcher)
    let stopwatch = Stopwatch()
    // The others are switched meanwhile.
    let property = TaskProperty(
      task: places.name(number), branches: Set(numbers.map(places.branch)),
      worktrees: numbers.map { places.path($0).string })
    let outcome = try await watch.owning(property) { [watch, stop, places] in
      try await test.perform(stop: stop, for: places.name(number), watchedBy: watch)
    }
    let seconds = stopwatch.elapsed.inSeconds
    let result = TestCache.Result(
      tree: subject.tree.description, command: circumstances.command, passed: outcome.passed, outcome: outcome.words,
      seconds: seconds, testedAt: JournalTime.now.description)
    // Red once may be chance; green is green.
    if outcome.passed || subject.isRerun { cache.keep(result, as: key, log: log) }
    if !outcome.passed { failures[subject.tree] = record(result, subject, log) }
    try await journal.append(.trainTested(tasks: subject.tasks, result: record(result, subject, log), isCached: false))
    return outcome.passed
  }

  private func tell(_ known: TestCache.Result, _ subject: Subject, log: FilePath) async throws {
    try await journal.append(
      .trainTested(tasks: subject.tasks, result: record(known, subject, log), isCached: true))
  }

  private func record(_ result: TestCache.Result, _ subject: Subject, _ log: FilePath) -> TestRecord {
    TestRecord(
      command: result.command, commit: subject.commit.description, passed: result.passed, outcome: result.outcome,
      log: log.string)
  }

  /// Removes the worktrees, and results beyond what is kept.
  func finish() async throws {
    for number in made.sorted() {
      do {
        try await places.remove(number)
      } catch let error as JournalError {
        throw error
      } catch {
        try await journal.append(.warned(message: "the tests' worktree '\(places.path(number))' stays: \(error)"))
      }
    }
    made = []
    cache.sweep()
  }
}
