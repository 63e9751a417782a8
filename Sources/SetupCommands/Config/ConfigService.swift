import Basics
import CommandSupport
import Git
import Settings
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What `git orch config` does, in one place of the file system and, where one was asked for, in one scope.
struct ConfigService: Sendable {
  let context: CommandContext
  let target: ConfigTarget?

  var writer: ConfigWriter { ConfigWriter(directory: context.directory, environment: context.environment) }
  /// Where a value is written.
  var destination: ConfigTarget { target ?? .local }

  // MARK: - Reading

  func show(_ name: String, showsOrigin: Bool) async throws -> ExitStatus {
    let setting = try NamedSetting.named(name)
    let layers = try await layers()
    let reading = setting.reading(of: layers.listing)
    if let waiting = layers.pendingTrust.first(where: {
      $0.name.lowercased() == setting.details.fullName.lowercased()
    }) {
      context.console.narrate("note: \(waiting.place) has no effect until you trust it: git orch config --trust")
    }
    if let fault = reading.fault { throw SettingsError.badValues([fault]) }
    // As git has it for one scope: what it does not set is not there, whatever the default.
    guard target == nil || reading.isSet else { return .no }
    for part in reading.parts {
      context.console.answer(verbatim: showsOrigin ? "\(part.origin)\t\(part.text)" : part.text)
    }
    return reading.parts.isEmpty ? .no : .done
  }

  func list(asJSON: Bool, showsOrigin: Bool) async throws -> ExitStatus {
    let layers = try await layers()
    let inventory = SettingInventory(listing: layers.listing, onlySet: target != nil)
    let warnings = layers.warnings + inventory.warnings
    if asJSON {
      let document = ConfigDocument(inventory, warnings: warnings, pending: layers.pendingTrust)
      context.console.answer(try document.json())
    } else {
      let table = SettingTable(inventory: inventory, showsOrigin: showsOrigin)
      for line in table.lines(terminal: context.console.output) { context.console.answer(line) }
    }
    for warning in warnings { context.console.narrate("warning: \(warning)") }
    if !layers.pendingTrust.isEmpty {
      context.console.narrate(
        "warning: these have no effect until you trust them: git orch config --trust\n"
          + layers.pendingTrust.map { "  \($0.line)" }.joined(separator: "\n"))
    }
    for fault in inventory.faults { context.console.narrate("error: \(fault)") }
    return inventory.faults.isEmpty ? .done : .no
  }

  /// All layers as they hold here, or what one scope says.
  func layers() async throws -> SettingLayers {
    var git = try await ConfigListing.load(directory: context.directory, environment: context.environment)
    guard let target else {
      let place = try await teamPlace(git)
      return try SettingLayers(git: git, environment: context.environment, checkout: place?.checkout, root: place?.root)
    }
    if target != .global { try await requireRepository("--\(target.rawValue)") }
    git.entries.removeAll { $0.scope != target.scope }
    // The user's own YAML file is global, too.
    return try SettingLayers(
      git: git, environment: target == .global ? context.environment : [:], checkout: nil, root: nil)
  }

  /// The checkout and the main worktree, where a team's file may be; nil where there can be none.
  ///
  /// Making libgit2 ready takes longer than all the rest, so it is asked only when there is such a file around.
  private func teamPlace(_ git: ConfigListing) async throws(GitError) -> (checkout: FilePath?, root: FilePath?)? {
    let isElsewhere =
      context.environment["GIT_DIR"] != nil || context.environment["GIT_WORK_TREE"] != nil
      || git.entries.contains { $0.key == "core.worktree" }
    guard isElsewhere || hasTeamFile(around: context.directory) else { return nil }
    do throws(GitError) {
      return try await offPool { [context] () throws(GitError) in
        let repository = try Repository.discover(from: context.directory, environment: context.environment)
        return (repository.workingDirectory, repository.mainWorkingDirectory)
      }
    } catch {
      guard error.code == .notARepository else { throw error }
      return nil
    }
  }

  private func hasTeamFile(around directory: FilePath) -> Bool {
    var folder = directory.string
    // A dangling link is a file that is there, and refused by whoever reads it.
    while [SettingsFile.teamName, WorktreeInclude.name].allSatisfy({ FileStatus("\(folder)/\($0)") == nil }) {
      let parent = FileSystem.folder(of: folder)
      if parent == folder { return false }
      folder = parent
    }
    return true
  }

  // MARK: - Writing

  func set(_ value: String, as name: String) async throws -> ExitStatus {
    let setting = try NamedSetting.named(name)
    let text = try await checked(value, of: setting)
    try await requireRepository()
    try await writer.set(setting.details.fullName, text, in: destination.scope)
    await tellWhatOverrides(setting)
    return .done
  }

  func add(_ value: String, to name: String) async throws -> ExitStatus {
    let setting = try NamedSetting.named(name)
    guard setting.details.isList else {
      throw ConfigRefusal("'\(setting.details.name)' takes one value; set it without --add")
    }
    let text = try await checked(value, of: setting)
    try await requireRepository()
    try await writer.add(setting.details.fullName, text, in: destination.scope)
    return .done
  }

  func unset(_ name: String) async throws -> ExitStatus {
    try await requireRepository()
    let setting: NamedSetting
    do {
      setting = try NamedSetting.named(name)
    } catch {
      // What is no setting may be in the configuration all the same, and is warned of there: it can be removed.
      guard let key = try await strayKey(name), try await writer.unset(key, in: destination.scope) else { throw error }
      return .done
    }
    let wasSet = try await writer.unset(setting.details.fullName, in: destination.scope)
    if !wasSet { context.console.narrate("error: '\(setting.details.name)' is not set in \(destination.phrase)") }
    await tellWhatRemains(setting)
    return wasSet ? .done : .no
  }

  /// A key of the destination that is written like that.
  private func strayKey(_ name: String) async throws -> String? {
    let word = name.lowercased()
    let keys = [word, "orchestrator.\(word)"]
    return try await ConfigService(context: context, target: destination).layers().listing.entries
      .first { $0.key.hasPrefix("orchestrator.") && keys.contains($0.key.lowercased()) }?.key
  }

  /// The value as it is written, after all checks.
  private func checked(_ value: String, of setting: NamedSetting) async throws -> String {
    guard setting.details.name != SettingKey.trust.name else {
      throw ConfigRefusal("'trust' is written only by 'git orch config --trust'")
    }
    let text = try setting.accepted(value)
    try await TextFileCheck(context: context, isGlobal: destination == .global).check(text, of: setting)
    return text
  }

  /// git's own words for a write outside a repository do not say what would work.
  func requireRepository(_ option: String? = nil) async throws {
    guard destination != .global else { return }
    do throws(GitError) {
      _ = try await offPool { [context] () throws(GitError) in
        try Repository.commonDirectory(around: context.directory, environment: context.environment)
      }
    } catch {
      guard error.code == .notARepository else { throw error }
      throw ConfigRefusal(
        option.map { "'\($0)' works only in a git repository" }
          ?? "not in a git repository; --global sets it for all repositories")
    }
  }

  /// A value that something nearer overrides was written in vain, and nothing else would say so.
  private func tellWhatOverrides(_ setting: NamedSetting) async {
    guard !setting.details.isList, let reading = await inForce(setting) else { return }
    guard case .config(let scope, _) = reading.origin, scope == destination.scope else {
      context.console.narrate(
        "warning: '\(setting.details.name)' is still \(Self.shown(reading)), from \(reading.origin)")
      return
    }
  }

  private func tellWhatRemains(_ setting: NamedSetting) async {
    guard let reading = await inForce(setting), reading.isSet else { return }
    context.console.narrate("note: '\(setting.details.name)' is \(Self.shown(reading)), from \(reading.origin)")
  }

  /// nil where the layers cannot be read: what was asked for is done all the same.
  private func inForce(_ setting: NamedSetting) async -> SettingReading? {
    (try? await ConfigService(context: context, target: nil).layers()).map { setting.reading(of: $0.listing) }
  }

  private static func shown(_ reading: SettingReading) -> String {
    if let value = reading.fault?.value { return "'\(value)'" }
    return reading.parts.isEmpty ? "unset" : "'\(reading.parts.map(\.text).joined(separator: ","))'"
  }
}

/// Something that `git orch config` does not do.
struct ConfigRefusal: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
