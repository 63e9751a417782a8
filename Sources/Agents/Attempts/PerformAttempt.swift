import Basics
package import Processes
import SystemPackage

/// Runs one agent process from start to end and says what became of it. Throws nothing: every misfortune is an outcome.
///
/// The agent's output goes straight into files, so that it survives us; they are read as they grow. When this returns,
/// nothing that the agent started is left running.
///
/// - `stop`: the user's wish to stop: gracefully (SIGTERM, then SIGKILL after `limits.killGrace`), or at once. Cancelling
///   the task counts as the latter; the outcome is still gathered.
/// - `launched`: called once the process runs, before anything else of it is handled.
/// - `observe`: called with the events in order; what says nothing new is left out. Slow callees hold up the reading,
///   not the agent.
package func performAttempt(
  _ request: AttemptRequest, stop: StopRequest, launched: @escaping @Sendable (ProcessIdentity) async -> Void,
  observe: @escaping @Sendable (AgentEvent) async -> Void
) async -> AttemptOutcome {
  guard stop.level == .none, !Task.isCancelled else { return AttemptOutcome(notBegun: .stopped, request) }
  let cancellation = StopRequest()
  // A task of its own, awaited here: the work of ending an agent must not itself be cancelled.
  let work = Task {
    let files: OpenFiles
    do throws(AgentError) {
      files = try OpenFiles(request.files)
    } catch {
      return AttemptOutcome(notBegun: .notLaunched(error.description), request)
    }
    return await supervise(
      request, files, stops: [stop, cancellation], launched: launched, observe: observe)
  }
  return await withTaskCancellationHandler {
    await work.value
  } onCancel: {
    cancellation.raise(to: .immediate)
  }
}

extension AgentSession {
  package var costSoFar: Double {
    switch self {
    case .new: 0
    case .resumed(_, let cost): cost
    }
  }
}

extension AttemptOutcome {
  /// Of an attempt that never came to a process: an earlier session is as it was.
  init(notBegun end: AttemptEnd, _ request: AttemptRequest) {
    self.init(end: end, sessionCostUSD: request.session.costSoFar)
    if case .resumed(let id, _) = request.session { sessionID = id }
  }
}

/// An attempt's files, always new: an earlier attempt's are never written over.
struct OpenFiles {
  let prompt: FileDescriptor
  let stream: FileDescriptor
  let errors: FileDescriptor
  let log: FileDescriptor

  init(_ files: AttemptFiles) throws(AgentError) {
    var opened: [FileDescriptor] = []
    do {
      opened.append(try open(files.prompt, .readOnly, []))
      for path in [files.stream, files.errors, files.log] {
        opened.append(try open(path, .writeOnly, [.create, .exclusiveCreate, .append]))
      }
    } catch {
      for file in opened { try? file.close() }
      throw error
    }
    (prompt, stream, errors, log) = (opened[0], opened[1], opened[2], opened[3])
  }
}

private func open(
  _ path: FilePath, _ mode: FileDescriptor.AccessMode, _ options: FileDescriptor.OpenOptions
) throws(AgentError) -> FileDescriptor {
  do {
    return try FileDescriptor.open(path, mode, options: options.union(.closeOnExec), permissions: .ownerReadWrite)
  } catch {
    throw .inaccessibleFile(FileError("open", path, error))
  }
}
