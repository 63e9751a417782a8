import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// `git orch config`, against what git says of the same files.
@Suite(.timeLimit(.minutes(3))) struct ConfigTests {
  /// A repository in which nothing is set.
  private func world() async throws -> OrchWorld {
    let world = try await OrchWorld.make(remote: false)
    try world.repository.write(".gitconfig-empty", "", in: world.repository.scratch.path)
    var bare = world
    bare.environment["GIT_CONFIG_GLOBAL"] = world.repository.scratch.path.appending(".gitconfig-empty").string
    return bare
  }

  private func config(_ world: OrchWorld, _ arguments: String..., in directory: FilePath? = nil) async throws
    -> OrchWorld.Result
  {
    try await world.orch(["config"] + arguments, in: directory)
  }

  /// All values of a key as git has them, a line each; nil where it has none.
  private func git(_ world: OrchWorld, _ arguments: String...) async throws -> String? {
    let result = try await world.run("git", ["config"] + arguments)
    return result.status == 0 ? String(result.output.dropLast()) : nil
  }

  // MARK: - Reading

  @Test func `a key alone prints the value in force, whoever set it`() async throws {
    let world = try await world()
    #expect(try await config(world, "run.jobs").output == "4\n")
    _ = try await git(world, "--global", "orchestrator.run.jobs", "7")
    #expect(try await config(world, "run.jobs").output == "7\n")
    _ = try await git(world, "orchestrator.run.jobs", "0x10")
    #expect(try await config(world, "orchestrator.RUN.Jobs").output == "16\n")
    let overridden = try await world.gitOrch("config", "run.jobs", git: ["-c", "orchestrator.run.jobs=3"])
    #expect(overridden.output == "3\n" && overridden.errors.isEmpty)
  }

  @Test func `lists are printed a part a line, each with its own origin`() async throws {
    let world = try await world()
    _ = try await git(world, "--global", "orchestrator.tools.allowedCli", "gh, az")
    _ = try await git(world, "orchestrator.tools.allowedCli", "docker,gh")
    #expect(try await config(world, "tools.allowed_cli").output == "gh\naz\ndocker\n")
    let origins = try await config(world, "--show-origin", "tools.allowed_cli").output.split(separator: "\n")
    #expect(origins.count == 3)
    #expect(origins.first?.hasSuffix("(global scope)\tgh") == true)
    #expect(origins.last == "file:.git/config (local scope)\tdocker")
    #expect(try await config(world, "--show-origin", "run.jobs").output == "default\t4\n")
  }

  @Test(arguments: ["git.base_branch", "tools.allowedCli", "agent.maxTurns"])
  func `what has no value prints nothing and answers no`(key: String) async throws {
    let result = try await config(world(), key)
    #expect(result.status == 1 && result.output.isEmpty && result.errors.isEmpty)
  }

  @Test func `one scope alone is asked for by its name`() async throws {
    let world = try await world()
    _ = try await git(world, "--global", "orchestrator.run.jobs", "7")
    #expect(try await config(world, "--global", "run.jobs").output == "7\n")
    let local = try await config(world, "--local", "run.jobs")
    #expect(local.status == 1 && local.output.isEmpty)
    let list = try await config(world, "--global", "--list")
    #expect(list.output == "# run\nrun.jobs  7  global\n")
  }

  @Test(arguments: [
    ("run.job", "did you mean 'run.jobs'?"), ("workflow.auto_aprove", "did you mean 'workflow.autoApprove'?"),
    ("nothing.like.it", "'git orch config --list' shows all"),
  ])
  func `a name that is none is refused, with the one that was meant`(name: String, hint: String) async throws {
    let world = try await world()
    for arguments in [[name], [name, "1"], ["--add", name, "1"], ["--unset", name]] {
      let result = try await world.orch(["config"] + arguments)
      #expect(result.status == 128 && result.output.isEmpty, "\(arguments)")
      #expect(result.errors.hasPrefix("fatal: '\(name)' is not a setting; ") && result.errors.contains(hint))
    }
    #expect(try await git(world, "--get-regexp", "orchestrator") == nil)
  }

  @Test func `the list has every setting, its value, where that comes from, and what is wrong`() async throws {
    let world = try await world()
    let clean = try await config(world, "--list")
    #expect(clean.status == 0 && clean.errors.isEmpty)
    let names = clean.output.split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(names.count > 40 && names.allSatisfy { $0.hasSuffix("  default") })

    _ = try await git(world, "orchestrator.run.jobs", "many")
    _ = try await git(world, "orchestrator.agent.model", "opus")
    _ = try await git(world, "orchestrator.run.jbos", "3")
    let list = try await config(world, "--list", "--show-origin")
    #expect(list.status == 1)
    #expect(list.output.contains(#/agent\.model +opus +file:\.git/config \(local scope\)\n/#))
    #expect(list.output.contains(#/run\.jobs +many +file:/#))
    #expect(list.errors.contains("error: bad numeric value 'many' for 'orchestrator.run.jobs'"))
    #expect(list.errors.contains("warning: unknown setting 'orchestrator.run.jbos'"))

    // One fault does not hide the other settings, and can be fixed.
    #expect(try await config(world, "agent.model").output == "opus\n")
    #expect(try await config(world, "run.jobs").status == 128)
    #expect(try await config(world, "--unset", "run.jbos").status == 0)
    #expect(try await config(world, "run.jobs", "2").status == 0)
    let mended = try await config(world, "--list")
    #expect(mended.status == 0 && mended.errors.isEmpty)
  }

  @Test func `the list in JSON has the same`() async throws {
    let world = try await world()
    _ = try await git(world, "orchestrator.tools.allowedCli", "gh,az")
    let document = try await config(world, "--list", "--json").json()
    #expect(document["schema"] as? Int == 1)
    let settings = try #require(document["settings"] as? [[String: any Sendable]])
    let cli = try #require(settings.first { $0["name"] as? String == "tools.allowedCli" })
    #expect(cli["values"] as? [String] == ["gh", "az"])
    #expect(cli["isDefault"] as? Bool == false && cli["type"] as? String == "list")
    #expect(cli["origin"] as? String == "file:.git/config (local scope)")
    let model = try #require(settings.first { $0["name"] as? String == "agent.model" })
    #expect(model["values"] as? [String] == [] && model["isDefault"] as? Bool == true)
  }

  // MARK: - Writing

  /// The command lines that claude-code-orchestrator 0.4 documents, and what git has afterwards.
  @Test(arguments: [
    ("git.base_branch develop", "git.baseBranch", "develop"),
    ("git.provider github", "git.provider", "github"),
    ("git.destination_branch develop", "git.destinationBranch", "develop"),
    ("git.repo_slug owner/my-repo", "git.repoSlug", "owner/my-repo"),
    ("worktree_dir ../trees", "worktreeDir", "../trees"),
    ("project.test_command pytest", "project.testCommand", "pytest"),
    ("workflow.mode yolo", "workflow.mode", "yolo"),
    ("workflow.auto_approve true", "workflow.autoApprove", "true"),
    ("workflow.auto_pr false", "workflow.autoPr", "false"),
    ("workflow.stop_after_generate True", "workflow.stopAfterGenerate", "true"),
    ("tools.allowed_cli gh,az,aws,docker", "tools.allowedCli", "gh,az,aws,docker"),
    ("tools.permission_mode acceptEdits", "tools.permissionMode", "acceptEdits"),
    ("tools.permission_mode bypassPermissions", "tools.permissionMode", "bypassPermissions"),
    ("tools.allowed_tools Bash(git:*),Edit,Read", "tools.allowedTools", "Bash(git:*),Edit,Read"),
    ("tools.disallowed_tools Bash(rm:*),Bash(sudo:*)", "tools.disallowedTools", "Bash(rm:*),Bash(sudo:*)"),
    ("tools.skip_permissions true", "tools.skipPermissions", "true"),
    ("tools.add_dirs /path/to/shared/config", "tools.addDirs", "/path/to/shared/config"),
    ("agent.inactivity_timeout 300", "agent.inactivityTimeout", "300"),
    ("agent.max_runtime 3600", "agent.maxRuntime", "3600"),
    ("agent.max_retries 2", "agent.maxRetries", "2"),
    ("agent.use_resume true", "agent.useResume", "true"),
    ("agent.retry_delay 5", "agent.retryDelay", "5"),
  ])
  func `a command line of claude-code-orchestrator means the same`(
    line: String, name: String, value: String
  ) async throws {
    let world = try await world()
    for scope in ["--local", "--global"] {
      let words = (scope == "--global" ? [scope] : []) + line.split(separator: " ").map(String.init)
      let result = try await world.orch(["config"] + words)
      #expect(result.status == 0 && result.output.isEmpty, "\(result.errors)")
      #expect(try await git(world, scope, "--get-all", "orchestrator.\(name)") == value)
      #expect(try await git(world, scope, "--unset", "orchestrator.\(name)") != nil)
    }
  }

  @Test(arguments: [
    (["workflow.mode", "fast"], "one of review, yolo"), (["workflow.autoPr", "perhaps"], "one of true, false"),
    (["run.jobs", "0"], "from 1 to 1024"), (["run.jobs", "--", "-1"], "from 1 to 1024"),
    (["run.jobs", "four"], "whole number"), (["agent.maxRuntime", "5 parsecs"], "5m"),
    (["git.provider", "gitlab"], "one of auto, github, bitbucket"), (["worktreeDir", ""], "must not be empty"),
    (["--add", "run.jobs", "3"], "takes one value"), (["trust", "abc"], "--trust"),
    (["project.testInstructions", "@missing.md"], "No such file"),
    (["project.agentInstructions", "@~/missing.md"], "No such file"),
    (["project.agentInstructions", "@src"], "it is a folder"),
  ])
  func `a value that cannot be used is refused, and nothing is written`(
    words: [String], advice: String
  ) async throws {
    let world = try await world()
    try world.repository.write("src/a.txt", "a")
    let result = try await world.orch(["config"] + words)
    #expect(result.status == 128)
    #expect(result.errors.hasPrefix("fatal: ") && result.errors.contains(advice), "\(result.errors)")
    #expect(try await git(world, "--get-regexp", "orchestrator") == nil)
  }

  @Test func `a file that a value names is looked for at the repository's root`() async throws {
    let world = try await world()
    try world.repository.write("doc/testing.md", "run them\n")
    let sub = world.root.appending("doc")
    #expect(try await config(world, "project.test_instructions", "@doc/testing.md", in: sub).status == 0)
    #expect(try await config(world, "project.test_instructions", "@testing.md", in: sub).status == 128)
    let global = try await config(world, "--global", "project.test_instructions", "@testing.md")
    #expect(global.status == 0 && global.errors.contains("was not checked here"))
  }

  @Test(arguments: ["-x", "--global", "--", "a \"b\" ; # c\\", " spaced ", "two\nlines", "ünï", "=x"])
  func `any text comes back as it was given`(text: String) async throws {
    let world = try await world()
    #expect(try await config(world, "project.testCommand", "--", text).status == 0)
    #expect(try await git(world, "--local", "--get-all", "orchestrator.project.testCommand") == text)
    #expect(try await config(world, "project.testCommand").output == text + "\n")
    #expect(try await git(world, "--global", "--list") == "")
  }

  @Test func `setting replaces what the scope has, adding adds, unsetting removes it all`() async throws {
    let world = try await world()
    _ = try await git(world, "--global", "orchestrator.tools.allowedCli", "make")
    for value in ["gh", "az"] { #expect(try await config(world, "--add", "tools.allowed_cli", value).status == 0) }
    #expect(try await git(world, "--local", "--get-all", "orchestrator.tools.allowedCli") == "gh\naz")
    #expect(try await config(world, "tools.allowed_cli", "npm").status == 0)
    #expect(try await git(world, "--local", "--get-all", "orchestrator.tools.allowedCli") == "npm")
    let unset = try await config(world, "--unset", "tools.allowed_cli")
    #expect(unset.status == 0 && unset.errors.contains("is 'make', from "))
    let again = try await config(world, "--unset", "tools.allowed_cli")
    #expect(again.status == 1)
    #expect(again.errors.hasPrefix("error: 'tools.allowedCli' is not set in the repository's configuration\n"))
    #expect(try await git(world, "--global", "orchestrator.tools.allowedCli") == "make")
  }

  @Test func `a value that something nearer overrides is written, and said to be of no effect`() async throws {
    let world = try await world()
    #expect(try await config(world, "run.jobs", "2").errors.isEmpty)
    let global = try await config(world, "--global", "run.jobs", "9")
    #expect(global.status == 0)
    #expect(global.errors == "warning: 'run.jobs' is still '2', from file:.git/config (local scope)\n")
    #expect(try await config(world, "--global", "run.jobs").output == "9\n")
  }

  @Test func `a worktree's own configuration wins over the repository's, and is written with --worktree`() async throws
  {
    let world = try await world()
    _ = try await git(world, "extensions.worktreeConfig", "true")
    let other = world.repository.scratch.path.appending("other")
    try await world.repository.git("worktree", "add", "-q", other.string)
    #expect(try await config(world, "--worktree", "run.jobs", "2", in: other).status == 0)
    #expect(try await config(world, "run.jobs", in: other).output == "2\n")
    #expect(try await config(world, "run.jobs").output == "4\n")
    let local = try await config(world, "run.jobs", "3", in: other)
    #expect(local.status == 0 && local.errors.contains("is still '2'") && local.errors.contains("(worktree scope)"))
    #expect(try await config(world, "run.jobs").output == "3\n")
    #expect(try await config(world, "--worktree", "--unset", "run.jobs", in: other).status == 0)
    #expect(try await config(world, "run.jobs", in: other).output == "3\n")
  }

  @Test func `a lock that another process holds is reported in words, and nothing is lost`() async throws {
    let world = try await world()
    let before = try world.repository.read(".git/config")
    try world.repository.write(".git/config.lock", "")
    let result = try await config(world, "run.jobs", "2")
    #expect(result.status == 128)
    #expect(result.errors.contains("another process holds '.git/config.lock'"))
    #expect(try world.repository.read(".git/config") == before)
  }

  // MARK: - Places

  @Test func `outside a repository the user's settings can be read and written`() async throws {
    let world = try await world()
    let outside = world.repository.scratch.path
    #expect(try await config(world, "--global", "run.jobs", "6", in: outside).status == 0)
    #expect(try await config(world, "run.jobs", in: outside).output == "6\n")
    #expect(try await config(world, "--list", in: outside).status == 0)
    let local = try await config(world, "run.jobs", "2", in: outside)
    #expect(local.status == 128 && local.errors.contains("not in a git repository; --global"))
    #expect(try await config(world, "--local", "--list", in: outside).status == 128)
    #expect(try await config(world, "--unset", "run.jobs", in: outside).status == 128)
  }

  @Test func `a bare repository has settings, too`() async throws {
    let world = try await world()
    let bare = world.repository.scratch.path.appending("bare.git")
    try await world.repository.git("init", "-q", "--bare", bare.string)
    #expect(try await config(world, "run.jobs", "6", in: bare).status == 0)
    #expect(try await config(world, "run.jobs", in: bare).output == "6\n")
    #expect(try await config(world, "--list", in: bare).output.contains(#/run\.jobs +6 +local\n/#))
  }

  @Test(arguments: [
    [], ["--list", "run.jobs"], ["--list", "--add"], ["--unset"], ["--unset", "run.jobs", "3"], ["--add", "run.jobs"],
    ["--global", "--local", "run.jobs"], ["--json", "run.jobs"], ["--show-origin", "run.jobs", "3"],
    ["run.jobs", "-1"],
    ["run.jobs", "1", "2"], ["--globl", "run.jobs", "1"], ["--list", "--json", "--show-origin"],
  ])
  func `what makes no sense is wrong usage`(arguments: [String]) async throws {
    let world = try await world()
    let result = try await world.orch(["config"] + arguments)
    #expect(result.status == 129, "\(arguments): \(result.output)")
    #expect(result.errors.hasPrefix("error: ") && result.errors.contains("usage: git orch config"))
    #expect(try await git(world, "--get-regexp", "orchestrator") == nil)
  }
}
