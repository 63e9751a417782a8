package import Engine
package import Journal
package import Landing
import Processes

/// The landing that follows a run of its own accord.
package enum LandingAfterwards {
  /// What the run's journal says of it, so that whoever continues the run comes to it, too.
  package static func request(
    _ record: LandsRecord, of run: RunState, review: RunState?, version: String
  ) -> LandingRequest? {
    let tasks = landing(run, review)
    guard !tasks.isEmpty else { return nil }
    var request = LandingRequest(version: version)
    let isWhole = tasks.count == run.ownTasks.count
    request.names = isWhole ? [run.header.id] : tasks
    request.updatesCheckout = record.updatesCheckout
    request.fixRounds = record.fixRounds
    // Where there are pull requests, they are what lands.
    request.usesForge = run.header.forge != nil
    return request
  }

  /// The tasks whose branches may land: those that are done and that no review has refused.
  private static func landing(_ run: RunState, _ review: RunState?) -> [String] {
    let refused = Set(
      review?.tasks.filter { !$0.status.isGood }.compactMap(\.header.pullRequest) ?? [])
    return run.ownTasks.filter { task in
      task.status.isGood && !task.commits.isEmpty && !(task.pullRequest.map { refused.contains($0.number) } ?? false)
    }.map(\.header.id)
  }

  /// The landing of that run that was begun and is not done.
  package static func unfinished(of run: String, in store: RunStore) throws(JournalError) -> RunFolder? {
    guard let folder = try LandingRun.unfinished(in: store), try folder.state().header.landing?.run == run else {
      return nil
    }
    return folder
  }

  /// What would keep everything from landing, asked before anybody is paid.
  /// - Parameters:
  ///   - base: the plan's base; nil where it names none.
  ///   - isLocal: whether it is certain that the branches land here, and not at the remote.
  package static func requirePossible(
    _ record: LandsRecord, base: String?, isLocal: Bool, in place: RepositoryContext
  ) async throws {
    var request = LandingRequest(version: "")
    request.updatesCheckout = record.updatesCheckout
    try await LandingRun.requirePossible(request, base: base, isLocal: isLocal, in: place)
  }
}
