import Agents
import Basics
import Platform
package import Processes
import Synchronization
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Leads one conversation with an agent: says the prompt, answers what it asks for leave, and ends it.
///
/// What either side says is in the stream's file, which is this process's standard output, and is read from there. Agents
/// by the protocol's own SDK want to write to a pipe (seen with 0.12.1), so that their words are copied. Should the relay
/// be killed, the agent's standard input ends, at which it ends itself.
package struct ACPRelay: Sendable {
  /// How long an agent may take to end once it was told to stop, or its input has ended.
  private static let grace = Duration.seconds(5)

  private let command: String
  private let session: String?
  private let permissions: ACPPermissions
  private let servers: ACPServers
  private let stream: FilePath
  private let directory: FilePath
  private let environment: [String: String]

  /// - Parameters:
  ///   - command: a line for the shell that starts the agent.
  ///   - session: the conversation to be taken up; nil for a new one.
  ///   - permissions: what ``ACPAgent`` made of them.
  ///   - servers: what ``ACPAgent`` made of the MCP servers.
  ///   - stream: the file that is this process's standard output.
  /// - Returns: nil for permissions or servers that are none.
  package init?(
    command: String, session: String?, permissions: String, servers: String, stream: FilePath, directory: FilePath,
    environment: [String: String]
  ) {
    guard let permissions = ACPPermissions(parsing: permissions), let servers = ACPServers(parsing: servers) else {
      return nil
    }
    self.servers = servers
    self.command = command
    self.session = session
    self.permissions = permissions
    self.stream = stream
    self.directory = directory
    self.environment = environment
  }

  /// Performs the conversation.
  /// - Returns: the exit status: 0 when it came to its end, whatever that is; 1 when it did not.
  /// - Throws: what the system says.
  package func perform(prompt: String, stop: StopRequest) async throws -> Int32 {
    let wakeup = AsyncSignal()
    stop.notify(wakeup)
    defer { stop.stopNotifying(wakeup) }
    let size = FileStamp(stream)?.size ?? 0
    let follower = try FileFollower(path: stream, from: size, wakeup: wakeup)
    let (input, output) = try FileDescriptor.pipe()
    let (words, mouth) = try FileDescriptor.pipe()
    for end in [output, words] { _ = fcntl(end.rawValue, F_SETFD, FD_CLOEXEC) }
    let child: ChildProcess
    do {
      defer { for end in [input, mouth] { try? end.close() } }
      child = try ChildProcess(
        starting: Invocation(
          executable: "/bin/sh", arguments: ["-c", command], environment: environment, directory: directory),
        input: input, output: mouth, error: .standardError, wakeup: wakeup)
    } catch {
      for end in [output, words] { try? end.close() }
      throw error
    }
    let record = ACPRecord()
    let copying = Task {
      await offPool { record.copy(words) }
      wakeup.send()
    }
    defer { copying.cancel() }
    // Apart: an agent that does not read must not keep a stop from being heard.
    let (queue, queued) = AsyncStream<[UInt8]>.makeStream()
    let writing = Task {
      for await bytes in queue { await offPool { _ = try? output.writeAll(bytes) } }
      try? output.close()
    }
    defer {
      queued.finish()
      writing.cancel()
    }
    var endedAt: ContinuousClock.Instant?
    var talk = ACPConversation(
      prompt: prompt, session: session, directory: directory, permissions: permissions, servers: servers)
    var cancelledAt: ContinuousClock.Instant?
    var isOpen = true
    func say(_ messages: [JSON]) {
      for message in messages {
        record.write(Array((JSON.object(["from": "client", "message": message]).text + "\n").utf8)[...])
        guard isOpen else { continue }
        queued.yield(Array((ACPServers.filled(message, by: environment).text + "\n").utf8))
      }
    }
    say(talk.begin())
    var lines = LineSplitter()
    while true {
      if child.exit != nil, endedAt == nil { endedAt = .now }
      // What it started may hold the other end of its pipe.
      let hasEnded = endedAt.map { record.isComplete || $0.duration(to: .now) > .seconds(2) } ?? false
      var answers: [JSON] = []
      _ = follower.readAvailable { bytes in
        lines.feed(bytes) { line in
          if case .whole(let line) = line { answers += talk.hear(line) }
        }
      }
      say(answers)
      if talk.isOver, isOpen {
        isOpen = false
        queued.finish()
        cancelledAt = cancelledAt ?? .now
      }
      if hasEnded { break }
      if stop.level > .none, cancelledAt == nil {
        cancelledAt = .now
        say(talk.cancel())
      }
      if let cancelledAt, cancelledAt.duration(to: .now) > Self.grace || stop.level == .immediate {
        await child.terminate(.group)
        await wakeup.wait(for: .milliseconds(500))
        await child.killTree()
      }
      if answers.isEmpty {
        if cancelledAt == nil, endedAt == nil {
          await wakeup.wait()
        } else {
          await wakeup.wait(for: .milliseconds(200))
        }
      }
    }
    return talk.isOver ? 0 : 1
  }
}

/// The stream's file, to which both sides' lines are written, each at once.
private final class ACPRecord: Sendable {
  /// How long a line without an end may become, in bytes, before it is written all the same.
  private static let lineLimit = 16 << 20

  private let lock = Mutex(false)

  /// Whether all has been copied.
  var isComplete: Bool { lock.withLock { $0 } }

  func write(_ lines: ArraySlice<UInt8>) {
    lock.withLock { _ in _ = try? FileDescriptor.standardOutput.writeAll(lines) }
  }

  /// Copies what an agent says, whole lines at a time, until it says no more; blocks, and closes the pipe.
  func copy(_ words: FileDescriptor) {
    defer {
      try? words.close()
      lock.withLock { $0 = true }
    }
    var rest: [UInt8] = []
    while true {
      let piece = try? [UInt8](unsafeUninitializedCapacity: 64 << 10) { buffer, count in
        count = try words.read(into: UnsafeMutableRawBufferPointer(buffer))
      }
      guard let piece, !piece.isEmpty else { break }
      rest += piece
      guard let end = rest.lastIndex(of: UInt8(ascii: "\n")) else {
        guard rest.count > Self.lineLimit else { continue }
        write(rest[...])
        rest = []
        continue
      }
      write(rest[...end])
      rest.removeSubrange(...end)
    }
    if !rest.isEmpty { write(rest[...]) }
  }
}
