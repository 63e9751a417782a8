import Basics
import Settings
import SystemPackage
import Testing

@Suite(.timeLimit(.minutes(5))) struct SettingsTests {
  @Test func `what nobody sets is the default`() throws {
    let settings = try Settings(listing: ConfigListing())
    #expect(settings[.runJobs] == 4)
    #expect(settings[.gitBaseBranch] == nil)
    #expect(settings[.worktreeCopy] == [".env"])
    #expect(settings[.agentInactivityTimeout] == .seconds(300))
    #expect(settings.origin(of: .runJobs) == .builtIn)
    #expect(settings.warnings.isEmpty)
  }

  @Test func `the last value of a scalar wins, and an earlier bad one does not matter`() throws {
    let settings = try Settings(listing: ConfigListing(local: ["run.jobs": "none", "run.jobs": "3"]))
    #expect(settings[.runJobs] == 3)
  }

  @Test(
    arguments: [
      ([".env, .env.local"], [".env", ".env.local"]),
      ([".env", "config/*.key,.env"], [".env", "config/*.key"]),
      (["a,b", "", "c"], ["c"]),
      (["a", " "], []),
      ([","], []),
      (["Bash(git log:*, x),Edit", "Read"], ["Bash(git log:*, x)", "Edit", "Read"]),
      (["a)b,c(d"], ["a)b", "c(d"]),
    ] as [([String], [String])])
  func `a list gathers its values, splits at commas, and starts again at an empty one`(
    values: [String], items: [String]
  ) throws {
    let entries = values.map {
      ConfigEntry(scope: .local, source: "file:.git/config", key: "orchestrator.worktree.copy", value: $0)
    }
    #expect(try Settings(listing: ConfigListing(entries))[.worktreeCopy] == items)
  }

  @Test func `a bad value names key, value, and where it stands`() {
    let listing = ConfigListing(local: ["workflow.autoapprove": "maybe"])
    let error = #expect(throws: SettingsError.self) { try Settings(listing: listing) }
    #expect(
      error?.description
        == "bad boolean value 'maybe' for 'orchestrator.workflow.autoApprove' in file:.git/config (local scope)")
  }

  @Test func `all bad values are reported at once, in the order of the table`() {
    let listing = ConfigListing(local: [
      "run.jobs": "0", "git.remote": "", "tools.adddirs": nil, "agent.maxruntime": "1 \u{1B}[31mh\n",
    ])
    let error = #expect(throws: SettingsError.self) { try Settings(listing: listing) }
    #expect(
      error?.description == """
        bad value '' for 'orchestrator.git.remote' in file:.git/config (local scope): it must not be empty
        missing value for 'orchestrator.tools.addDirs' in file:.git/config (local scope)
        bad duration '1 ^[[31mh^J' for 'orchestrator.agent.maxRuntime' in file:.git/config (local scope): \
        write it as 300, 300s, 5m, 1h or 500ms
        bad numeric value '0' for 'orchestrator.run.jobs' in file:.git/config (local scope): it must be from 1 to 1024
        """)
  }

  @Test func `bytes that are no text are refused where they would be used`() throws {
    let output = Array("local\0file:.git/config\0orchestrator.agent.model\n".utf8) + [0xff, 0xfe, 0]
    let listing = try ConfigListing(parsing: output)
    let error = #expect(throws: SettingsError.self) { try Settings(listing: listing) }
    #expect(error?.description.hasSuffix("(local scope): it is not UTF-8") == true)
  }

  @Test(
    arguments: [
      ("orchestrator.Git.basebranch", "orchestrator.git.baseBranch"),
      ("orchestrator.run.job", "orchestrator.run.jobs"),
      ("orchestrator.runs.jobs", "orchestrator.run.jobs"),
      ("orchestrator.autoapprove", nil),
      ("orchestrator.frobnicate.everything.now", nil),
    ] as [(String, String?)])
  func `an unknown key is reported, with the nearest that exists`(key: String, nearest: String?) throws {
    let entry = ConfigEntry(scope: .global, source: "file:/home/u/.gitconfig", key: key, value: "x")
    let hint = nearest.map { "; did you mean '\($0)'?" } ?? ""
    let settings = try Settings(listing: ConfigListing([entry, entry]))
    #expect(settings.warnings == ["unknown setting '\(key)' in file:/home/u/.gitconfig (global scope)\(hint)"])
  }

  @Test func `an option overrides the configuration and says so`() throws {
    let settings = try Settings(listing: ConfigListing(local: ["run.jobs": "3", "agent.model": "opus"]))
    #expect(settings.overriding(.runJobs, with: nil, from: "--jobs")[.runJobs] == 3)
    let changed = settings.overriding(.runJobs, with: 8, from: "--jobs")
      .overriding(.agentModel, with: .some(nil), from: "--default-model")
    #expect(changed[.runJobs] == 8)
    #expect(changed[.agentModel] == nil)
    #expect("\(changed.origin(of: .runJobs))" == "--jobs")
  }

  @Test(arguments: ["local\0file:x\0a.b\n1", "local\0file:x\0", "local\0file:x\0a.b\n1\0local\0"])
  func `output that is not a listing is an error`(text: String) throws {
    #expect(throws: SettingsError.self) { try ConfigListing(parsing: Array(text.utf8)) }
  }

  @Test func `no configuration at all is a listing`() throws {
    #expect(try ConfigListing(parsing: []).entries.isEmpty)
  }

  @Test func `a value may hold line feeds and equals signs`() throws {
    let text = "command\0command line:\0orchestrator.worktree.setup\nnpm ci\nA=b make\0local\0file:x\0core.bare\0"
    let listing = try ConfigListing(parsing: Array(text.utf8))
    #expect(try Settings(listing: listing)[.worktreeSetup] == "npm ci\nA=b make")
    #expect(listing.entries.last?.value == nil)
  }

  @Test func `paths start at the root of the repository or at home`() throws {
    let root = FilePath("/home/u/src/app")
    let plain = try Settings(listing: ConfigListing())
    #expect(plain.worktreeDirectory(repositoryRoot: root, name: "app") == "/home/u/src/worktrees/app")
    let home = try Settings(
      listing: ConfigListing(local: ["worktreedir": "~/trees", "tools.adddirs": "../docs,/srv/data,~"]),
      home: "/home/u")
    #expect(home.worktreeDirectory(repositoryRoot: root, name: "app") == "/home/u/trees/app")
    #expect(home.addedDirectories(repositoryRoot: root) == ["/home/u/src/docs", "/srv/data", "/home/u"])
  }
}
