import Git
import OrchTestSupport
import SystemPackage
import Testing

@Suite struct `The git program` {
  @Test func `reports its version`() async throws {
    let scratch = try TemporaryDirectory()
    let environment = try HermeticEnvironment(in: scratch.path).variables
    let version = try await GitCommand(directory: scratch.path, environment: environment).version()
    #expect(version > GitVersion(2, 20))
  }
}
