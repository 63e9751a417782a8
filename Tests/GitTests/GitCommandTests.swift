import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct `The git program` {
  @Test func `reports its version`() async throws {
    let repository = try await TemporaryRepository()
    let version = try await repository.command().version()
    #expect(version > GitVersion(2, 20))
    #expect(try await repository.git("version").hasPrefix("git version \(version)"))
  }

  @Test func `answers with its status, and its complaint`() async throws {
    let repository = try await TemporaryRepository()
    let output = try await repository.command().run(.reading, ["rev-parse", "--verify", "nothing"])
    #expect(output.status == 128)
    #expect(output.standardError.contains("Needed a single revision"))
  }

  @Test func `fails with git's own words where it must succeed`() async throws {
    let repository = try await TemporaryRepository()
    let error = await failure {
      try await repository.command().require(.reading, ["rev-parse", "--verify", "nothing"])
    }
    #expect(error == GitError(.commandFailed, "Needed a single revision"))
  }

  @Test func `takes and gives more than a pipe holds`() async throws {
    let repository = try await TemporaryRepository()
    let content = [UInt8](repeating: UInt8(ascii: "x"), count: 3_000_000)
    let command = repository.command()
    let id = try await command.require(.reading, ["hash-object", "-w", "--stdin"], input: content).text
    #expect(try await command.require(.reading, ["cat-file", "blob", id]).bytes == content)
  }

  @Test func `says when it is not installed`() async throws {
    let repository = try await TemporaryRepository()
    let error = await failure { try await repository.command(["PATH": "/nonexistent"]).run(.reading, ["version"]) }
    #expect(error?.code == .gitMissing)
  }

  @Test(arguments: [(GitPurpose.reading, Int32(0)), (.recording, 128)])
  func `is run again for what may be repeated, when it found no process left`(
    purpose: GitPurpose, status: Int32
  ) async throws {
    let repository = try await TemporaryRepository()
    let folder = try repository.scratch.makeDirectory("programs")
    try repository.write(
      "git",
      """
      #!/bin/sh
      [ -e '\(folder)/tried' ] && exit 0
      touch '\(folder)/tried'
      echo 'error: cannot fork() for pack-objects: Resource temporarily unavailable' >&2
      exit 128
      """, in: folder)
    chmod(folder.appending("git").string, 0o755)
    let path = "\(folder):\(repository.environment["PATH"] ?? "")"
    let output = try await repository.command(["PATH": path]).run(purpose, ["anything"])
    #expect(output.status == status)
  }

  @Test func `is stopped, with its children, when its time is over`() async throws {
    let repository = try await TemporaryRepository()
    try await repository.git("config", "alias.wait", "!sleep 1000")
    let error = await failure { try await repository.command().run(.reading, ["wait"], timeout: .milliseconds(200)) }
    #expect(error == GitError(.timedOut, "'git wait' did not finish within 0.2 seconds"))
  }

  @Test func `is stopped when its task is cancelled`() async throws {
    let repository = try await TemporaryRepository()
    try await repository.git("config", "alias.wait", "!sleep 1000")
    let command = repository.command()
    let task = Task { await failure { try await command.run(.reading, ["wait"]) } }
    task.cancel()
    #expect(await task.value?.code == .cancelled)
  }

  @Test func `is bound to its directory, whatever GIT_DIR says`() async throws {
    let here = try await TemporaryRepository.withCommit()
    let there = try await TemporaryRepository.withCommit()
    let command = here.command(["GIT_DIR": "\(there.path)/.git", "GIT_WORK_TREE": there.path.string])
    #expect(try await command.require(.reading, ["rev-parse", "--show-toplevel"]).text == here.path.string)
  }

  @Test func `asks for no password`() async throws {
    let repository = try await TemporaryRepository()
    let command = repository.command()
    let request = Array("protocol=https\nhost=example.invalid\n\n".utf8)
    let output = try await command.run(.reading, ["credential", "fill"], input: request)
    #expect(!output.isSuccess)
    #expect(output.standardError.contains("terminal prompts disabled"))
  }
}

extension TemporaryRepository {
  fileprivate func command(_ variables: [String: String]) -> GitCommand { command(in: nil, variables) }
}
