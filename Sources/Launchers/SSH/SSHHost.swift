import Basics
import Processes
import SystemPackage

/// One host: what is asked of it by all jobs together, and how many of ours are there.
actor SSHHost {
  nonisolated let name: String
  /// How many of our jobs it may have at a time.
  nonisolated let limit: Int?
  nonisolated let connection: SSHConnection

  init(_ name: String, limit: Int?, environment: [String: String]) {
    self.name = name
    self.limit = limit
    connection = SSHConnection(host: name, environment: environment)
  }

  // MARK: - Places

  /// The keys of our jobs there.
  private var jobs: Set<String> = []

  var count: Int { jobs.count }
  var isFull: Bool { limit.map { jobs.count >= $0 } ?? false }

  /// False where it is full.
  func take(_ key: String) -> Bool {
    if jobs.contains(key) { return true }
    guard !isFull else { return false }
    jobs.insert(key)
    return true
  }

  /// One that an earlier process has sent counts, whatever the limit says.
  func note(_ key: String) { jobs.insert(key) }
  func release(_ key: String) { jobs.remove(key) }

  // MARK: - One at a time

  private var isSending = false
  private var senders: [CheckedContinuation<Void, Never>] = []

  /// What is sent at the same time would be sent twice: the first job brings what the others then find there.
  func alone<Value: Sendable>(
    _ body: @Sendable () async throws(LaunchError) -> Value
  ) async throws(LaunchError) -> Value {
    if isSending {
      await withCheckedContinuation { senders.append($0) }
    } else {
      isSending = true
    }
    defer {
      if senders.isEmpty { isSending = false } else { senders.removeFirst().resume() }
    }
    let value = try await body()
    return value
  }

  // MARK: - Looks

  /// How far we know a job.
  struct Look: Sendable {
    /// Its folder there.
    let job: String
    let streamSize: Int64
    let errorSize: Int64
  }

  struct Sight: Sendable {
    enum State: String, Sendable {
      /// Nothing of it is there.
      case absent
      /// It has not begun.
      case waiting
      /// Its worktree is being set up.
      case begun
      case running
      /// Its script has ended without a word.
      case dead
      case over
    }

    let state: State
    /// The text of its exit file.
    let exit: String?
    let stream: [UInt8]
    let errors: [UInt8]

    /// Whether there may be more at once.
    var isPartial: Bool { max(stream.count, errors.count) >= SSHHost.mostBytes }
  }

  /// Of one stream in one answer.
  static let mostBytes = 1 << 20

  private var waiting: [(Look, CheckedContinuation<Result<Sight, LaunchError>, Never>)] = []
  private var isLooking = false

  /// All who ask at about the same time get one answer.
  func look(_ look: Look) async throws(LaunchError) -> Sight {
    let result = await withCheckedContinuation { continuation in
      waiting.append((look, continuation))
      guard !isLooking else { return }
      isLooking = true
      // Awaited by all who wait for their sights.
      Task { await lookAtAll() }
    }
    return try result.get()
  }

  private func lookAtAll() async {
    while !waiting.isEmpty {
      // Others are about to ask.
      await sleepUncancelled(for: .milliseconds(30))
      let batch = Array(waiting.prefix(40))
      waiting.removeFirst(batch.count)
      let result: Result<[Sight], LaunchError>
      do throws(LaunchError) {
        let sights = try await ask(batch.map(\.0))
        result = .success(sights)
      } catch {
        result = .failure(error)
      }
      for (index, (_, continuation)) in batch.enumerated() { continuation.resume(returning: result.map { $0[index] }) }
    }
    isLooking = false
  }

  private func ask(_ looks: [Look]) async throws(LaunchError) -> [Sight] {
    let lines = looks.enumerated().map { index, look in
      "look \(index) \(shellQuoted(look.job)) \(look.streamSize) \(look.errorSize)\n"
    }
    let script = FarScript.text(FarScript.look, ["limit": String(Self.mostBytes)]) + "\n" + lines.joined()
    var rest = try await connection.ask(script, outputLimit: looks.count * (Self.mostBytes * 2 + 4096) + (1 << 17))
    var sights: [Sight] = []
    for _ in looks {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw unreadable }
      let fields = String(decoding: rest[..<end], as: UTF8.self).split(separator: " ").map(String.init)
      rest = rest[(end + 1)...]
      guard fields.count == 6, fields[0] == "job", Int(fields[1]) == sights.count,
        let state = Sight.State(rawValue: fields[2]), let size = Int(fields[4]), let errorSize = Int(fields[5]),
        size >= 0, errorSize >= 0, rest.count >= size + errorSize
      else { throw unreadable }
      let middle = rest.startIndex + size
      sights.append(
        Sight(
          state: state, exit: fields[3] == "-" ? nil : fields[3].split(separator: ",").joined(separator: " "),
          stream: Array(rest[..<middle]), errors: Array(rest[middle..<(middle + errorSize)])))
      rest = rest[(middle + errorSize)...]
    }
    return sights
  }

  private var unreadable: LaunchError { .unavailable("\(name): the answer cannot be read") }
}
