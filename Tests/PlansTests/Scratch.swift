import Foundation
import SystemPackage

@testable import PlanGeneration
@testable import Plans

/// Runs a body with a folder of its own, which is gone afterwards.
func withScratchFolder(_ body: (FilePath) throws -> Void) throws {
  let folder = FileManager.default.temporaryDirectory.appending(path: "planning-\(UUID().uuidString)")
  try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
  defer { try? FileManager.default.removeItem(at: folder) }
  try body(FilePath(folder.path(percentEncoded: false)))
}

func write(_ bytes: [UInt8], to path: FilePath) throws {
  try Data(bytes).write(to: URL(filePath: path.string))
}

/// What a plan text is refused for.
func faults(_ yaml: String) -> [String] {
  do {
    _ = try TaskPlan(yaml: yaml, file: "plan.yaml")
    return []
  } catch {
    return error.problems.map(\.description)
  }
}
