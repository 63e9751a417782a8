import Basics
import Foundation
import OrchTestSupport
import Platform
import Synchronization
import SystemPackage
import Testing

@testable import Processes

/// What the machine has too little of: processes, descriptors, memory.
@Suite(.timeLimit(.minutes(2))) struct FaultTests {
  private let scratch: TemporaryDirectory

  init() throws { scratch = try TemporaryDirectory() }

  private func shell(_ script: String) -> Invocation {
    Invocation(
      shell: script, environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"], directory: scratch.path)
  }

  // MARK: - Processes

  /// A system that has no process left for the first so many starts.
  private func refusing(_ count: Int) -> @Sendable (Invocation) -> Int32? {
    let left = Counter(count)
    return { _ in left.takeOne() ? EAGAIN : nil }
  }

  private final class Counter: Sendable {
    private let left: Mutex<Int>
    init(_ count: Int) { left = Mutex(count) }
    func takeOne() -> Bool {
      left.withLock { left in
        left -= 1
        return left >= 0
      }
    }
  }

  @Test func `a start for which there is no process is made again`() async throws {
    let exit = try await StartFault.$current.withValue(refusing(3)) { try await shell("exit 7").run().exit }
    #expect(exit == .code(7))
    let blocking = try StartFault.$current.withValue(refusing(2)) { try shell("exit 7").runBlocking().exit }
    #expect(blocking == .code(7))
  }

  @Test func `in the end it fails, in the system's words`() async throws {
    await #expect(throws: ProcessFailure.exhausted("\(Errno(rawValue: EAGAIN))")) {
      try await StartFault.$current.withValue({ _ in EAGAIN }) {
        try await Invocation.$patience.withValue(.zero) { try await shell("true").run() }
      }
    }
  }

  @Test func `whoever waits for a process can be stopped`() async throws {
    let invocation = shell("true")
    let run = StartFault.$current.withValue({ _ in EAGAIN }) { Task { try await invocation.run() } }
    run.cancel()
    await #expect(throws: ProcessFailure.cancelled) { try await run.value }
  }

  // MARK: - The second Ctrl-C

  @Test func `one that is to end and does not is killed once the stop is immediate`() async throws {
    let stop = StopRequest()
    let begun = scratch.path.appending("begun")
    let invocation = shell("trap '' TERM; touch '\(begun)'; while :; do sleep 0.05; done")
    // Far longer than the test may take.
    let run = Invocation.$grace.withValue(.seconds(3600)) {
      Task { try await stop.cancelling(at: .graceful) { try await invocation.run() } }
    }
    try await waitUntil("it has begun") { FileManager.default.fileExists(atPath: begun.string) }
    stop.raise(to: .graceful)
    stop.raise(to: .immediate)
    await #expect(throws: ProcessFailure.cancelled) { try await run.value }
  }

  // MARK: - Descriptors

  @Test(arguments: [(20, 12, 0), (43, 12, 0), (44, 12, 1), (64, 12, 3), (1024, 12, 123), (20, 40, 0)])
  func `descriptors bound the number of agents`(limit: Int, open: Int, jobs: Int) {
    #expect(FileLimit(limit: limit, open: open).mostJobs == jobs)
  }

  @Test func `the least that it takes lets one agent run`() {
    let limit = FileLimit(limit: 20, open: 9)
    #expect(FileLimit(limit: limit.least, open: 9).mostJobs == 1)
    #expect(FileLimit(limit: limit.least - 1, open: 9).mostJobs == 0)
  }

  #if os(Linux)
    @Test func `what is started gets back the limit that was raised`() async throws {
      var before: UInt64 = 0
      var highest: UInt64 = 0
      #expect(platform_file_limit(&before, &highest))
      FileLimit.raise()
      // A moment after its start.
      let output = try await shell("while [ $(ulimit -n) != \(before) ]; do :; done; echo same").run(
        timeout: .seconds(30))
      #expect(String(decoding: output.standardOutput, as: UTF8.self) == "same\n")
    }

    // MARK: - Memory

    private func machine(_ files: [String: String]) throws -> AvailableMemory {
      let root = scratch.path.appending(UUID().uuidString)
      for (name, text) in files {
        let path = FilePath("\(root)\(name)")
        try FileManager.default.createDirectory(
          atPath: path.removingLastComponent().string, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(filePath: path.string))
      }
      return AvailableMemory(root: root)
    }

    private static let meminfo = "MemTotal:  8000 kB\nMemFree:  10 kB\nMemAvailable:    4000 kB\n"

    @Test func `what is available is the machine's, or what the tightest group has left`() throws {
      let mib = Int64(1 << 20)
      #expect(try machine(["/proc/meminfo": Self.meminfo]).bytes == 4000 * 1024)
      #expect(try machine([:]).bytes == nil)
      // Version 2: the group itself has no limit, the one around it has.
      let two = [
        "/proc/meminfo": "MemAvailable: 4000000 kB\n", "/proc/self/cgroup": "0::/a/b\n",
        "/sys/fs/cgroup/a/b/memory.max": "max\n", "/sys/fs/cgroup/a/b/memory.current": "1\n",
        "/sys/fs/cgroup/a/memory.max": "\(100 * mib)\n", "/sys/fs/cgroup/a/memory.current": "\(90 * mib)\n",
        "/sys/fs/cgroup/a/memory.stat": "anon 5\ninactive_file \(20 * mib)\n",
      ]
      #expect(try machine(two).bytes == 30 * mib)
      // In a container the path is one of outside.
      let container = [
        "/proc/meminfo": "MemAvailable: 4000000 kB\n", "/proc/self/cgroup": "0::/docker/abc\n",
        "/sys/fs/cgroup/memory.max": "\(64 * mib)\n", "/sys/fs/cgroup/memory.current": "\(60 * mib)\n",
      ]
      #expect(try machine(container).bytes == 4 * mib)
      let one = [
        "/proc/meminfo": "MemAvailable: 4000000 kB\n", "/proc/self/cgroup": "3:cpu:/x\n5:hugetlb,memory:/x\n0::/\n",
        "/sys/fs/cgroup/memory/x/memory.limit_in_bytes": "\(50 * mib)\n",
        "/sys/fs/cgroup/memory/x/memory.usage_in_bytes": "\(60 * mib)\n",
        "/sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712\n",
        "/sys/fs/cgroup/memory/memory.usage_in_bytes": "1\n",
      ]
      #expect(try machine(one).bytes == 0)
    }
  #endif

  // MARK: - What is waited for

  @Test func `what lasts is named, without what it was called with`() {
    func words(_ program: String, _ arguments: [String], _ mark: RunMark? = nil) -> String {
      Invocation(executable: FilePath(program), arguments: arguments, environment: [:], mark: mark).words
    }
    #expect(words("/usr/bin/git", ["-C", "/x", "-c", "a.b=c", "--no-pager", "push", "https://u:p@h"]) == "git push")
    #expect(words("/usr/bin/gh", ["api", "x"]) == "gh api")
    #expect(words("/bin/sh", ["-c", "npm ci\nx"], RunMark(run: "r", task: "t", attempt: 0)) == "'npm ci' of t")
    #expect(words("/x/post-checkout", ["0", "1", "1"]) == "post-checkout")
  }
}
