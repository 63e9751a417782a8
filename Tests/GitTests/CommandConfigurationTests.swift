import Testing

@testable import Git

@Suite(.timeLimit(.minutes(5))) struct CommandConfigurationTests {
  @Test(
    arguments: [
      ("", []),
      ("'orchestrator.run.jobs'='2'", ["orchestrator.run.jobs"]),
      ("'a.b'='c d' 'core.x'='it'\\''s' 'e.f'=", ["a.b", "core.x", "e.f"]),
      ("'a.b=c' 'remote.o=x.url=y'", ["a.b", "remote.o"]),
      ("'a.b'='wow'\\!''", ["a.b"]),
    ] as [(String, [String])])
  func `the keys of git -c are read as git quotes them`(text: String, keys: [String]) {
    #expect(CommandConfiguration.keys(inParameters: text) == keys)
  }

  @Test(arguments: ["a.b=c", "'a.b'='c", "'a.b'x", "'a.b'='c'd", "'a'\\x'"])
  func `what is quoted otherwise is not guessed at`(text: String) {
    #expect(CommandConfiguration.keys(inParameters: text) == nil)
    #expect(CommandConfiguration.matters(in: ["GIT_CONFIG_PARAMETERS": text]))
  }

  @Test func `only what would change what libgit2 does counts`() {
    #expect(!CommandConfiguration.matters(in: [:]))
    #expect(!CommandConfiguration.matters(in: ["GIT_CONFIG_PARAMETERS": "'orchestrator.run.jobs'='2' 'x.y'='z'"]))
    #expect(CommandConfiguration.matters(in: ["GIT_CONFIG_PARAMETERS": "'x.y'='z' 'Core.autocrlf'='true'"]))
    #expect(!CommandConfiguration.matters(in: ["GIT_CONFIG_COUNT": "0"]))
    #expect(!CommandConfiguration.matters(in: ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name"]))
    #expect(CommandConfiguration.matters(in: ["GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "filter.lfs.clean"]))
    #expect(CommandConfiguration.matters(in: ["GIT_CONFIG_COUNT": "2", "GIT_CONFIG_KEY_0": "user.name"]))
    #expect(CommandConfiguration.matters(in: ["GIT_CONFIG_COUNT": "many"]))
  }
}
