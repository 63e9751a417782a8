import Subprocess
package import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The git of the machine, as tests call it.
package enum GitProgram {
  /// Looked up once: Subprocess finds a name by trying to start it in each folder of PATH.
  private static let path: FilePath = {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
    let programs = folders.map { "\($0)/git" }
    return FilePath(programs.first { FileManager.default.isExecutableFile(atPath: $0) } ?? "/usr/bin/git")
  }()

  /// Runs git, and returns what it printed without the white space at its end.
  /// - Throws: ``GitFailure`` when git fails.
  @discardableResult
  package static func run(
    _ arguments: [String], in directory: FilePath? = nil, environment: [String: String], input: String = ""
  ) async throws -> String {
    let result = try await Subprocess.run(
      .path(path), arguments: Arguments(arguments),
      // Subprocess wants these with their final zero byte.
      environment: .custom(environment.map { Array("\($0.key)=\($0.value)\0".utf8) }), workingDirectory: directory,
      input: .array(Array(input.utf8)), output: .bytes(limit: .max), error: .bytes(limit: .max))
    guard result.terminationStatus.isSuccess else {
      throw GitFailure(
        command: arguments, status: result.terminationStatus.description,
        standardError: String(decoding: result.standardError, as: UTF8.self))
    }
    var output = result.standardOutput[...]
    while let last = output.last, [0x20, 0x09, 0x0A, 0x0D].contains(last) { output.removeLast() }
    return String(decoding: output, as: UTF8.self)
  }
}

/// A git command of a test that failed.
package struct GitFailure: Error, CustomStringConvertible {
  package let command: [String]
  package let status: String
  package let standardError: String

  package var description: String { "git \(command.joined(separator: " ")): \(status)\n\(standardError)" }
}
