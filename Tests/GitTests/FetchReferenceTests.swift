import Basics
import Git
import OrchTestSupport
import Processes
import Remotes
import Testing

@Suite(.timeLimit(.minutes(5))) struct FetchReferenceTests {
  @Test func `any reference of the remote can be fetched into one of ours, and nothing else comes`() async throws {
    let repository = try await TemporaryRepository.withCommit()
    let origin = try await repository.addBareRemote()
    let commit = try await repository.commit("a.txt", "a\n", message: "a")
    try await repository.git("push", "--quiet", "origin", "\(commit):refs/pull/7/head")
    let git = GitCommand(directory: repository.path, environment: repository.environment)
    try await git.fetch(remote: "origin", reference: "refs/pull/7/head", into: "refs/orchestrator/x/head")
    #expect(try await repository.git("rev-parse", "refs/orchestrator/x/head") == commit)
    // Also backwards: what was there before counts for nothing.
    let first = try await repository.git("rev-parse", "main~1")
    try await repository.git("update-ref", "refs/pull/7/head", first, in: origin.path)
    try await git.fetch(remote: "origin", reference: "refs/pull/7/head", into: "refs/orchestrator/x/head")
    #expect(try await repository.git("rev-parse", "refs/orchestrator/x/head") == first)
  }

  @Test(arguments: [
    "main", "refs/heads/*", "refs/heads/a:refs/heads/main", "^refs/heads/main", "--upload-pack=touch x", "refs/",
    "refs/heads/a b", "refs/../x",
  ])
  func `a name that others chose is not a pattern, option or refspec`(name: String) async throws {
    let repository = try await TemporaryRepository.withCommit()
    try await repository.addBareRemote()
    let git = GitCommand(directory: repository.path, environment: repository.environment)
    let error = await #expect(throws: GitError.self) {
      try await git.fetch(remote: "origin", reference: name, into: "refs/orchestrator/x/head")
    }
    #expect(error?.code == .invalidName)
  }

  @Test func `a reference that the remote does not have is not found`() async throws {
    let repository = try await TemporaryRepository.withCommit()
    try await repository.addBareRemote()
    let git = GitCommand(directory: repository.path, environment: repository.environment)
    let error = await #expect(throws: GitError.self) {
      try await git.fetch(remote: "origin", reference: "refs/pull/9/head", into: "refs/orchestrator/x/head")
    }
    #expect(error?.code == .notFound)
  }
}
