import Basics
import Platform
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a program printed that was run for its answer.
package struct OneShotResult: Sendable {
  package enum End: Sendable, Equatable {
    case exited(ExitDescription)
    case timedOut
    case cancelled
    case notLaunched(String)
  }

  package var end: End
  package var output: [UInt8]
  package var errors: [UInt8]
}

/// Runs a program for its answer, within `timeout`. On time-out or cancellation it and all its descendants are ended.
///
/// Its output goes into files without names, not pipes: a descendant that keeps them open holds nobody up.
package func runOnce(
  _ invocation: Invocation, input: [UInt8], directory: FilePath, timeout: Duration, mark: RunMark,
  outputLimit: Int = 16 << 20
) async -> OneShotResult {
  let cancellation = StopRequest()
  // A task of its own, awaited here: ending the program must not itself be cancelled.
  let work = Task {
    await runOnce(
      invocation, input: input, directory: directory, deadline: .now + timeout, mark: mark, outputLimit: outputLimit,
      cancellation: cancellation)
  }
  return await withTaskCancellationHandler {
    await work.value
  } onCancel: {
    cancellation.raise(to: .immediate)
  }
}

private func runOnce(
  _ invocation: Invocation, input: [UInt8], directory: FilePath, deadline: ContinuousClock.Instant,
  mark: RunMark, outputLimit: Int, cancellation: StopRequest
) async -> OneShotResult {
  var files: [FileDescriptor] = []
  for _ in 0..<3 {
    guard let file = namelessFile() else { break }
    files.append(file)
  }
  guard files.count == 3, (try? files[0].writeAll(input)) != nil, (try? files[0].seek(offset: 0, from: .start)) != nil,
    let output = try? files[1].duplicate(), let errors = try? files[2].duplicate()
  else {
    for file in files { try? file.close() }
    return OneShotResult(end: .notLaunched("cannot create a temporary file"), output: [], errors: [])
  }
  defer {
    try? output.close()
    try? errors.close()
  }
  for copy in [output, errors] { _ = platform_close_on_exec(copy.rawValue) }

  let wakeup = AsyncSignal()
  cancellation.notify(wakeup)
  defer { cancellation.stopNotifying(wakeup) }
  let child = ChildProcess(wakeup: wakeup)
  let (stdin, stdout, stderr) = (files[0], files[1], files[2])
  async let isOver: Void = child.run(
    invocation, directory: directory, input: stdin, output: stdout, error: stderr, launched: { _ in })
  var end: OneShotResult.End?
  var actAt = deadline
  while child.exit == nil {
    if child.identity != nil {
      if end == nil, cancellation.level == .immediate { end = .cancelled }
      if end == nil, .now >= deadline {
        end = .timedOut
        await child.terminate()
        actAt = .now + .seconds(2)
      } else if end == .cancelled || end != nil && .now >= actAt {
        await child.killTree()
        actAt = .now + .seconds(1)
      }
    }
    await wakeup.wait(until: child.identity == nil ? nil : actAt)
  }
  await isOver
  _ = await endProcesses(known: child.knownDescendants, marked: mark.pattern, grace: .zero)
  switch child.exit {
  case .ended(let exit): end = end ?? .exited(exit)
  case .notLaunched(let why): end = .notLaunched(why)
  case nil: break
  }
  return OneShotResult(
    end: end ?? .notLaunched("lost track of the process"),
    output: contents(of: output, limit: outputLimit),
    errors: contents(of: errors, limit: 4096))
}

/// A file for writing and reading that vanishes with its last descriptor.
private func namelessFile() -> FileDescriptor? {
  let name = FileManager.default.temporaryDirectory.path + "/git-orch-\(UUID().uuidString)"
  let file = try? FileDescriptor.open(
    FilePath(name), .readWrite, options: [.create, .exclusiveCreate, .closeOnExec], permissions: .ownerReadWrite)
  if file != nil { unlink(name) }
  return file
}

private func contents(of file: FileDescriptor, limit: Int) -> [UInt8] {
  guard let size = try? file.seek(offset: 0, from: .end) else { return [] }
  return [UInt8](unsafeUninitializedCapacity: min(Int(size), limit)) { buffer, count in
    count = 0
    while count < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
      guard let more = try? file.read(fromAbsoluteOffset: Int64(count), into: rest), more > 0 else { return }
      count += more
    }
  }
}
