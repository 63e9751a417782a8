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
/// - `launched`: called once the process runs, before anything else of it is handled; not for one that runs elsewhere.
/// - `observe`: called with the events in order; what says nothing new is left out. Slow callees hold up the reading,
///   not the agent.
package func performAttempt(
  _ request: AttemptRequest, stop: StopRequest, launched: @escaping @Sendable (ProcessIdentity) async -> Void,
  observe: @escaping @Sendable (AgentEvent) async -> Void
) async -> AttemptOutcome {
  guard stop.level == .none, !Task.isCancelled else { return AttemptOutcome(notBegun: .stopped, request) }
  return await uncancelled(stop) { stops in
    let files: OpenFiles
    do throws(AgentError) {
      files = try OpenFiles(request.files)
    } catch {
      return AttemptOutcome(notBegun: .notLaunched(error.description), request)
    }
    // The child has its own, once it is started.
    defer { for file in [files.prompt, files.stream, files.errors] { try? file.close() } }
    return await supervise(
      request, log: files.log, output: OutputFiles(stream: files.stream, errors: files.errors), stops: stops,
      launched: launched, observe: observe
    ) {
      wakeup throws(ProcessFailure) in
      // Here, so that its arguments and its environment are kept no longer than until it is started.
      var invocation = request.agent.invocation(for: request)
      invocation.sandbox = request.sandbox
      do throws(ProcessFailure) {
        if let launcher = request.launcher {
          return try launcher.launch(invocation, files: request.files, wakeup: wakeup)
        }
        KillPoint.before(.agent)
        defer { KillPoint.after(.agent) }
        return try ChildProcess(
          starting: invocation, input: files.prompt, output: files.stream, error: files.errors, wakeup: wakeup)
      } catch {
        switch error {
        case .exhausted(let why): throw .exhausted("'\(invocation.executable)': \(why)")
        case .notStarted(let why): throw .notStarted("'\(invocation.executable)': \(why)")
        default: throw .notStarted("'\(invocation.executable)': \(error)")
        }
      }
    }
  }
}

/// Takes over an attempt whose supervisor has died: stays with its process as ``performAttempt(_:stop:launched:observe:)``
/// does, or, when that has ended meanwhile, finds in what it printed how. The readable log is written again from the
/// beginning.
/// - Parameter process: nil when it has ended.
package func adoptAttempt(
  _ request: AttemptRequest, process: ProcessIdentity?, stop: StopRequest,
  observe: @escaping @Sendable (AgentEvent) async -> Void
) async -> AttemptOutcome {
  await uncancelled(stop) { stops in
    let log: FileDescriptor
    do throws(AgentError) {
      log = try open(request.files.log, .writeOnly, [.create, .truncate, .append])
    } catch {
      return AttemptOutcome(notBegun: .notLaunched(error.description), request)
    }
    let stream = try? open(request.files.stream, .writeOnly, .append)
    let errors = try? open(request.files.errors, .writeOnly, .append)
    defer { for file in [stream, errors] { try? file?.close() } }
    let output = stream.flatMap { stream in errors.map { OutputFiles(stream: stream, errors: $0) } }
    return await supervise(
      request, log: log, output: output, stops: stops, launched: { _ in }, observe: observe
    ) { wakeup in
      if let launcher = request.launcher { return launcher.adopt(files: request.files, wakeup: wakeup) }
      return ChildProcess(adopting: process, sandbox: request.sandbox, wakeup: wakeup)
    }
  }
}

/// A task of its own, awaited here: the work of ending an agent must not itself be cancelled. A cancellation is a wish to
/// stop at once.
private func uncancelled(
  _ stop: StopRequest, _ body: @escaping @Sendable ([StopRequest]) async -> AttemptOutcome
) async -> AttemptOutcome {
  let cancellation = StopRequest()
  let work = Task { await body([stop, cancellation]) }
  return await withTaskCancellationHandler {
    await work.value
  } onCancel: {
    cancellation.raise(to: .immediate)
  }
}

extension AttemptOutcome {
  /// Of an attempt that never came to a process: an earlier session is as it was.
  init(notBegun end: AttemptEnd, _ request: AttemptRequest) {
    self.init(end: end, sessionCostUSD: request.session.costSoFar)
    if case .resumed(let id, _, _) = request.session { sessionID = id }
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
