import Engine
import Git
import Guarding
import OrchTestSupport
import Settings
import Testing

/// Who commits is worked out as git would, or asked of git.
@Suite(.timeLimit(.minutes(5))) struct CommitIdentityTests {
  @Test(arguments: ["Ada Lovelace", "Ada L.", "Ada <x> L", " Ada ", "\"Ada\"", "Ad\u{103} \u{540D}", "A", "'", ".", ""])
  func `is what git says, however odd a name`(name: String) async throws {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("config", "user.name", name)
    try await made.git("config", "user.email", "ada@example.org")
    try await made.git("config", "author.email", "work@example.org")
    var environment = made.environment
    for key in environment.keys where key.hasPrefix("GIT_AUTHOR_") || key.hasPrefix("GIT_COMMITTER_") {
      environment[key] = nil
    }
    for variable in [nil, "", "Grace H"] as [String?] {
      environment["GIT_COMMITTER_NAME"] = variable
      let listing = try await ConfigListing.load(directory: made.path, environment: environment)
      let found = try? await CommitIdentity.required(in: made.path, environment: environment, listing: listing)
      var said: [CommitIdentity.Person] = []
      for role in ["AUTHOR", "COMMITTER"] {
        let answer = try? await GitProgram.run(
          ["var", "GIT_\(role)_IDENT"], in: made.path, environment: environment)
        if let person = answer.flatMap({ CommitIdentity.Person(ident: $0) }) { said.append(person) }
      }
      #expect(found.map { [$0.author, $0.committer] } == (said.count == 2 ? said : nil))
    }
  }
}
