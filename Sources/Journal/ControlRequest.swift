import Basics
import Platform
package import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// Who asked something of a run from outside.
package struct RequestOrigin: Codable, Equatable, Sendable {
  /// `git orch stop`.
  package var command: String
  package var pid: Int32
  /// `/dev/pts/3`; nil of a command without a terminal.
  package var terminal: String?

  package init(command: String, pid: Int32, terminal: String?) {
    self.command = command
    self.pid = pid
    self.terminal = terminal
  }

  /// This process, as the command that it is.
  package static func ourselves(_ command: String) -> RequestOrigin {
    let terminal = [STDIN_FILENO, STDERR_FILENO, STDOUT_FILENO].lazy.compactMap { ttyname($0) }.first
    return RequestOrigin(command: command, pid: getpid(), terminal: terminal.map { String(cString: $0) })
  }

  package var description: String { "\(command) (process \(pid)\(terminal.map { ", \($0)" } ?? ""))" }
}

/// What another process asks of the one that performs a run: a line of JSON in the run's `control.ndjson`.
///
/// A file, not a socket or a signal: it has no limit to its path, can name tasks, is the user's alone like the folder it is
/// in, and its growth wakes the run as its agents' streams do. What was asked of a process that is gone is never obeyed,
/// since each line names the process that it is for, and since when that performs the run. The answer is the run's journal.
package struct ControlRequest: Codable, Equatable, Sendable {
  package enum Kind: String, Codable, Sendable {
    /// To stop these tasks, or the whole run when none is named.
    case stop
    /// To stop, and not to be continued unless it is named.
    case abort
    /// To note that somebody opens the session of a task.
    case attach
    /// Not to wait any longer before the next attempt of these tasks.
    case retry
  }

  private static let schemaVersion = 1

  private var schema = Self.schemaVersion
  package var request: Kind
  package var tasks: [String]
  /// Whether agents are killed instead of being asked to end.
  package var now: Bool
  package var by: RequestOrigin
  /// Of `attach`: the session, and the process that leads it.
  package var session: String?
  package var client: ProcessIdentity?
  /// The process that is to obey, and when it began or took up the run.
  package var process: ProcessIdentity
  package var since: JournalTime

  package init(
    _ request: Kind, of run: RunState, tasks: [String] = [], now: Bool = false, by: RequestOrigin,
    session: String? = nil, client: ProcessIdentity? = nil
  ) {
    self.request = request
    process = run.process
    since = run.performedSince
    self.tasks = tasks
    self.now = now
    self.by = by
    self.session = session
    self.client = client
  }
}

extension RunFolder {
  /// What is asked of the run's process.
  var control: FilePath { FilePath("\(path)/control.ndjson") }

  /// Asks something of the process that performs the run.
  package func send(_ request: ControlRequest) throws(JournalError) {
    do {
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
      // A line of its own, also after one that a process left unfinished when it died; in one write, so that two who ask
      // at once do not mix.
      let newline = [UInt8(ascii: "\n")]
      let line = newline + Array(try encoder.encode(request)) + newline
      let file = try openControl()
      try file.closeAfter { _ = try file.writeAll(line) }
    } catch {
      throw .inaccessible(path: control.string, reason: systemReason(error))
    }
  }

  /// Hands what is asked of the process that performs `run` to `body`, as it comes, until the task is cancelled.
  /// - Throws: what `body` throws; `JournalError` when the file cannot be read.
  package func attendControl(
    of run: RunState, _ body: (ControlRequest) async throws -> Void
  ) async throws {
    let follower: FileFollower
    do {
      try openControl().close()
      follower = try FileFollower(path: control)
    } catch {
      throw JournalError.inaccessible(path: control.string, reason: systemReason(error))
    }
    // Longer lines are nobody's of ours.
    var lines = LineSplitter(limit: 1 << 20)
    while let piece = await follower.next() {
      var requests: [ControlRequest] = []
      piece.withUnsafeBytes { bytes in
        lines.feed(bytes) { line in
          guard case .whole(let line) = line, let value = JSONValue(checking: line),
            let request = try? value.decode(ControlRequest.self)
          else { return }
          requests.append(request)
        }
      }
      for request in requests where request.process == run.process && request.since == run.performedSince {
        try await body(request)
      }
    }
  }

  /// Opens it, and makes it unless it is there: the user's alone, and no link to somewhere else.
  private func openControl() throws -> FileDescriptor {
    let file = try FileDescriptor.open(
      control, .writeOnly, options: [.append, .create, .closeOnExec, .noFollow], permissions: .ownerReadWrite)
    var information = stat()
    guard fstat(file.rawValue, &information) == 0, information.st_uid == geteuid(),
      information.st_mode & S_IFMT == S_IFREG, information.st_mode & (S_IWGRP | S_IWOTH) == 0
    else {
      try? file.close()
      throw Errno.notPermitted
    }
    return file
  }
}
