import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// Repositories whose files come about in odd ways: a run brings them about, and leaves the user's own alone.
@Suite(.timeLimit(.minutes(3))) struct OddContentTests {
  @Test func `the files of an initialised submodule are there`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "--global", "protocol.file.allow", "always")
    let library = try await world.repository.clone("library")
    try await library.commit("library.txt", "of the library\n", message: "library")
    try await world.repository.git("submodule", "--quiet", "add", "file://\(library.path)", "lib")
    try await world.repository.git("commit", "-q", "-m", "add the library")
    try await world.repository.git("push", "-q", "origin", "main")
    try world.script(OrchWorld.seeing("cat lib/library.txt; git status --porcelain | grep -v seen.txt"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await world.seen() == "of the library")
    #expect(try await world.repository.git("worktree", "list").split(separator: "\n").count == 1)
    #expect(try await world.repository.git("submodule", "status").hasPrefix(" "))
    #expect(try world.repository.read("lib/library.txt") == "of the library\n")
  }

  @Test func `inside a submodule`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("config", "--global", "protocol.file.allow", "always")
    let library = try await world.repository.clone("library")
    try await world.repository.git("submodule", "--quiet", "add", "file://\(library.path)", "lib")
    try await world.repository.git("commit", "-q", "-m", "add the library")
    try world.script(OrchWorld.seeing("git rev-parse --show-toplevel"))
    try world.plan("a")
    let inside = world.root.appending("lib")
    try FileManager.default.moveItem(
      atPath: world.root.appending("task_config.yaml").string, toPath: inside.appending("task_config.yaml").string)
    try await world.repository.git("config", "orchestrator.worktreeDir", "../../places", in: inside)
    try await world.expectSuccess(in: inside)
    let worktree = world.repository.scratch.path.appending("places/lib/a")
    #expect(try await world.repository.git("show", "feature/a:seen.txt", in: inside) == worktree.string)
    #expect(try await world.repository.git("branch", "--list", "feature/*") == "")
  }

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/git-lfs"), "git-lfs is not installed"))
  func `LFS files have their content, and new ones reach the remote`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("lfs", "install")
    try await world.repository.git("lfs", "track", "*.bin")
    try world.repository.write("data.bin", "the real content\n")
    try await world.repository.git("add", ".gitattributes", "data.bin")
    try await world.repository.git("commit", "-q", "-m", "data")
    try await world.repository.git("push", "-q", "origin", "main")
    try world.script(OrchWorld.seeing("cat data.bin; echo new content > new.bin"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await world.seen() == "the real content")
    let pointer = try await world.repository.git("show", "feature/a:new.bin")
    #expect(pointer.hasPrefix("version https://git-lfs.github.com/spec/v1"))
    let id = try #require(pointer.split(separator: "\n").first { $0.hasPrefix("oid sha256:") }).dropFirst(11)
    let stored = world.remote.appending("lfs/objects/\(id.prefix(2))/\(id.dropFirst(2).prefix(2))/\(id)")
    #expect(try String(contentsOfFile: stored.string, encoding: .utf8) == "new content\n")
  }

  @Test func `a sparse checkout is kept to, and what is outside is not deleted`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit("inside/a.txt", "a", message: "inside")
    try await world.repository.commit("outside/b.txt", "b", message: "outside")
    try await world.repository.git("sparse-checkout", "set", "inside")
    try world.script(OrchWorld.seeing("ls; git status --porcelain"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(try await world.seen() == "README.md\ninside\nseen.txt\n?? seen.txt")
    #expect(try await world.repository.git("diff", "--name-only", "main", "feature/a") == "seen.txt")
  }

  @Test func `a shallow clone`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    for number in 1...3 { try await source.commit("n.txt", "\(number)", message: "\(number)") }
    let world = try await OrchWorld(repository: source.clone("app", options: ["--depth", "1"]))
    try world.script(RunTests.edits("a", "b", "c"))
    try world.plan("a", "b", "c: a, b")
    try await world.expectSuccess()
    #expect(try await source.git("log", "--format=%s", "main..feature/a") == "feat: a")
    #expect(try await source.git("ls-tree", "--name-only", "feature/c") == "README.md\na.txt\nb.txt\nc.txt\nn.txt")
  }

  @Test func `a partial clone, merges included`() async throws {
    let source = try await TemporaryRepository.withCommit("source")
    try await source.git("config", "uploadpack.allowFilter", "true")
    try await source.git("config", "uploadpack.allowAnySHA1InWant", "true")
    try await source.commit("both.txt", "1\n2\n3\n4\n5\n6\n7\n", message: "both")
    let world = try await OrchWorld(
      repository: source.clone("app", options: ["--filter=blob:none", "--no-checkout"]))
    try world.script(
      #"{"a": [[{"run": "sed -i s/1/one/ both.txt"}, {"commit": "feat: a"}]], "b": [[{"run": "sed -i s/7/seven/ both.txt"}, {"commit": "feat: b"}]], "c": [[{"run": "cp both.txt seen.txt"}, {"commit": "feat: c"}]]}"#
    )
    try world.plan("a", "b", "c: a, b")
    try await world.expectSuccess()
    #expect(try await source.git("show", "feature/c:seen.txt") == "one\n2\n3\n4\n5\n6\nseven")
  }

  // MARK: - Hooks and signatures

  @Test func `the post-checkout hook runs in the new worktree`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.addHook("post-checkout", "echo \"$3 $(pwd)\" > made-by-hook.txt")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    try await world.expectSuccess()
    #expect(
      try await world.repository.git("show", "feature/a:made-by-hook.txt") == "1 \(world.worktrees.appending("a"))")
  }

  /// As git itself leaves it: the worktree is there, and can be used.
  @Test func `a post-checkout hook that fails is reported with its words, and the task continues`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.addHook("post-checkout", "echo the hook is cross >&2; exit 1")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 0)
    #expect(try await world.statuses() == ["a": "success"])
    #expect(result.errors.contains("the hook is cross"), "\(result.errors)")
    #expect(world.isVacant(world.worktrees))
  }

  @Test func `commits that cannot be signed later leave the work uncommitted, saved, and the reason in the log`()
    async throws
  {
    let world = try await OrchWorld.make()
    // It signs once, when the run tries it, and never again.
    let tried = world.repository.scratch.path.appending("tried")
    let gpg = try world.addProgram(
      "gpg",
      """
      # What is to be signed: git takes it for a failure where nobody reads it.
      cat >/dev/null
      if [ -e '\(tried)' ]; then echo 'gpg: no secret key' >&2; exit 2; fi
      touch '\(tried)'
      echo '[GNUPG:] SIG_CREATED D' >&2
      printf -- '-----BEGIN PGP SIGNATURE-----\\n\\nx\\n-----END PGP SIGNATURE-----\\n'
      """)
    try await world.repository.git("config", "commit.gpgSign", "true")
    try await world.repository.git("config", "gpg.program", gpg.string)
    try await world.set("agent.maxRetries", "0")
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "uncommitted"])
    #expect(result.output.contains("not committed: a.txt"))
    #expect(try await world.orch("log", "a").output.contains("gpg failed to sign"))
    let saved = try await world.repository.git("for-each-ref", "--format=%(refname)", "refs/orchestrator/saved")
    #expect(try await world.repository.git("show", "\(saved):a.txt") == "hello")
  }

  @Test func `a pre-push hook of core.hooksPath can refuse`() async throws {
    let world = try await OrchWorld.make()
    try world.addProgram("my hooks/pre-push", "echo no pushing on Fridays >&2; exit 1")
    try await world.repository.git(
      "config", "core.hooksPath", world.repository.scratch.path.appending("my hooks").string)
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let result = try await world.orch("run")
    #expect(result.status == 1)
    #expect(try await world.statuses() == ["a": "push-failed"])
    #expect(result.output.contains("no pushing on Fridays"), "\(result.output)")
    #expect(try await world.remoteTip("feature/a") == nil)
    #expect(try world.repository.read("a.txt", in: world.worktrees.appending("a")) == "hello\n")
  }

  // MARK: - The user's own work

  @Test func `a checkout with staged, changed and new files is left as it is`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.commit("both.txt", "1\n", message: "both")
    try world.repository.write("both.txt", "2\n")
    try await world.repository.git("add", "both.txt")
    try world.repository.write("both.txt", "3\n")
    try world.repository.write("staged.txt", "staged")
    try await world.repository.git("add", "staged.txt")
    try await world.repository.git("rm", "-q", "--cached", "README.md")
    try world.script(OrchWorld.seeing("cat both.txt; git status --porcelain | grep -v seen.txt"))
    try world.plan("a")
    let status = try await world.repository.git("status", "--porcelain=v2", "--branch")
    let index = try Data(contentsOf: URL(filePath: world.root.appending(".git/index").string))
    try await world.expectSuccess()
    #expect(try Data(contentsOf: URL(filePath: world.root.appending(".git/index").string)) == index)
    #expect(try await world.repository.git("status", "--porcelain=v2", "--branch") == status)
    #expect(try await world.seen() == "1")
  }

  @Test func `a merge in progress is left as it is`() async throws {
    let world = try await OrchWorld.make()
    try await world.repository.git("checkout", "-q", "-b", "other")
    try await world.repository.commit("README.md", "theirs\n", message: "theirs")
    try await world.repository.git("checkout", "-q", "main")
    try await world.repository.commit("README.md", "ours\n", message: "ours")
    await #expect(throws: GitFailure.self) { try await world.repository.git("merge", "-q", "other") }
    try world.script(RunTests.edits("a"))
    try world.plan("a")
    let status = try await world.repository.git("status", "--porcelain=v2")
    try await world.expectSuccess()
    #expect(try await world.repository.git("status", "--porcelain=v2") == status)
    #expect(FileManager.default.fileExists(atPath: world.root.appending(".git/MERGE_HEAD").string))
  }
}
