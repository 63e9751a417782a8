import Basics
import Forges
import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

/// A forge, its repository with some branches, and the environment of a user of it.
struct ForgeWorld: Sendable {
  let forge: FakeForge
  /// The user's clone; `origin` is the forge's bare repository.
  let clone: TemporaryRepository
  let bare: FilePath

  static let token = "ghp_alice-0123456789"

  /// Runs a forge whose `main` has one commit, with the users alice (who writes), rob (who reads) and bob (who writes).
  static func with<R: Sendable>(
    _ dialect: FakeForge.Dialect, _ body: (ForgeWorld) async throws -> R
  ) async throws -> R {
    let (clone, bare) = try await TemporaryRepository.withCommitAndRemote("widget")
    return try await FakeForge.serving(repository: bare.path, dialect: dialect) { forge in
      await forge.add(.init("alice", token: token, email: "alice@example.com"))
      await forge.add(.init("bob", token: "ghp_bob-0123456789", email: "bob@example.com"))
      await forge.add(
        .init("rob", token: "ghp_rob-0123456789", email: "rob@example.com", permission: .read))
      return try await body(ForgeWorld(forge: forge, clone: clone, bare: bare.path))
    }
  }

  /// Pushes a branch from `main` on with one commit that writes a file, and returns the commit.
  @discardableResult
  func push(
    _ branch: String, file: String = "file.txt", _ content: String = "one\n", from start: String = "origin/main"
  ) async throws -> String {
    try await clone.git("checkout", "--quiet", "--force", "--no-track", "-B", branch, start)
    let commit = try await clone.commit(file, content, message: "change \(file)")
    try await clone.git("push", "--quiet", "--force", "origin", branch)
    return commit
  }

  /// Where a reference of the bare repository is.
  func commit(_ reference: String) async throws -> String { try await clone.git("rev-parse", reference, in: bare) }
}

/// Writes down what is waited for, and waits for nothing.
actor WaitRecord {
  struct Wait: Sendable {
    let duration: Duration
    let until: Date
    let cause: ForgeRetryPolicy.Cause
  }

  private(set) var waits: [Wait] = []
  private var onWait: (@Sendable () async throws -> Void)?

  /// Is done at each wait: what changes on the forge meanwhile.
  func meanwhile(_ body: @escaping @Sendable () async throws -> Void) { onWait = body }

  nonisolated func retryPolicy(longestWait: Duration = .seconds(3900), retries: Int = 4) -> ForgeRetryPolicy {
    ForgeRetryPolicy(longestWait: longestWait, retries: retries, firstPause: .milliseconds(100)) {
      try await self.note(Wait(duration: $0, until: $1, cause: $2))
    }
  }

  private func note(_ wait: Wait) async throws {
    waits.append(wait)
    try Task.checkCancellation()
    try await onWait?()
  }
}
