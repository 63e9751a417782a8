import Basics
import Preflight
import Testing

@testable import Diagnosis
@testable import Engine
@testable import Reviews
@testable import Runs

@Suite(.timeLimit(.minutes(5))) struct DoctorTests {
  @Test(arguments: [
    (10 << 30, 100 << 20, Fact.State.good),
    (1 << 30, 200 << 20, .warning),
    (700 << 20, 200 << 20, .fault),
  ])
  func `the disk must hold a worktree for each job`(free: Int, checkout: Int, state: Fact.State) {
    let finding = Preflight.disk(free: free, checkout: checkout, jobs: 4)
    #expect(finding.state == state)
    #expect(finding.message.contains("4 worktrees take"))
  }

  @Test(arguments: [(8 << 30, 4, 4), (1 << 30, 4, 2), (100 << 20, 4, 1)])
  func `as many jobs are proposed as there is memory for`(available: Int, jobs: Int, fitting: Int) {
    let finding = DoctorFinding(Preflight.memory(available: available, jobs: jobs))
    #expect(finding.state == (fitting == jobs ? .ok : .warning))
    #expect(finding.fixes == (fitting == jobs ? [] : ["git config orchestrator.run.jobs \(fitting)"]))
  }

  @Test func `the sizes of a listing are added up, and submodules have none`() {
    let listing = "100644 blob 0123      17\ta b\0160000 commit 4567       -\tsub\0100755 blob 89ab    1000\tc\0"
    #expect(Preflight.totalSize(Array(listing.utf8)) == 1017)
  }

  @Test(arguments: [
    (0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (1536, "1.5 KiB"), (20 << 20, "20 MiB"), (400 << 30, "400 GiB"),
    (3 << 40, "3 TiB"),
  ])
  func `sizes as people read them`(bytes: Int, text: String) {
    #expect(byteText(Int64(bytes)) == text)
  }

  @Test(arguments: [
    ("log in: gh auth login -h github.com", "gh auth login -h github.com"),
    ("git config --global user.name NAME", "git config --global user.name NAME"),
    ("install it: https://cli.github.com", nil),
    ("check the network connection", nil),
  ])
  func `the command in a line of advice`(advice: String, command: String?) {
    #expect(DoctorFinding.command(in: advice) == command)
  }

  @Test func `an error of several lines is one message, and what helps is apart`() {
    let error = RunError(.noBaseBranch, "cannot load libgit2: no such file\nhint: install it (Debian: libgit2-1.5)")
    let finding = DoctorFinding("libgit2", .fault, error: error)
    #expect(finding.message == "cannot load libgit2: no such file")
    #expect(finding.hints == ["install it (Debian: libgit2-1.5)"])
  }
}
