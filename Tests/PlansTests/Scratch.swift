import Foundation
import OrchTestSupport
import SystemPackage

@testable import PlanGeneration
@testable import Plans

/// Runs a body with a folder of its own, which is gone afterwards.
func withScratchFolder(_ body: (FilePath) throws -> Void) throws {
  let scratch = try TemporaryDirectory()
  try body(scratch.path)
  withExtendedLifetime(scratch) {}
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
