import Basics
import Foundation
import Settings
import SystemPackage
import Testing

/// Settings as git itself hands them over.
@Suite(.timeLimit(.minutes(5))) struct GitConfigurationTests {
  @Test func `every layer counts, the nearer one wins`() async throws {
    try await ConfiguredFolder.with { folder in
      try await folder.git("config", "--global", "orchestrator.run.jobs", "2")
      try await folder.git("config", "--global", "orchestrator.agent.model", "opus")
      try await folder.git("config", "--global", "--add", "orchestrator.worktree.copy", ".env")
      try await folder.git("config", "orchestrator.run.jobs", "3")
      try await folder.git("config", "--add", "orchestrator.worktree.copy", "a.key,b.key")
      let settings = try await folder.settings()
      #expect(settings[.runJobs] == 3)
      #expect(settings.origin(of: .runJobs) == .config(scope: .local, source: "file:.git/config"))
      #expect(settings[.agentModel] == "opus")
      #expect(
        settings.origin(of: .agentModel) == .config(scope: .global, source: "file:\(folder.globalFile)"))
      #expect(settings[.worktreeCopy] == [".env", "a.key", "b.key"])
    }
  }

  @Test func `the system file counts`() async throws {
    try await ConfiguredFolder.with { folder in
      let file = folder.path.appending("system")
      try folder.write("[orchestrator \"run\"]\n\tjobs = 7\n", to: file)
      let settings = try await folder.settings(adding: ["GIT_CONFIG_SYSTEM": file.string, "GIT_CONFIG_NOSYSTEM": "0"])
      #expect(settings[.runJobs] == 7)
      #expect(settings.origin(of: .runJobs) == .config(scope: .system, source: "file:\(file)"))
    }
  }

  @Test func `what git -c and the environment say comes last`() async throws {
    try await ConfiguredFolder.with { folder in
      try await folder.git("config", "orchestrator.run.jobs", "3")
      let counted = try await folder.settings(adding: [
        "GIT_CONFIG_COUNT": "2",
        "GIT_CONFIG_KEY_0": "orchestrator.run.jobs", "GIT_CONFIG_VALUE_0": "5",
        "GIT_CONFIG_KEY_1": "orchestrator.workflow.autoApprove", "GIT_CONFIG_VALUE_1": "yes",
      ])
      #expect(counted[.runJobs] == 5)
      #expect(counted[.workflowAutoApprove])
      // What `git -c orchestrator.run.jobs=6` leaves for its children.
      let given = try await folder.settings(adding: ["GIT_CONFIG_PARAMETERS": "'orchestrator.run.jobs'='6'"])
      #expect(given[.runJobs] == 6)
      #expect(given.origin(of: .runJobs).description == "command line or environment (command scope)")
    }
  }

  @Test func `included files count, with their own origin`() async throws {
    try await ConfiguredFolder.with { folder in
      let file = folder.path.appending("team")
      try folder.write("[orchestrator \"agent\"]\n\tmaxRetries = 25\n", to: file)
      try await folder.git("config", "include.path", file.string)
      let error = await #expect(throws: SettingsError.self) { try await folder.settings() }
      #expect(
        error?.description
          == "bad numeric value '25' for 'orchestrator.agent.maxRetries' in file:\(file) (local scope): "
          + "it must be from 0 to 20")
    }
  }

  @Test func `a worktree has values of its own`() async throws {
    try await ConfiguredFolder.with { folder in
      try await folder.git("-c", "user.name=U", "-c", "user.email=u@e", "commit", "-q", "--allow-empty", "-m", "one")
      try await folder.git("config", "extensions.worktreeConfig", "true")
      let linked = folder.path.appending("linked")
      try await folder.git("worktree", "add", "-q", linked.string)
      try await folder.git("config", "orchestrator.run.jobs", "3")
      try await folder.git("config", "--worktree", "orchestrator.run.jobs", "9", in: linked)
      #expect(try await folder.settings()[.runJobs] == 3)
      let settings = try await folder.settings(in: linked)
      #expect(settings[.runJobs] == 9)
      guard case .config(.worktree, _) = settings.origin(of: .runJobs) else {
        Issue.record("\(settings.origin(of: .runJobs))")
        return
      }
    }
  }

  @Test func `outside a repository the global values hold`() async throws {
    try await ConfiguredFolder.with { folder in
      try await folder.git("config", "--global", "orchestrator.run.jobs", "2")
      #expect(try await folder.settings(in: folder.path)[.runJobs] == 2)
    }
  }

  @Test func `section and variable have no case, the subsection has`() async throws {
    try await ConfiguredFolder.with { folder in
      try folder.write(
        "[ORCHESTRATOR \"git\"]\n\tBASEbranch = dev\n[orchestrator \"Git\"]\n\tremote = up\n", to: folder.globalFile)
      let settings = try await folder.settings()
      #expect(settings[.gitBaseBranch] == "dev")
      #expect(settings[.gitRemote] == "origin")
      #expect(
        settings.warnings == [
          "unknown setting 'orchestrator.Git.remote' in file:\(folder.globalFile) (global scope)"
            + "; did you mean 'orchestrator.git.remote'?"
        ])
    }
  }

  @Test func `a key without an equals sign is true`() async throws {
    try await ConfiguredFolder.with { folder in
      try folder.write("[orchestrator \"workflow\"]\n\tstopAfterGenerate\n", to: folder.globalFile)
      #expect(try await folder.settings()[.workflowStopAfterGenerate])
    }
  }

  @Test func `a file that git cannot parse fails with git's words`() async throws {
    try await ConfiguredFolder.with { folder in
      try folder.write("[orchestrator\n", to: folder.repository.appending(".git/config"))
      let error = await #expect(throws: SettingsError.self) { try await folder.settings() }
      #expect(error == .gitFailed(message: "bad config line 1 in file .git/config"))
    }
  }

  @Test func `a folder that is not there, and a PATH without git, are reported`() async throws {
    try await ConfiguredFolder.with { folder in
      let gone = await #expect(throws: SettingsError.self) {
        try await folder.settings(in: folder.path.appending("gone"))
      }
      #expect(gone?.description.contains("cannot change to '\(folder.path.appending("gone"))'") == true)
      let error = await #expect(throws: SettingsError.self) {
        try await folder.settings(in: folder.path.appending("repository"), adding: ["PATH": "/nowhere"])
      }
      #expect(error?.description.hasPrefix("cannot run 'git' to read the settings: ") == true)
    }
  }

  @Test func `instructions may be in a file of the repository`() async throws {
    try await ConfiguredFolder.with { folder in
      try folder.write("Run make.\n", to: folder.repository.appending("TESTING.md"))
      try await folder.git("config", "orchestrator.project.testInstructions", "@TESTING.md")
      try await folder.git("config", "orchestrator.project.agentInstructions", "Be terse.")
      let settings = try await folder.settings()
      #expect(try settings.text(of: .projectTestInstructions, repositoryRoot: folder.repository) == "Run make.\n")
      #expect(try settings.text(of: .projectAgentInstructions, repositoryRoot: folder.repository) == "Be terse.")
      #expect(try settings.text(of: .projectTestCommand, repositoryRoot: folder.repository) == nil)
    }
  }

  @Test(arguments: [("missing.md", "No such file or directory"), (".git", "it is a folder")])
  func `a file of instructions that cannot be read is an error`(name: String, reason: String) async throws {
    try await ConfiguredFolder.with { folder in
      try await folder.git("config", "orchestrator.project.agentInstructions", "@\(name)")
      let settings = try await folder.settings()
      let error = #expect(throws: SettingsError.self) {
        try settings.text(of: .projectAgentInstructions, repositoryRoot: folder.repository)
      }
      #expect(
        error?.description
          == "cannot read '\(folder.repository.appending(name))' named by 'orchestrator.project.agentInstructions' "
          + "in file:.git/config (local scope): \(reason)")
    }
  }

  @Test(
    arguments: [
      (Data(count: (1 << 20) + 1), "it is larger than 1 MiB"), (Data([0xc3, 0x28]), "it is not UTF-8"),
    ])
  func `instructions that are too long or no text are an error`(contents: Data, reason: String) async throws {
    try await ConfiguredFolder.with { folder in
      try contents.write(to: URL(fileURLWithPath: folder.repository.appending("notes").string))
      let settings = try Settings(listing: ConfigListing(local: ["project.agentinstructions": "@notes"]))
      let error = #expect(throws: SettingsError.self) {
        try settings.text(of: .projectAgentInstructions, repositoryRoot: folder.repository)
      }
      #expect(error?.description.hasSuffix(reason) == true)
    }
  }
}
