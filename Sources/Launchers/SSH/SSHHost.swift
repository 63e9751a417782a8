import Basics
import Processes
import SystemPackage

/// One host: what is asked of it by all jobs together, and how many of ours are there.
actor SSHHost {
  nonisolated let name: String
  /// How many of our jobs it may have at a time.
  nonisolated let limit: Int?
  nonisolated let connection: SSHConnection
  private let manner: any Manner

  init(_ name: String, limit: Int?, manner: any Manner, environment: [String: String]) {
    self.name = name
    self.limit = limit
    self.manner = manner
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
    let key: String
    /// Its folder there.
    let job: String
    let streamSize: Int64
    let errorSize: Int64
    /// Whether what is asked besides must be asked anew.
    var isFresh = false
  }

  struct Sight: Sendable {
    let job: JobSight
    let stream: [UInt8]
    let errors: [UInt8]

    /// Whether there may be more at once.
    var isPartial: Bool { max(stream.count, errors.count) >= SSHHost.mostBytes }
  }

  /// Of one stream in one answer.
  static let mostBytes = 1 << 20

  /// What a scheduler there last said of all jobs, and when it was asked.
  private var listed: (jobs: Result<[SlurmJob], LaunchError>, at: Duration)?
  private let stopwatch = Stopwatch()
  /// How old that may be: a controller serves many.
  private static let listAge = Duration.seconds(2)

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
    let now = stopwatch.elapsed
    let isOld = looks.contains(where: \.isFresh) || listed.map { now - $0.at >= Self.listAge } ?? true
    let question = isOld ? manner.question : nil
    let script =
      "\(question ?? "")\n\(manner.watching)\n" + FarScript.text(FarScript.look, ["limit": String(Self.mostBytes)])
      + "\n"
      + lines.joined()
    var rest = try await connection.ask(script, outputLimit: looks.count * (Self.mostBytes * 2 + 4096) + (8 << 20))
    if question != nil { listed = (try jobs(in: &rest), now) }
    var sights: [Sight] = []
    for look in looks {
      let fields = try line(of: &rest).split(separator: " ").map(String.init)
      guard fields.count == 9, fields[0] == "job", Int(fields[1]) == sights.count,
        let state = JobSight.State(rawValue: fields[2]), let size = Int(fields[4]), let errorSize = Int(fields[5]),
        size >= 0, errorSize >= 0, rest.count >= size + errorSize
      else { throw unreadable }
      var job = JobSight(state: state)
      job.exit = fields[3] == "-" ? nil : fields[3].split(separator: ",").joined(separator: " ")
      job.number = fields[6].allSatisfy(\.isNumber) ? fields[6] : nil
      job.node = fields[7] == "-" ? nil : plainText(fields[7], limit: 80)
      job.sign = fields[8]
      job.listed = listed?.jobs.map { jobs in
        jobs.last { $0.name == look.key && (job.number == nil ? $0.comment == look.job : $0.id == job.number) }
      }
      let middle = rest.startIndex + size
      sights.append(
        Sight(job: job, stream: Array(rest[..<middle]), errors: Array(rest[middle..<(middle + errorSize)])))
      rest = rest[(middle + errorSize)...]
    }
    return sights
  }

  /// What the scheduler said, as the first lines have it.
  private func jobs(in rest: inout ArraySlice<UInt8>) throws(LaunchError) -> Result<[SlurmJob], LaunchError> {
    let whole = rest
    while try line(of: &rest) != "end" {}
    let answer = try SlurmPrograms.Answer(in: connection.lines(ofAnswer: whole[..<rest.startIndex]), of: name)
    do throws(LaunchError) {
      return .success(SlurmJob.list(try answer.text()))
    } catch {
      return .failure(error)
    }
  }

  private func line(of rest: inout ArraySlice<UInt8>) throws(LaunchError) -> String {
    guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { throw unreadable }
    let line = String(decoding: rest[rest.startIndex..<end], as: UTF8.self)
    rest = rest[(end + 1)...]
    return line
  }

  private var unreadable: LaunchError { .unavailable("\(name): the answer cannot be read") }
}
