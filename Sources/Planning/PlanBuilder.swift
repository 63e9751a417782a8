import Agents
package import Basics
package import Engine
import Git
package import HTTP
package import Journal
import KnownAgents
package import PlanGeneration
package import Plans
import Processes
import Remotes
import Settings
import Synchronization
package import SystemPackage
import TodoLists

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Turns a to-do list into a plan file.
package struct PlanBuilder: Sendable {
  package let place: RepositoryContext
  package let source: PlanSource
  /// Sends a request to the Messages API; nil where the program has no HTTP client.
  package let askAPI: HTTPSend?

  package init(
    place: RepositoryContext, source: PlanSource, askAPI: HTTPSend?
  ) {
    self.place = place
    self.source = source
    self.askAPI = askAPI
  }

  /// How long a client may think.
  package static let clientLimit = Duration.seconds(300)

  /// Reads the to-do list and makes the plan; writes nothing.
  /// - Parameters:
  ///   - name: what messages call the list.
  ///   - progress: hears which source is asked, and why one could not plan.
  /// - Throws: `TodoError`, `PlanGenerationError`, `GitError`, `SettingsError`, `RunError`.
  package func make(
    from todo: FilePath, name: String? = nil, progress: @escaping @Sendable (PlanningProgress) -> Void = { _ in }
  ) async throws -> GeneratedPlan {
    let (list, text) = try await offPool { try TodoList.read(todo, displayName: name) }
    let settings = place.settings
    let knownRemote = place.remotes().base?.name
    let setting = settings[.gitBaseBranch]
    let base = try await place.inRepository {
      try Base.branchName(plan: nil, setting: setting, remote: knownRemote, in: $0)
    }
    let context = ProjectContext(
      repositoryName: place.repositoryName, files: try await trackedFiles(), keyFiles: keyFiles(),
      instructions: try settings.text(of: .projectAgentInstructions, repositoryRoot: place.root),
      testCommand: settings[.projectTestCommand], baseBranch: base)
    let uses = Mutex<[PlanSource: PlanningUse]>([:])
    let listener: @Sendable (PlanningProgress) -> Void = { step in
      if case .used(let source, let use) = step { uses.withLock { $0[source] = use } }
      progress(step)
    }
    let generator = PlanGenerator(
      source: source, client: client, askClient: askClient(listener), askAPI: askAPI, environment: place.environment,
      progress: listener)
    var plan = try await generator.generate(
      todo: list, text: text, context: context,
      settings: PlanSettings(
        baseBranch: base, destinationBranch: settings[.gitDestinationBranch] ?? base, worktreeDir: nil,
        repoSlug: settings[.gitRepoSlug], autoCleanup: true))
    plan.spent = PlanningRecord(plan.source, uses.withLock { Array($0.values) })
    plan.todo = try await todoRecord(todo, text, plan.origins)
    return plan
  }

  /// Where the tasks come from; nil of a list that is in no file, or where nothing is to be made of that.
  private func todoRecord(_ path: FilePath, _ text: String, _ origins: [PlanOrigin]) async throws -> TodoRecord? {
    guard settings[.todoUpdate] != .off, let bytes = try? path.readBytes(limit: TextFile.limit, .regularOnly),
      String(validating: bytes, as: UTF8.self)?.withoutByteOrderMark == text, let anchors = TodoAnchors(bytes)
    else { return nil }
    let items = origins.compactMap { origin in
      anchors.anchor(ofLine: origin.line).map {
        TodoRecord.Item(tasks: origin.tasks, line: $0.line, text: $0.text, before: $0.before, after: $0.after)
      }
    }
    let isOurs = try await TodoFile.isOurs(path, in: place)
    return TodoRecord(
      file: path.string, blob: isOurs ? try await place.git.storeBlob(bytes).description : nil, items: items)
  }

  private var settings: Settings { place.settings }

  /// Writes a plan, unless that would overwrite one which the user wrote or edited.
  ///
  /// A plan that stands there just as it was generated holds no work of the user's and is replaced. With `force` an
  /// edited one is first renamed to `NAME.~N~`, as GNU tools number their backups.
  /// - Returns: the backup's path, if one was made.
  /// - Parameters:
  ///   - planning: what making it took; nil where nobody was paid for it.
  ///   - todo: where its tasks come from.
  package func write(
    _ plan: TaskPlan, to path: FilePath, force: Bool, planning: PlanningRecord? = nil, todo: TodoRecord? = nil
  ) throws -> FilePath? {
    // Asked again: making the plan took its time.
    if !force { try refuseEdited(path) }
    let text = plan.yaml()
    var backup: FilePath?
    if isEdited(path) {
      do {
        backup = try FileSystem.moveToBackup(path)
      } catch {
        throw RunError(
          .unusablePlanFile, "cannot keep a backup of '\(path)': \(FileSystem.reason(error))",
          hints: ["move it away yourself, or write to another file: git orch generate --output FILE"])
      }
    }
    try replace(path, with: text)
    do {
      try GeneratedPlans(place.store).add(text)
    } catch {
      throw RunError(.unusablePlanFile, "cannot write in '\(place.store.folder)': \(FileSystem.reason(error))")
    }
    PlanningCosts(place.store).note(planning, of: path)
    TodoSources(place.store).note(todo, of: path)
    return backup
  }

  /// Throws `RunError.planExists` when writing a plan there would need `force`. To be asked before a model is, whose
  /// answer costs money.
  package func refuseEdited(_ path: FilePath) throws(RunError) {
    guard isEdited(path) else { return }
    throw RunError(
      .planExists, "'\(path)' already exists and was written or edited by hand",
      hints: [
        "to replace it, keeping a backup: --force; to write to another file: git orch generate --output FILE",
        "to execute it as it is: git orch run"
          + (path == place.defaultPlan ? "" : " -c \(shellQuoted(path: path.string))"),
      ])
  }

  /// Whether something else than a plan as it was generated here is there.
  private func isEdited(_ path: FilePath) -> Bool {
    guard !FileSystem.isAbsent(path) else { return false }
    guard let present = try? path.readText(limit: 10 << 20, .plainFile) else { return true }
    return !GeneratedPlans(place.store).contain(present)
  }

  private func replace(_ path: FilePath, with text: String) throws(RunError) {
    do {
      try FileSystem.replace(path, with: text)
    } catch {
      throw RunError(.unusablePlanFile, "cannot write '\(path)': \(FileSystem.reason(error))")
    }
  }

  private func trackedFiles() async throws -> [String] {
    guard place.checkout != nil else { return [] }
    let listing = try await place.git.require(.reading, ["ls-files", "-z"])
    return listing.bytes.split(separator: 0, maxSplits: 2000).prefix(2000).map { String(decoding: $0, as: UTF8.self) }
  }

  private func keyFiles() -> [ProjectContext.KeyFile] {
    guard let checkout = place.checkout else { return [] }
    return place.settings[.projectKeyFiles].compactMap { path in
      (try? checkout.appending(path).readText(limit: 64 << 10, .plainFile)).map {
        ProjectContext.KeyFile(path: path, content: $0)
      }
    }
  }

  /// The sources that are asked in turn.
  package var sources: [PlanSource] { source.tried(client: client) }

  /// That of the usual agent; nil where that makes no plans.
  private var client: PlanSource? {
    switch place.settings[.agentKind] {
    case .claude: .claude
    case .codex: .codex
    case .command: nil
    }
  }

  private func askClient(_ progress: @escaping @Sendable (PlanningProgress) -> Void) -> PlanGenerator.AskClient {
    let place = place
    return { source, prompt, schema in
      let agent = try await AgentRegistry(place.settings).locate(source.rawValue, environment: place.environment)
      let summary = Mutex(StreamSummary())
      return try await agent.structuredAnswer(
        prompt: prompt, schema: schema, directory: place.checkout ?? place.directory,
        environment: place.environment, timeout: Self.clientLimit
      ) { event in
        let use: PlanningUse? = summary.withLock { summary in
          summary.note(event)
          switch event {
          case .initialised, .usage, .result: return PlanningUse(summary)
          default: return nil
          }
        }
        if let use { progress(.used(source, use)) }
      }
    }
  }
}

extension PlanningUse {
  /// What the client has told so far, and counted since.
  fileprivate init(_ summary: StreamSummary) {
    var models = summary.models
    for part in summary.streamed.all { models.add(part) }
    self.init(
      model: summary.model, models: models.all.map(ModelRecord.init),
      isTold: summary.lastResult != nil && summary.streamed.all.isEmpty)
  }
}
