import Foundation
import OrchTestSupport
import SystemPackage

/// What `git orch doctor --json` says.
struct DoctorReport: Decodable, Sendable {
  struct Check: Decodable, Sendable {
    let name: String
    let state: String
    let message: String
    let mend: [String]
    let hints: [String]

    /// `fault: words`, in one line for comparisons.
    var line: String { "\(state): \(message)" }
  }

  let schema: Int
  let success: Bool
  let checks: [Check]

  /// All lines of a name.
  subscript(_ name: String) -> [Check] { checks.filter { $0.name == name } }
}

extension OrchWorld {
  /// The answer of `git orch doctor --json`, and its exit status.
  /// - Parameter timeout: more than is ever needed, as the machine may have much else to do; nil for what users get.
  func doctor(
    _ arguments: String..., timeout: String? = "120", in directory: FilePath? = nil, git: [String] = [],
    environment: [String: String] = [:]
  ) async throws -> (report: DoctorReport, status: Int32) {
    let result = try await run(
      "git", git + ["orch", "doctor", "--json"] + (timeout.map { ["--timeout", $0] } ?? []) + arguments, in: directory,
      environment: environment)
    return (try JSONDecoder().decode(DoctorReport.self, from: Data(result.output.utf8)), result.status)
  }

  /// A `PATH` on which there is nothing but the suite and the programs named.
  func path(with programs: String...) throws -> String {
    let folder = try repository.scratch.makeDirectory("programs-\(UUID().uuidString)")
    for program in programs {
      for place in ["/usr/bin", "/bin", "/usr/local/bin", "/opt/homebrew/bin"] {
        guard FileManager.default.isExecutableFile(atPath: "\(place)/\(program)") else { continue }
        try FileManager.default.createSymbolicLink(
          atPath: folder.appending(program).string, withDestinationPath: "\(place)/\(program)")
        break
      }
    }
    return "\(Self.programs):\(folder)"
  }

  /// Every file of the scratch folder with its size and time of change, but those that the test itself writes.
  func files() throws -> [String: String] {
    let root = repository.scratch.path.string
    var found: [String: String] = [:]
    for name in FileManager.default.enumerator(atPath: root)?.compactMap({ $0 as? String }) ?? [] {
      let attributes = try FileManager.default.attributesOfItem(atPath: "\(root)/\(name)")
      guard attributes[.type] as? FileAttributeType != .typeDirectory, !name.hasPrefix("io-") else { continue }
      let date = attributes[.modificationDate] as? Date
      found[name] = "\(attributes[.size] ?? "") \(date?.timeIntervalSince1970 ?? 0)"
    }
    return found
  }
}
