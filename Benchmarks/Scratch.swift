import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The folder that everything is made in; `remove` takes it away, and what still runs in it.
struct Scratch {
  let path: FilePath

  init(_ options: Options) throws {
    let needed = options.size(full: 8 << 30, smoke: 1 << 30)
    let folder = options.scratch ?? Self.memoryFolder(needed) ?? Machine.temporaryFolder
    try Files.makeFolder(folder)
    guard let real = realpath(folder.string, nil) else { throw BenchError.failed("'\(folder)' cannot be used") }
    defer { free(real) }
    path = FilePath(platformString: real).appending("git-orch-bench-\(getpid())")
    try FileManager.default.createDirectory(
      atPath: path.string, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
  }

  /// A tmpfs with room: a disk's noise is not what is measured.
  private static func memoryFolder(_ needed: Int) -> FilePath? {
    var figures = statvfs()
    guard statvfs("/dev/shm", &figures) == 0, access("/dev/shm", W_OK) == 0,
      Int(figures.f_bavail) * Int(figures.f_frsize) >= needed
    else { return nil }
    return "/dev/shm"
  }

  /// An empty folder of that name.
  func folder(_ name: String) throws -> FilePath {
    let folder = path.appending(name)
    try empty(folder)
    try Files.makeFolder(folder)
    return folder
  }

  /// Removes a folder and all in it. By rm: it is many times as fast as FileManager.
  func empty(_ folder: FilePath) throws {
    guard Files.exists(folder) else { return }
    let command = Command(
      arguments: ["rm", "-rf", folder.string], directory: path, environment: ["PATH": "/usr/bin:/bin"],
      errors: "/dev/null")
    _ = try command.run()
  }

  /// Ends what is left of processes that were started in here: agents live in sessions of their own.
  func endProcesses() {
    for _ in 0..<20 {
      let left = ProcessFigures.having(inEnvironment: path.string)
      if left.isEmpty { return }
      for pid in left { kill(pid, SIGKILL) }
      usleep(50_000)
    }
  }

  func remove() {
    endProcesses()
    try? FileManager.default.removeItem(atPath: path.string)
  }
}
