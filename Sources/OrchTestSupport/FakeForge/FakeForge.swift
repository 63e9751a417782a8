import FlyingFox
import FlyingSocks
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A forge with one repository: a real bare one, whose branches and merges are git's own.
///
/// It answers on a Unix socket, for `gh` (`http_unix_socket` in its configuration takes every host there), and on
/// loopback. What it speaks is a ``Dialect``; pull requests, reviews, checks and merges are the same beneath.
package actor FakeForge {
  /// `owner/name`.
  package nonisolated let slug: String
  /// The bare repository.
  package nonisolated let repository: FilePath
  package nonisolated let dialect: Dialect
  /// In a short folder of its own: socket paths hold about a hundred bytes.
  package nonisolated let socketPath: FilePath
  /// `http://127.0.0.1:40123`.
  package nonisolated let baseURL: String

  package internal(set) var behaviour = Behaviour()
  /// All requests in the order of their arrival, those of a fault too.
  package internal(set) var requests: [Request] = []
  /// Requests that no route answers, as `POST /graphql`.
  package internal(set) var surprises: [String] = []

  var users: [User] = []
  var pulls: [Int: PullRequest] = [:]
  var checks: [Check] = []
  var faults: [Fault] = []
  /// The forks that pull requests may come from.
  var forks: [Fork] = []
  /// The uuids of those who are asked for a review, by pull request; Bitbucket's only.
  package internal(set) var reviewers: [Int: [String]] = [:]
  var mergeTasks: [String: MergeTask] = [:]
  /// The last number given to a pull request.
  var lastNumber = 0
  /// The last id given to a review, a comment or a check.
  var lastID = 1000

  /// Removed with the forge.
  private let socketFolder: TemporaryDirectory
  private var servers: [(server: HTTPServer, running: Task<Void, any Error>)] = []
  private var hasStopped = false
  private var onlookers: [UUID: AsyncStream<Void>.Continuation] = [:]

  private init(
    slug: String, repository: FilePath, dialect: Dialect, socketFolder: TemporaryDirectory, socketPath: FilePath,
    port: UInt16,
    servers: [(server: HTTPServer, running: Task<Void, any Error>)]
  ) {
    self.slug = slug
    self.repository = repository
    self.dialect = dialect
    self.socketFolder = socketFolder
    self.socketPath = socketPath
    self.baseURL = "http://127.0.0.1:\(port)"
    self.servers = servers
  }

  /// Starts both servers, once there is a place for them (``Places``). Whoever starts it must `stop()` it; `serving` does both.
  package static func start(
    _ slug: String, repository: FilePath, dialect: Dialect
  ) async throws -> FakeForge {
    try await Places.shared.take()
    do {
      return try await startWithPlace(slug, repository: repository, dialect: dialect)
    } catch {
      await Places.shared.giveBack()
      throw error
    }
  }

  private static func startWithPlace(
    _ slug: String, repository: FilePath, dialect: Dialect
  ) async throws -> FakeForge {
    // A short name: the path of a socket has at most 107 bytes.
    let folder = try TemporaryDirectory(prefix: "forge")
    let socket = folder.path.appending("s")
    // The time limit is for a handler's answer, and some answers are held back until a test lets them go.
    let local = HTTPServer(address: .unix(path: socket.string), timeout: 86_400, logger: .disabled)
    let loopback = HTTPServer(address: try .inet(ip4: "127.0.0.1", port: 0), timeout: 86_400, logger: .disabled)
    let servers = [local, loopback].map { server in (server, Task { try await server.run() }) }
    do {
      for (server, _) in servers { try await server.waitUntilListening(timeout: 300) }
      guard case .ip4(_, let port) = await loopback.listeningAddress else { throw SocketError.unsupportedAddress }
      let forge = FakeForge(
        slug: slug, repository: repository, dialect: dialect, socketFolder: folder, socketPath: socket, port: port,
        servers: servers)
      for (server, _) in servers {
        await server.appendRoute("*") { [weak forge] request in
          guard let forge else { throw CancellationError() }
          return try await forge.answer(request)
        }
      }
      return forge
    } catch {
      for (_, running) in servers { running.cancel() }
      throw error
    }
  }

  /// Runs a forge for as long as the body runs.
  package static func serving<R: Sendable>(
    _ slug: String = "acme/widget", repository: FilePath, dialect: Dialect, _ body: (FakeForge) async throws -> R
  ) async throws -> R {
    let forge = try await start(slug, repository: repository, dialect: dialect)
    do {
      let result = try await body(forge)
      await forge.stop()
      return result
    } catch {
      await forge.stop()
      throw error
    }
  }

  /// Stops listening and drops all connections, those that are held back too. Safe to call twice.
  package func stop() async {
    guard !hasStopped else { return }
    hasStopped = true
    for (server, running) in servers {
      await server.stop()
      running.cancel()
      _ = await running.result
    }
    servers = []
    for onlooker in onlookers.values { onlooker.finish() }
    await Places.shared.giveBack()
  }

  // MARK: What tests set and see

  package func configure(_ change: @Sendable (inout Behaviour) -> Void) { change(&behaviour) }

  /// Lets a user in, or replaces the one of the same login.
  package func add(_ user: User) {
    users.removeAll { $0.login == user.login }
    users.append(user)
  }

  /// Lets pull requests come from a fork.
  package func add(_ fork: Fork) { forks.append(fork) }

  /// The fork of that slug, or the only one of that owner.
  func fork(_ name: String) -> Fork? {
    forks.first { $0.slug.lowercased() == name.lowercased() } ?? forks.first { $0.slug.hasPrefix("\(name)/") }
  }

  package func setReviewers(of number: Int, _ uuids: [String]) { reviewers[number] = uuids }

  /// What is to go wrong; of several that fit a request the first counts.
  package func fail(_ fault: Fault) { faults.append(fault) }

  /// All of them, by number, with heads as they are now.
  package func pullRequests() async throws -> [PullRequest] {
    for number in pulls.keys.sorted() { try await refreshHead(of: number) }
    return pulls.values.sorted { $0.number < $1.number }
  }

  package func pullRequest(_ number: Int) async throws -> PullRequest? {
    try await refreshHead(of: number)
    return pulls[number]
  }

  /// `GET /repos/acme/widget/pulls?state=open`: each request as a line.
  package var requestLines: [String] { requests.map(\.line) }

  /// Waits for the `count`th request that fits, and returns it. Its answer may not have been sent yet.
  /// - Throws: `CancellationError` when the task is cancelled or the forge stopped before that.
  @discardableResult
  package func waitForRequest(
    _ count: Int = 1, where fits: @Sendable (Request) -> Bool
  ) async throws -> Request {
    let (changes, onlooker) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let id = UUID()
    onlookers[id] = onlooker
    defer { onlookers[id] = nil }
    onlooker.yield()
    if hasStopped { onlooker.finish() }
    for await _ in changes {
      if let request = requests.filter(fits).dropFirst(count - 1).first { return request }
    }
    throw CancellationError()
  }

  func record(_ request: Request) {
    requests.append(request)
    for onlooker in onlookers.values { onlooker.yield() }
  }

  func nextID() -> Int {
    lastID += 1
    return lastID
  }
}
