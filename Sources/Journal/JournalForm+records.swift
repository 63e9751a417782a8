import Basics
import Processes

// What the journal of any run begins with, and has of any task, read field by field: a decoder would first look up what
// each kind of record conforms to, among all that the program has: at each start, and for a journal of a few lines, too.

extension RunHeader: JournalValue {
  static func read(_ field: JSONValue?) throws -> RunHeader {
    let fields = try JSONMembers(ofField: field)
    var header = RunHeader(
      version: try fields.value("version"), id: try fields.value("id"), process: try fields.value("process"),
      base: try fields.value("base"), remote: try fields.value("remote"), localReason: try fields.value("localReason"),
      forge: try fields.value("forge"), noPullRequestsReason: try fields.value("noPullRequestsReason"),
      jobs: try fields.value("jobs"), agent: try fields.value("agent"), review: try fields.value("review"),
      landing: try fields.value("landing"), settings: try fields.value("settings"), tasks: try fields.value("tasks"))
    header.lands = try fields.value("lands")
    header.agentName = try fields.value("agentName")
    return header
  }
}

extension BaseRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> BaseRecord {
    let fields = try JSONMembers(ofField: field)
    return BaseRecord(branch: try fields.value("branch"), commit: try fields.value("commit"))
  }
}

extension ForgeRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> ForgeRecord {
    let fields = try JSONMembers(ofField: field)
    return ForgeRecord(
      provider: try fields.value("provider"), host: try fields.value("host"),
      repository: try fields.value("repository"), destination: try fields.value("destination"))
  }
}

extension ReviewHeader: JournalValue {
  static func read(_ field: JSONValue?) throws -> ReviewHeader {
    ReviewHeader(merges: try JSONMembers(ofField: field).value("merges"))
  }
}

extension LandsRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> LandsRecord {
    let fields = try JSONMembers(ofField: field)
    return LandsRecord(
      reviewed: try fields.value("reviewed"), updatesCheckout: try fields.value("updatesCheckout"),
      fixRounds: try fields.value("fixRounds"))
  }
}

extension SettingRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> SettingRecord {
    let fields = try JSONMembers(ofField: field)
    return SettingRecord(
      name: try fields.value("name"), value: try fields.value("value"), origin: try fields.value("origin"))
  }
}

extension TaskHeader: JournalValue {
  static func read(_ field: JSONValue?) throws -> TaskHeader {
    let fields = try JSONMembers(ofField: field)
    var header = TaskHeader(
      id: try fields.value("id"), title: try fields.value("title"), branch: try fields.value("branch"),
      needs: try fields.value("needs"), externalDependencies: try fields.value("outerNeeds"))
    header.pullRequest = try fields.value("pullRequest")
    header.candidateOf = try fields.value("candidateOf")
    return header
  }
}

extension ExternalDependencyRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> ExternalDependencyRecord {
    let fields = try JSONMembers(ofField: field)
    return ExternalDependencyRecord(branch: try fields.value("branch"), tip: try fields.value("tip"))
  }
}

extension WorktreeRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> WorktreeRecord {
    let fields = try JSONMembers(ofField: field)
    return WorktreeRecord(name: try fields.value("name"), path: try fields.value("path"))
  }
}

extension CommitRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> CommitRecord {
    let fields = try JSONMembers(ofField: field)
    return CommitRecord(id: try fields.value("id"), summary: try fields.value("summary"))
  }
}

extension EffectRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> EffectRecord {
    let fields = try JSONMembers(ofField: field)
    return EffectRecord(
      EffectKind(rawValue: try fields.value("kind")), try fields.value("name"), before: try fields.value("before"),
      after: try fields.value("after"), place: try fields.value("place"))
  }
}

extension PullRequestRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> PullRequestRecord {
    let fields = try JSONMembers(ofField: field)
    return PullRequestRecord(
      number: try fields.value("number"), url: try fields.value("url"), branch: try fields.value("branch"),
      base: try fields.value("base"), commit: try fields.value("commit"), author: try fields.value("author"))
  }
}

extension TestRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> TestRecord {
    let fields = try JSONMembers(ofField: field)
    return TestRecord(
      command: try fields.value("command"), commit: try fields.value("commit"), passed: try fields.value("passed"),
      outcome: try fields.value("outcome"), log: try fields.value("log"), sandbox: try fields.value("sandbox"))
  }
}

extension JobRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> JobRecord {
    let fields = try JSONMembers(ofField: field)
    return JobRecord(
      launcher: try fields.value("launcher"), key: try fields.value("key"), stage: try fields.value("stage"),
      id: try fields.value("id"), reason: try fields.value("reason"), node: try fields.value("node"))
  }
}

extension AgentRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> AgentRecord {
    let fields = try JSONMembers(ofField: field)
    return AgentRecord(
      kind: try fields.value("kind"), name: try fields.value("name"), version: try fields.value("version"),
      interactive: try fields.value("interactive"))
  }
}

extension ModelRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> ModelRecord {
    let fields = try JSONMembers(ofField: field)
    return ModelRecord(
      model: try fields.value("model"), cost: try fields.value("cost"), inputTokens: try fields.value("inputTokens"),
      outputTokens: try fields.value("outputTokens"), cacheReadTokens: try fields.value("cacheReadTokens"),
      cacheWriteTokens: try fields.value("cacheWriteTokens"))
  }
}

extension LimitRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> LimitRecord {
    let fields = try JSONMembers(ofField: field)
    return LimitRecord(kind: try fields.value("kind"), seconds: try fields.value("seconds"))
  }
}

extension DeniedRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> DeniedRecord {
    let fields = try JSONMembers(ofField: field)
    return DeniedRecord(
      tool: try fields.value("tool"), input: try fields.value("input"), deniedBy: try fields.value("deniedBy"),
      remedy: try fields.value("remedy"))
  }
}

extension SavedContentsRecord: JournalValue {
  static func read(_ field: JSONValue?) throws -> SavedContentsRecord {
    let fields = try JSONMembers(ofField: field)
    return SavedContentsRecord(
      files: try fields.value("files"), commits: try fields.value("commits"), stashes: try fields.value("stashes"),
      repositories: try fields.value("repositories"))
  }
}

extension LandingHeader: JournalValue {
  static func read(_ field: JSONValue?) throws -> LandingHeader {
    let fields = try JSONMembers(ofField: field)
    return LandingHeader(
      mode: try fields.value("mode"), testCommand: try fields.value("testCommand"), remote: try fields.value("remote"),
      updatesCheckout: try fields.value("updatesCheckout"), tips: try fields.value("tips"),
      run: try fields.value("run"), fixRounds: try fields.value("fixRounds"))
  }
}

extension [String: String]: JournalValue {}
extension LimitRecord.Kind: JournalValue {}
extension JobRecord.Stage: JournalValue {}
extension TaskStatus: JournalValue {}
