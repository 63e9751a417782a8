import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// `git orch NAME …`.
@Suite(.timeLimit(.minutes(5))) struct DispatcherTests {
  /// A world with `git-orch-foo` on PATH, which prints its arguments a line each and exits with 7.
  private func world() async throws -> OrchWorld {
    var world = try await OrchWorld(repository: .init("app"))
    try world.addProgram("bin/git-orch-foo", #"printf '%s\n' "$0" "$@"; cat; exit 7"#)
    world.environment["PATH"] = "\(world.environment["PATH"] ?? ""):\(world.repository.scratch.path)/bin"
    return world
  }

  @Test func `the commands are listed, those of others included`() async throws {
    let world = try await world()
    for (arguments, status) in [([], 1), (["-h"], 0), (["help"], 0)] as [([String], Int32)] {
      let result = try await world.run("git", ["orch"] + arguments)
      #expect(result.status == status)
      for name in ["run", "yolo", "generate", "status", "log", "foo"] {
        #expect(result.output.contains("\n   \(name)"), "\(result.output)\(result.errors)")
      }
    }
  }

  @Test func `arguments and exit status pass through`() async throws {
    let world = try await world()
    let result = try await world.gitOrch("foo", "a", "b c", "", "--help", "-h", "ü\n")
    #expect(result.status == 7)
    #expect(result.output == "\(world.repository.scratch.path)/bin/git-orch-foo\na\nb c\n\n--help\n-h\nü\n\n")
  }

  @Test func `a command that ends by a signal ends so for the caller`() async throws {
    let world = try await world()
    try world.addProgram("bin/git-orch-die", "kill -KILL $$")
    #expect(try await world.run("git-orch", ["die"]).status == 137)
  }

  @Test(arguments: [("statsu", "status"), ("genrate", "generate"), ("fo", "foo")])
  func `an unknown name gets the one that was meant`(name: String, meant: String) async throws {
    let world = try await world()
    let result = try await world.gitOrch(name)
    #expect(result.status == 1)
    #expect(result.errors.contains("'\(name)' is not a git-orch command"))
    #expect(result.errors.contains("\n\t\(meant)\n"), "\(result.errors)")
    #expect(result.output.isEmpty)
  }

  @Test(arguments: ["../bin/foo", "foo/../foo", "xyzzyxyzzy", "xyz zyx"])
  func `a name that is none finds nothing`(name: String) async throws {
    let world = try await world()
    let result = try await world.gitOrch(name)
    #expect(result.status == 1)
    #expect(!result.errors.contains("most similar"))
  }

  @Test func `versions and helps`() async throws {
    let world = try await world()
    for option in ["--version", "-v", "version"] {
      let result = try await world.gitOrch(option)
      if option != "version" {
        #expect(result.status == 0)
        #expect(result.output.hasPrefix("git-orch version "))
      }
    }
    for name in ["run", "yolo", "generate", "status", "log"] {
      for arguments in [["orch", name, "-h"], ["orch", "help", name]] {
        let result = try await world.run("git", arguments)
        #expect(result.status == 0, "\(arguments): \(result.errors)")
        #expect(result.output.contains("usage: git orch \(name)"), "\(arguments): \(result.output)")
        #expect(result.errors.isEmpty)
      }
      let version = try await world.gitOrch(name, "--version")
      #expect(version.status == 0)
      #expect(version.output == (try await world.gitOrch("--version").output))
      // As a program of its own, too.
      #expect(try await world.run("git-orch-\(name)", ["-h"]).output.contains("usage: git orch \(name)"))
    }
    let unknown = try await world.gitOrch("--nosuch")
    #expect(unknown.status == 129)
    #expect(try await world.gitOrch("help", "nosuch").status == 1)
  }

  @Test(arguments: ["orch -h", "orch config --list", "orch run -h", "orch help"])
  func `an answer that cannot be written is an error, as with git`(command: String) async throws {
    let world = try await world()
    let full = try await world.run("sh", ["-c", "exec git \(command) >/dev/full"])
    #expect(full.status == 128)
    #expect(full.errors == "fatal: cannot write to standard output: No space left on device\n")
    // A reader that is gone: the pipe's other end is closed before the command begins.
    let piped = try await world.run(
      "bash",
      ["-c", "{ while ! [ -e gone ]; do sleep 0.01; done; git \(command); echo $? >&2; } | { exec <&-; touch gone; }"])
    #expect(piped.errors == "141\n")
  }

  @Test func `a short option takes its value joined`() async throws {
    let world = try await world()
    #expect(try await world.gitOrch("run", "-j0").errors.contains("--jobs"))
    #expect(!(try await world.gitOrch("run", "-j4", "-n").errors.contains("usage")))
  }
}
