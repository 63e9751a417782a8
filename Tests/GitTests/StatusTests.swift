import Basics
import Git
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct `Status` {
  /// Changes of every kind, and what is no change.
  private func disarrange(_ made: TemporaryRepository, in directory: FilePath? = nil) async throws {
    let top = directory ?? made.path
    for name in ["changed", "gone", "staged", "both", "unstaged-gone", "mode", "link", "ignored-but-known.log"] {
      try made.write(name, "\(name)\n", in: top)
    }
    try await made.git("add", "-A", in: top)
    try await made.git("commit", "-q", "-m", "files", in: top)
    try made.write("changed", "changed indeed\n", in: top)
    try made.write("staged", "staged indeed\n", in: top)
    try made.write("both", "first\n", in: top)
    try made.write("sub folder/new ünï", "new\n", in: top)
    try await made.git("add", "staged", "both", "sub folder", in: top)
    try made.write("both", "second\n", in: top)
    try await made.git("rm", "-q", "--cached", "gone", in: top)
    unlink(top.appending("unstaged-gone").string)
    chmod(top.appending("mode").string, 0o755)
    unlink(top.appending("link").string)
    symlink("staged", top.appending("link").string)
    try made.write(".gitignore", "*.log\nbuild/\n", in: top)
    try made.write("trace.log", "ignored", in: top)
    try made.write("build/out", "ignored", in: top)
    try made.write("untracked/deep/file", "x", in: top)
    try await made.git("init", "-q", "nested", in: top)
    try await made.git("init", "-q", "deeper/nested with file", in: top)
    try made.write("deeper/nested with file/file", "x", in: top)
  }

  @Test func `of a clean tree is clean`() async throws {
    let made = try await TemporaryRepository.withCommit()
    #expect(try made.open().status().isClean)
  }

  @Test func `agrees with git about every kind of change`() async throws {
    let made = try await TemporaryRepository.withCommit("a répö")
    try await disarrange(made)
    let status = try made.open().status()
    try await made.expectStatusAsGit()
    #expect(status.entries.contains(.init(path: "sub folder/new ünï", kind: .staged)))
    #expect(status.entries.contains(.init(path: "both", kind: .modified)))
    #expect(status.entries.filter { $0.path == "gone" }.map(\.kind) == [.staged, .untracked])
  }

  @Test func `agrees in a linked worktree`() async throws {
    let made = try await TemporaryRepository.withCommit()
    let path = try await made.addWorktree("linked")
    try await disarrange(made, in: path)
    try await made.expectStatusAsGit(in: path)
    #expect(try made.open().status().isClean)
  }

  @Test func `agrees before the first commit`() async throws {
    let made = try await TemporaryRepository()
    try made.write("a", "a")
    try made.write("b", "b")
    try await made.git("add", "a")
    #expect(try made.open().status().entries.map(\.kind) == [.staged, .untracked])
    try await made.expectStatusAsGit()
  }

  @Test func `agrees in the middle of a merge with conflicts`() async throws {
    let made = try await TemporaryRepository.withConflict()
    let status = try made.open().status()
    try await made.expectStatusAsGit()
    #expect(status.entries.map(\.kind) == [.conflicted, .untracked])
  }

  @Test(arguments: [
    ["config", "core.autocrlf", "input"], ["config", "core.eol", "crlf"], ["config", "core.fileMode", "false"],
    ["config", "core.symlinks", "false"], ["config", "status.showUntrackedFiles", "all"],
    ["update-index", "--assume-unchanged", "changed"], ["update-index", "--skip-worktree", "changed"],
    ["add", "--intent-to-add", "untracked"], ["update-index", "--split-index"], ["update-index", "--index-version=4"],
  ])
  func `agrees with settings and indexes of all sorts`(_ arguments: [String]) async throws {
    let made = try await TemporaryRepository.withCommit()
    try await disarrange(made)
    try made.write("crlf", "one\r\ntwo\r\n")
    try await made.git("add", "crlf")
    try await made.git(arguments)
    try await made.expectStatusAsGit()
  }

  @Test(arguments: [
    "* text=auto", "*.txt filter=swap", "*.txt eol=crlf", "*.txt working-tree-encoding=ISO-8859-1", "*.txt -text",
  ])
  func `agrees where attributes change content`(_ attributes: String) async throws {
    let made = try await TemporaryRepository()
    try await made.git("config", "filter.swap.clean", "tr a-z b-za")
    try await made.git("config", "filter.swap.smudge", "tr b-za a-z")
    try await made.git("config", "core.safecrlf", "false")
    try made.write(".gitattributes", attributes + "\n")
    try made.write("sub/words.txt", "some words\n")
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "words")
    unlink(made.path.appending("sub/words.txt").string)
    try await made.git("checkout", "--", ".")
    #expect(try made.open().status().isClean)
    try made.write("sub/words.txt", "other\r\nwords\r\n")
    try await made.expectStatusAsGit()
  }

  @Test func `agrees where attributes are new, or outside of the tree`() async throws {
    let made = try await TemporaryRepository()
    try await made.git("config", "filter.swap.clean", "tr a-z b-za")
    try await made.commit("words.txt", "abc\n", message: "words")
    try made.write(".gitattributes", "*.txt filter=swap\n")
    try made.write("words.txt", "zab\n")
    try await made.expectStatusAsGit()
    unlink(made.path.appending(".gitattributes").string)
    try made.write(".git/info/attributes", "*.txt filter=swap\n")
    try await made.expectStatusAsGit()
    #expect(try made.open().status().isClean)
  }

  @Test func `agrees in a sparse checkout`() async throws {
    let made = try await TemporaryRepository.withFolders()
    try await made.git("sparse-checkout", "set", "in")
    try made.write("in/new", "x")
    try made.write("out/new", "x")
    let status = try made.open().status()
    try await made.expectStatusAsGit()
    #expect(status.entries.map(\.path) == ["in/new", "out/new"])
  }

  @Test func `agrees about submodules`() async throws {
    let made = try await TemporaryRepository.withSubmodule()
    #expect(try made.open().status().isClean)
    try made.write("lib/file", "changed")
    try await made.expectStatusAsGit()
    #expect(try made.open().status().entries == [.init(path: "lib", kind: .modified)])
  }

  @Test func `agrees about a tree of many files`() async throws {
    let made = try await TemporaryRepository()
    for number in 0..<450 { try made.write("d\(number % 9)/f\(number)", "\(number)") }
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "many")
    #expect(try made.open().status().isClean)
    try made.write("d0/f0", "changed")
    try await made.expectStatusAsGit()
  }

  @Test func `heeds the ignore file of the environment's user`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try made.write("ignore", "*.tmp\n", in: made.hermetic.home)
    try await made.git("config", "--global", "core.excludesFile", "~/ignore")
    try made.write("a.tmp", "x")
    #expect(try made.open().status().isClean == (try await made.statusByGit().isEmpty))
  }

  @Test func `of a bare repository does not exist`() async throws {
    let bare = try await TemporaryRepository(options: ["--bare"])
    #expect(await failure { _ = try bare.open().status() }?.message == "'\(bare.path)' is bare: it has no working tree")
  }
}

extension TemporaryRepository {
  /// In the middle of a merge: `shared` is in conflict, `untracked` is new.
  static func withConflict() async throws -> TemporaryRepository {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("checkout", "-q", "-b", "other")
    try await made.commit("shared", "theirs\n", message: "theirs")
    try await made.git("checkout", "-q", "main")
    try await made.commit("shared", "ours\n", message: "ours")
    _ = try? await made.git("merge", "other")
    try made.write("untracked", "new\n")
    return made
  }

  /// `in/file`, `out/file` and `top`.
  static func withFolders() async throws -> TemporaryRepository {
    let made = try await TemporaryRepository()
    for name in ["in/file", "out/file", "top"] { try made.write(name, "\(name)\n") }
    try await made.git("add", "-A")
    try await made.git("commit", "-q", "-m", "folders")
    return made
  }

  /// A submodule `lib` with a file, initialised, and `other`, which is not. Its user lets git clone from files.
  static func withSubmodule() async throws -> TemporaryRepository {
    let made = try await TemporaryRepository.withCommit()
    try await made.git("config", "--global", "protocol.file.allow", "always")
    for name in ["lib", "other"] {
      let library = try await made.clone("\(name)-source")
      try await library.commit("file", "content\n", message: "file")
      try await made.git("submodule", "--quiet", "add", library.path.string, name)
    }
    try await made.git("commit", "-q", "-m", "submodules")
    try await made.git("submodule", "--quiet", "deinit", "other")
    return made
  }
}
