import Basics
import Foundation
import Testing

@Suite(.timeLimit(.minutes(5))) struct BranchNameTests {
  @Test(arguments: [
    "a", "feature/x", "a.b", "a-b", "a@b", "@a", "a@", "é", "修", "a{b}", "a!b", "a'b", "a\"b", "a#b", "a%b", "a,b",
    "a.lock.b", "x/HEAD",
    "", "-a", "a..b", "a..\u{301}b", "a~b", "a^b", "a:b", "a?b", "a*b", "a[b", "a]b", "a\\b", "a b", "a\tb",
    "a\nb", "a\u{7F}b",
    "a/", "/a", "a//b", ".a", "a/.b", "a.", "a./b", "a.lock", "a.lock/b", "a/b.lock", "a@{b", "@{-1}", "a/@", "@/a",
    "a.LOCK",
    String(repeating: "x", count: 250),
  ])
  func `git agrees on what may be the name of a branch`(name: String) throws {
    let git = Process()
    git.executableURL = URL(filePath: "/usr/bin/env")
    git.arguments = ["git", "check-ref-format", "--branch", name]
    git.environment = [
      "PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin", "LC_ALL": "C",
      "GIT_CEILING_DIRECTORIES": "/",
    ]
    git.currentDirectoryURL = URL(filePath: "/")
    git.standardOutput = FileHandle.nullDevice
    git.standardError = FileHandle.nullDevice
    try git.run()
    git.waitUntilExit()
    #expect((BranchName.problem(in: name) == nil) == (git.terminationStatus == 0))
  }

  @Test(arguments: ["@", "HEAD", "refs/heads/a", String(repeating: "x", count: 251)])
  func `names that git takes and then trips over are refused`(name: String) {
    #expect(BranchName.problem(in: name) != nil)
  }
}
