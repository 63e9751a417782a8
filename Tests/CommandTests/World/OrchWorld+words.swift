import Foundation
import OrchTestSupport
import SystemPackage

extension OrchWorld {
  /// What the world's commands have written to their standard errors so far.
  func words() throws -> String {
    let scratch = repository.scratch.path
    let names = try FileManager.default.contentsOfDirectory(atPath: scratch.string).filter { $0.hasSuffix(".err") }
    return try names.map { try String(contentsOfFile: scratch.appending($0).string, encoding: .utf8) }.joined()
  }
}
