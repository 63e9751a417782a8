import Basics
import Git
import Processes
import Remotes

/// Pushes the branches of tasks that end together in one exchange with the remote: on a small task, a push of its own is
/// the largest part of the work.
///
/// A push that finds none under way begins at once. Others wait for it, a moment at most, and then go together. What it
/// achieved is what the remote shows afterwards; a branch that it does not show at its commit is for its task to push by
/// itself, which gives the reason.
actor PushQueue {
  private let git: GitCommand
  private let remote: String
  private let pushURL: String?
  private let stop: StopRequest

  /// Webhooks and pipelines of forges look at the first three to five references of a push only.
  private static let mostTogether = 3
  /// A slow push is not waited for: then several are under way.
  private static let patience = Duration.milliseconds(100)

  private struct Batch {
    let signal = AsyncSignal()
    var branches: [(branch: String, tip: ObjectID)] = []
    var task: Task<Set<String>, Never>?
  }

  /// The one that gathers branches.
  private var open: (number: Int, batch: Batch)?
  private var batches = 0
  private var underWay = 0

  init(git: GitCommand, remote: String, pushURL: String?, stop: StopRequest) {
    self.git = git
    self.remote = remote
    self.pushURL = pushURL
    self.stop = stop
  }

  /// - Returns: Whether the remote has shown the branch at `tip`. Otherwise nothing is known.
  func push(_ branch: String, at tip: ObjectID) async -> Bool {
    guard let task = join(branch, tip) else { return false }
    return await task.value.contains(branch)
  }

  private func join(_ branch: String, _ tip: ObjectID) -> Task<Set<String>, Never>? {
    if open == nil {
      batches += 1
      let number = batches
      open = (number, Batch())
      // Awaited by each whose branch is in it.
      open?.batch.task = Task { await self.perform(number) }
    }
    open?.batch.branches.append((branch, tip))
    let task = open?.batch.task
    if underWay == 0 || open?.batch.branches.count == Self.mostTogether { close() }
    return task
  }

  /// Lets the batch that gathers go.
  private func close() {
    open?.batch.signal.send()
  }

  private func perform(_ number: Int) async -> Set<String> {
    guard let signal = open?.batch.signal else { return [] }
    await signal.wait(for: Self.patience)
    let branches = open?.batch.branches ?? []
    open = nil
    underWay += 1
    defer {
      underWay -= 1
      if underWay == 0 { close() }
    }
    let (git, remote, pushURL) = (git, remote, pushURL)
    let shown = try? await stop.cancelling(at: .immediate) {
      try await git.pushTogether(branches, to: remote, pushURL: pushURL)
    }
    return shown ?? []
  }
}
