import Foundation
import SystemPackage

@testable import PlanGeneration
@testable import Plans

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
