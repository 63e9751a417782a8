import OrchTestSupport
import SystemPackage

/// Runs `body` with an empty folder that is gone afterwards.
func withTemporaryDirectory(_ body: (FilePath) async throws -> Void) async throws {
  let scratch = try TemporaryDirectory()
  try await body(scratch.path)
  withExtendedLifetime(scratch) {}
}
