import Basics
import Platform
package import SystemPackage
import Trace

/// The ways to run a program to its end. All stand on ``spawn(_:input:output:error:)`` and ``ChildReaper``.
///
/// When the task is cancelled or the time is over, the program and its children get SIGTERM, and SIGKILL ``grace`` later,
/// wherever they went; one that prints too much gets SIGKILL at once. The call returns after that. A program that is still there when its limits are reached is no
/// result: it was stopped half way. A second Ctrl-C (``StopRequest/current``) ends the grace of one that is to end.
///
/// Where the system has no process left for it, the start is tried again for ``patience``: others of ours end meanwhile.
extension Invocation {
  /// For how long a start that failed for want of something is repeated.
  @TaskLocal package static var patience = Duration.seconds(30)

  /// How long a program that is to end has between SIGTERM and SIGKILL.
  @TaskLocal package static var grace = Duration.seconds(5)

  /// Runs it for its answer. An exit status other than 0 is a result, not an error.
  ///
  /// Its output goes into files without names, not pipes: a descendant that keeps them open holds nobody up. What
  /// carries its mark, if it has one, is ended with it.
  ///
  /// - `outputLimit`: how many bytes it may print: a program that prints more is ended, and has no result. Of its
  ///   standard error the beginning is kept; only one without end is ended for it.
  /// - `clock`: the one that `timeout` is measured by.
  /// - `watch`: gets its output piece by piece while it runs, all of it before this returns or throws.
  package func run(
    input: [UInt8]? = nil, outputLimit: Int = 1 << 30, errorLimit: Int = 1 << 20, timeout: Duration? = nil,
    clock: any Clock<Duration> = SuspendingClock(), watch: (@Sendable (UnsafeRawBufferPointer) -> Void)? = nil
  ) async throws(ProcessFailure) -> ProcessOutput {
    let folder = temporaryFolder
    let output = try NamelessFile(folder: folder)
    let errors = try NamelessFile(folder: folder)
    let bound = OutputBound(output: output.descriptor, errors: errors.descriptor, limit: outputLimit)
    let reading = watch.map { OutputReading(output.descriptor, $0) }
    let following = reading.map { reading in Task { await reading.follow() } }
    let result: Result<ExitDescription, ProcessFailure>
    do throws(ProcessFailure) {
      if let input, !input.isEmpty {
        let file = try NamelessFile(folder: folder, containing: input)
        let exit = try await conduct(
          input: file.descriptor, output: output.descriptor, error: errors.descriptor, bound: bound, timeout: timeout,
          clock: clock)
        file.done()
        result = .success(exit)
      } else {
        result = .success(
          try await conduct(
            input: nil, output: output.descriptor, error: errors.descriptor, bound: bound, timeout: timeout,
            clock: clock))
      }
    } catch {
      result = .failure(error)
    }
    // Awaited: the descriptor is closed when this returns.
    following?.cancel()
    await following?.value
    reading?.readOn()
    let exit = try result.get()
    return try Self.output(exit, output, errors, outputLimit: outputLimit, errorLimit: errorLimit)
  }

  /// Runs it with its output and its errors appended to `log`, in the order in which they come.
  ///
  /// - `sweeps`: whether what it started is ended with it, by its mark; a set-up may leave a server behind.
  package func run(
    to log: FilePath, timeout: Duration? = nil, sweeps: Bool = true, clock: any Clock<Duration> = SuspendingClock()
  ) async throws(ProcessFailure) -> ExitDescription {
    let file: FileDescriptor
    do {
      file = try FileDescriptor.open(
        log, .readWrite, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw .notStarted("cannot open '\(log)': \(error)")
    }
    defer { try? file.close() }
    return try await conduct(
      input: nil, output: file, error: file, timeout: timeout, clock: clock, sweeps: sweeps, sweepGrace: .seconds(2))
  }

  /// Runs it with one file as its input, nothing where there is none, and its output appended to another, for more than
  /// memory should hold.
  package func run(
    from input: FilePath?, into output: FilePath, timeout: Duration? = nil
  ) async throws(ProcessFailure) -> (exit: ExitDescription, errors: [UInt8]) {
    let (source, target): (FileDescriptor?, FileDescriptor)
    do {
      target = try FileDescriptor.open(
        output, .writeOnly, options: [.append, .create, .closeOnExec], permissions: .ownerReadWrite)
    } catch {
      throw .notStarted("cannot open '\(output)': \(error)")
    }
    defer { try? target.close() }
    do {
      source = try input.map { try FileDescriptor.open($0, .readOnly, options: .closeOnExec) }
    } catch {
      throw .notStarted("cannot open '\(input?.string ?? "")': \(error)")
    }
    defer { try? source?.close() }
    let errors = try NamelessFile(folder: temporaryFolder)
    let exit = try await conduct(
      input: source, output: target, error: errors.descriptor, timeout: timeout, clock: SuspendingClock())
    return (exit, errors.contents(limit: 1 << 20).bytes)
  }

  /// Runs it on the thread that asks: for short questions of synchronous code, which must not park a thread of Swift's
  /// pool until another one has done the work. It has no time limit and cannot be cancelled.
  package func runBlocking(
    outputLimit: Int = 1 << 30, errorLimit: Int = 1 << 20
  ) throws(ProcessFailure) -> ProcessOutput {
    let output = try NamelessFile(folder: temporaryFolder)
    let errors = try NamelessFile(folder: temporaryFolder)
    let start = ContinuousClock.now
    let activity = Activities.shared.begin(words)
    defer { Activities.shared.end(activity) }
    var pause: UInt32 = 20_000
    var started: pid_t?
    while started == nil {
      do throws(ProcessFailure) {
        started = try spawn(self, input: nil, output: output.descriptor, error: errors.descriptor)
      } catch {
        guard case .exhausted = error, ContinuousClock.now - start < min(Self.patience, .seconds(5)) else {
          throw error
        }
        usleep(pause)
        pause = min(pause * 2, 500_000)
      }
    }
    guard let pid = started else { throw .notStarted("no process") }
    Trace.process(self, started: pid)
    let exit = ChildReaper.wait(for: pid)
    Trace.process(executable, pid: pid, ended: exit, after: ContinuousClock.now - start)
    return try Self.output(exit, output, errors, outputLimit: outputLimit, errorLimit: errorLimit)
  }

  /// What is left of ``grace`` once the user wants an end at once: git takes its locks along in that time.
  private static let shortGrace = Duration.milliseconds(500)

  private var temporaryFolder: String? { environment["TMPDIR"] }

  private static func output(
    _ exit: ExitDescription, _ output: borrowing NamelessFile, _ errors: borrowing NamelessFile, outputLimit: Int,
    errorLimit: Int
  ) throws(ProcessFailure) -> ProcessOutput {
    let (bytes, isWhole) = output.contents(limit: outputLimit)
    guard isWhole else { throw .outputTooLarge(limit: outputLimit) }
    return ProcessOutput(exit: exit, standardOutput: bytes, standardError: errors.contents(limit: errorLimit).bytes)
  }

  /// Starts it and stays with it to its end, and to the end of what it started.
  private func conduct(
    input: FileDescriptor?, output: FileDescriptor, error: FileDescriptor, bound: OutputBound? = nil,
    timeout: Duration?, clock: any Clock<Duration>, sweeps: Bool = true, sweepGrace: Duration = .zero
  ) async throws(ProcessFailure) -> ExitDescription {
    guard !Task.isCancelled else { throw .cancelled }
    // A set-up and tests have a line of their own when they begin.
    let activity = Activities.shared.begin(words, patience: .seconds(mark == nil ? 10 : 60))
    defer { Activities.shared.end(activity) }
    let wakeup = AsyncSignal()
    let cancellation = StopRequest()
    cancellation.notify(wakeup)
    let user = StopRequest.current
    user?.notify(wakeup)
    defer { user?.stopNotifying(wakeup) }
    let child = try await start(input: input, output: output, error: error, wakeup: wakeup)
    let overflow = StopRequest()
    overflow.notify(wakeup)
    let grace = Self.grace
    let pattern = mark?.pattern
    // A task of its own, awaited here: ending the program must not itself be cancelled.
    let work = Task { () -> Result<ExitDescription, ProcessFailure> in
      // Its end is awaited below: the descriptors are the caller's to close.
      let watch = bound.map { bound in Task { if await bound.isExceeded() { overflow.raise(to: .immediate) } } }
      let failure = await Self.attend(
        child, wakeup, timeout: timeout, stopwatch: Stopwatch(clock), grace: grace, cancellation: cancellation,
        overflow: overflow, bound: bound, user: user)
      watch?.cancel()
      await watch?.value
      if failure != nil {
        _ = await endProcesses(known: child.knownDescendants, marked: pattern, grace: .zero)
      } else if sweeps, let pattern {
        _ = await endProcesses(known: [], marked: pattern, grace: sweepGrace)
      }
      if let failure { return .failure(failure) }
      if child.sandboxHasFailed, let exit = child.exit {
        return .failure(SandboxStatus.failure(exit, printed: NamelessFile.tail(of: error)))
      }
      return .success(child.exit ?? .signal(SIGKILL))
    }
    let result = await withTaskCancellationHandler {
      await work.value
    } onCancel: {
      cancellation.raise(to: .immediate)
    }
    return try result.get()
  }

  private func start(
    input: FileDescriptor?, output: FileDescriptor, error: FileDescriptor, wakeup: AsyncSignal
  ) async throws(ProcessFailure) -> ChildProcess {
    let stopwatch = Stopwatch()
    var pause = Duration.milliseconds(20)
    while true {
      do throws(ProcessFailure) {
        return try ChildProcess(starting: self, input: input, output: output, error: error, wakeup: wakeup)
      } catch let failure {
        guard case .exhausted = failure, stopwatch.elapsed < Self.patience else { throw failure }
      }
      do { try await Task.sleep(for: pause) } catch { throw .cancelled }
      pause = min(pause * 2, .seconds(1))
    }
  }

  /// Returns once the child has ended; why it was made to, if it was.
  private static func attend(
    _ child: ChildProcess, _ wakeup: AsyncSignal, timeout: Duration?, stopwatch: Stopwatch, grace: Duration,
    cancellation: StopRequest, overflow: StopRequest, bound: OutputBound?, user: StopRequest?
  ) async -> ProcessFailure? {
    var failure: ProcessFailure?
    var isUrgent = false
    var actAt = timeout
    while child.exit == nil {
      let now = stopwatch.elapsed
      let isDue = actAt.map { now >= $0 } ?? false
      if failure != nil {
        if isDue {
          await child.killTree()
          // Once more, should it have started something meanwhile.
          actAt = stopwatch.elapsed + .seconds(1)
        } else if user?.level == .immediate, !isUrgent {
          isUrgent = true
          actAt = min(actAt ?? now, now + shortGrace)
        }
      } else if overflow.level > .none, let limit = bound?.passedLimit {
        failure = .outputTooLarge(limit: limit)
        // Without time to end, in which it would print on.
        await child.killTree()
        actAt = stopwatch.elapsed + .seconds(1)
      } else if cancellation.level > .none || isDue {
        failure = cancellation.level > .none ? .cancelled : .timedOut(timeout ?? .zero)
        await child.terminate(.group)
        isUrgent = user?.level == .immediate
        actAt = stopwatch.elapsed + (isUrgent ? min(grace, shortGrace) : grace)
      }
      await wakeup.wait(until: actAt, on: stopwatch)
    }
    return failure
  }
}
