import Agents
import Basics
import Discovery
import Engine
import Forges
import Git
import RunViews
import Settings
import TerminalUI

/// What was found, as lines for people.
struct InitReport: Sendable {
  let facts: RepositoryFacts
  /// nil in a bare repository.
  let project: Project?
  let settings: Settings

  /// Painted, and safe for the terminal.
  func lines(_ palette: Palette) -> [String] {
    var lines: [String] = []
    func found(_ label: String, _ text: String) {
      lines.append("\(palette.paint("✓", .green)) \(label): \(sanitized(text))")
    }
    func missing(_ label: String, _ text: String) {
      lines.append("\(palette.paint("–", .yellow)) \(label): \(sanitized(text))")
    }
    forge(found, missing)
    remote(found, missing)
    if let branch = facts.base.branch {
      found("Base branch", "\(branch) (\(facts.base.reason))")
    } else {
      missing("Base branch", facts.base.reason)
    }
    guard let project else {
      missing("Project", "a bare repository has no files to look at; run this in one of its worktrees")
      return lines
    }
    let stacks = project.stacks.joined(separator: ", ")
    found("Project", stacks.isEmpty ? project.name : "\(project.name), \(stacks)")
    if let test = project.testCommand {
      found("Test command", "\(test.command) (\(test.source))")
    } else {
      missing("Test command", project.noTestReason ?? "none found")
    }
    if let setup = project.setupCommand { found("Set-up of worktrees", setup) }
    if project.keyFiles.isEmpty {
      missing("Key files", "none found")
    } else {
      found("Key files", project.keyFiles.joined(separator: ", "))
    }
    for line in project.conventions { found("Convention", line) }
    for file in project.rulesFiles { found("Rules", file == "CLAUDE.md" ? "\(file), given to every agent" : file) }
    if let file = project.instructionsFile { found("Agent instructions", file) }
    return lines
  }

  private func remote(_ found: (String, String) -> Void, _ missing: (String, String) -> Void) {
    let (base, push) = (facts.remotes.base?.name, facts.remotes.push?.name)
    if let push {
      found("Remote", base == push ? push : "\(push), for branches; \(base ?? "none"), for what they start from")
    } else {
      missing("Remote", facts.remoteFault ?? "none")
    }
  }

  private func forge(_ found: (String, String) -> Void, _ missing: (String, String) -> Void) {
    switch facts.forge {
    case .found(let site):
      found("Forge", "\(site.kind.name) (\(site.host)), \(site.slug)")
      if let heads = facts.heads { found("Forge", ForgeLookup.route(to: site, from: heads)) }
    case .unsupported(let name): missing("Forge", "\(name) is not supported for pull requests")
    case .noForge(let reason):
      missing("Forge", (["none: \(reason)"] + reason.hints).joined(separator: "; "))
    case .invalid(let fault): missing("Forge", fault)
    case nil: missing("Forge", "no remote; no pull requests are opened")
    }
  }
}

/// What was found and done, as JSON, schema version 1: fields may be added within it, none is renamed or removed.
struct InitDocument: Encodable {
  struct Forge: Encodable {
    let provider: String
    let host: String
    let slug: String
    /// The fork that branches are pushed to, if it is another repository.
    let headSlug: String?
  }

  struct Base: Encodable {
    let branch: String?
    let reason: String
  }

  struct Test: Encodable {
    let command: String
    let source: String
  }

  struct ProjectPart: Encodable {
    let name: String
    let stacks: [String]
    let testCommand: Test?
    let setupCommand: String?
    let keyFiles: [String]
    let conventions: [String]
    let instructionsFile: String?
    let rulesFiles: [String]
  }

  struct Setting: Encodable {
    let name: String
    let value: String
    /// `written`, `inForce`, `kept` or `proposed`.
    let state: String
    /// What a kept setting has.
    let present: String?
    let origin: String?
  }

  let schema = StatusDocument.schemaVersion
  let remote: String?
  let forge: Forge?
  let baseBranch: Base
  let project: ProjectPart?
  let settings: [Setting]
  /// The team's file, when it was written.
  let file: String?

  init(_ report: InitReport, settings: [Setting], file: String?) {
    remote = report.facts.remotes.push?.name
    if case .found(let site) = report.facts.forge {
      forge = Forge(
        provider: site.kind.rawValue, host: site.host, slug: site.slug, headSlug: report.facts.heads?.slug)
    } else {
      forge = nil
    }
    baseBranch = Base(branch: report.facts.base.branch, reason: report.facts.base.reason)
    project = report.project.map { project in
      ProjectPart(
        name: project.name, stacks: project.stacks,
        testCommand: project.testCommand.map { Test(command: $0.command, source: $0.source) },
        setupCommand: project.setupCommand, keyFiles: project.keyFiles, conventions: project.conventions,
        instructionsFile: project.instructionsFile,
        rulesFiles: project.rulesFiles)
    }
    self.settings = settings
    self.file = file
  }
}
