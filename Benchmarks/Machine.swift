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

/// What there is to know of the machine.
enum Machine {
  static func variable(_ name: String) -> String? { ProcessInfo.processInfo.environment[name] }

  static var processors: Int { ProcessInfo.processInfo.activeProcessorCount }

  /// In bytes.
  static var memory: Int { Int(clamping: ProcessInfo.processInfo.physicalMemory) }

  static var currentFolder: FilePath { FilePath(FileManager.default.currentDirectoryPath) }

  static var temporaryFolder: FilePath { FilePath(FileManager.default.temporaryDirectory.path) }

  /// This program, without symbolic links on the way.
  static var ownProgram: FilePath {
    get throws {
      let called = CommandLine.arguments.first ?? "bench"
      let path = Files.exists("/proc/self/exe") ? "/proc/self/exe" : called
      guard let real = realpath(path, nil) else { throw BenchError.failed("'\(called)' does not find itself") }
      defer { free(real) }
      return FilePath(platformString: real)
    }
  }

  /// The most resident memory that we ever had, in bytes. Linux counts it towards each child, from the fork on.
  static var ownPeak: Int {
    var usage = rusage()
    // RUSAGE_SELF, which is a number on one system and a case on another.
    getrusage(0, &usage)
    return usage.ru_maxrss * memoryUnit
  }

  /// What `ru_maxrss` counts, in bytes.
  static var memoryUnit: Int {
    #if canImport(Darwin)
      1
    #else
      1024
    #endif
  }

  static var processorName: String {
    let lines = (try? Files.read("/proc/cpuinfo"))?.split(separator: "\n") ?? []
    let line = lines.first { $0.hasPrefix("model name") }
    return line?.split(separator: ":").last.map { String($0.drop(while: \.isWhitespace)) } ?? "unknown processor"
  }

  /// How busy the machine was over the last minute.
  static var load: Double {
    var loads = [0.0]
    return getloadavg(&loads, 1) == 1 ? loads[0] : 0
  }
}
