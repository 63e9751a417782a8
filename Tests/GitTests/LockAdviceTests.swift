import Foundation
import OrchTestSupport
import Platform
import Processes
import SystemPackage
import Testing

@testable import Git

/// What is said of locks of the whole repository, which are the user's to remove.
@Suite(.timeLimit(.minutes(2))) struct LockAdviceTests {
  private func moment(in seconds: Int) -> timespec {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return timespec(tv_sec: time.tv_sec + seconds, tv_nsec: time.tv_nsec)
  }

  @Test(arguments: [
    ("packed-refs", "Unable to create '/R/.git/packed-refs.lock': File exists."),
    ("HEAD", "error: cannot lock ref 'HEAD': Unable to create '/R/.git/HEAD.lock': File exists."),
    ("index", "fatal: Unable to create '/R/.git/index.lock': File exists.\n\nAnother git process seems to be running"),
    ("shallow", "fatal: Unable to create '/R/.git/shallow.lock': File exists."),
    ("config", "error: could not lock config file .git/config: File exists"),
    ("config", "failed to lock file '/R/.git/config.lock' for writing"),
  ])
  func `a lock is named, with its age, who holds it and what to do`(name: String, words: String) throws {
    let scratch = try TemporaryDirectory()
    try scratch.makeDirectory(".git")
    let lock = scratch.path.appending(".git/\(name).lock")
    #expect(FileManager.default.createFile(atPath: lock.string, contents: nil))
    let message = words.replacingOccurrences(of: "/R", with: scratch.path.string)
    #expect(
      LockAdvice.hints(on: message, in: scratch.path, at: moment(in: 3 * 3600))
        == [
          "hint: '\(lock)' is 3 hours old, and no process has it open: a git that was killed may have left it; if no git is at "
            + "work there, remove it: rm \(lock)"
        ])
    #expect(
      LockAdvice.hints(on: message, in: scratch.path, at: moment(in: 0)).first?.hasSuffix(
        "another git is at work there; try again") == true)
    let holder = try FileDescriptor.open(lock, .readOnly, options: .closeOnExec)
    defer { try? holder.close() }
    // A process that another test has just begun has it for a moment, too.
    #expect(
      LockAdvice.hints(on: message, in: scratch.path, at: moment(in: 3 * 3600)).first?.wholeMatch(
        of: #/hint: process \d+ \(.+\) has '.+\.lock' open: wait until it has ended, then try again/#) != nil)
    #expect(ProcessSnapshot.users(of: lock.string)?.contains(getpid()) == true)
    #expect(FileManager.default.fileExists(atPath: lock.string))
  }

  @Test func `one that is gone, and other words, say nothing`() throws {
    let scratch = try TemporaryDirectory()
    #expect(LockAdvice.hints(on: "Unable to create '/nowhere/index.lock': File exists.", in: scratch.path).isEmpty)
    #expect(LockAdvice.hints(on: "the branch is blocked", in: scratch.path).isEmpty)
  }

  @Test func `the error of the call that failed has it`() async throws {
    let made = try await TemporaryRepository.withCommit()
    try made.write(".git/config.lock", "")
    let error = await failure { try await made.command().require(.configuring, ["config", "a.b", "c"]) }
    #expect(
      error?.message.contains("hint: '\(made.path)/.git/config.lock' is ") == true, "\(String(describing: error))")
  }
}
