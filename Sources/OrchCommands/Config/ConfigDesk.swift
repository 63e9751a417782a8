import Git
import Settings
import SystemPackage
import TerminalProgress

/// What `git orch config` does, in one place of the file system and, where one was asked for, in one scope.
struct ConfigDesk: Sendable {
  let context: CommandContext
  let target: ConfigTarget?

  private var writer: ConfigWriter { ConfigWriter(directory: context.directory, environment: context.environment) }
  /// Where a value is written.
  private var destination: ConfigTarget { target ?? .local }

  // MARK: - Reading

  func show(_ name: String, showsOrigin: Bool) async throws -> ExitStatus {
    let setting = try NamedSetting.named(name)
    let reading = setting.reading(of: try await listing())
    if let fault = reading.fault { throw SettingsError.badValues([fault]) }
    // As git has it for one scope: what it does not set is not there, whatever the default.
    guard target == nil || reading.isSet else { return .no }
    for part in reading.parts {
      context.console.answer(showsOrigin ? "\(part.origin)\t\(part.text)" : part.text)
    }
    return reading.parts.isEmpty ? .no : .done
  }

  func list(asJSON: Bool, showsOrigin: Bool) async throws -> ExitStatus {
    let listing = try await listing()
    let inventory = SettingInventory(listing: listing, onlySet: target != nil)
    if asJSON {
      context.console.answer(try ConfigDocument(inventory).json())
    } else {
      let table = SettingTable(inventory: inventory, showsOrigin: showsOrigin)
      for line in table.lines(terminal: context.console.output) { context.console.answer(line) }
    }
    for warning in inventory.warnings { context.console.narrate("warning: \(warning)") }
    for fault in inventory.faults { context.console.narrate("error: \(fault)") }
    return inventory.faults.isEmpty ? .done : .no
  }

  /// git's configuration: all that is in force here, or what one scope says.
  private func listing() async throws -> ConfigListing {
    var listing = try await ConfigListing.load(directory: context.directory, environment: context.environment)
    guard let target else { return listing }
    if target != .global { try requireRepository("--\(target.rawValue)") }
    listing.entries.removeAll { $0.scope != target.scope }
    return listing
  }

  // MARK: - Writing

  func set(_ value: String, as name: String) async throws -> ExitStatus {
    let setting = try NamedSetting.named(name)
    let text = try checked(value, of: setting)
    try requireRepository()
    try await writer.set(setting.details.fullName, text, in: destination.scope)
    try await tellWhatOverrides(setting)
    return .done
  }

  func add(_ value: String, to name: String) async throws -> ExitStatus {
    let setting = try NamedSetting.named(name)
    guard setting.details.isList else {
      throw ConfigRefusal("'\(setting.details.name)' holds one value; set it without --add")
    }
    let text = try checked(value, of: setting)
    try requireRepository()
    try await writer.add(setting.details.fullName, text, in: destination.scope)
    return .done
  }

  func unset(_ name: String) async throws -> ExitStatus {
    try requireRepository()
    let setting: NamedSetting
    do {
      setting = try NamedSetting.named(name)
    } catch {
      // What is no setting may stand in the configuration all the same, and is warned of there: it can be removed.
      guard let key = try await strayKey(name), try await writer.unset(key, in: destination.scope) else { throw error }
      return .done
    }
    let wasSet = try await writer.unset(setting.details.fullName, in: destination.scope)
    if !wasSet { context.console.narrate("error: '\(setting.details.name)' is not set in \(destination.phrase)") }
    try await tellWhatRemains(setting)
    return wasSet ? .done : .no
  }

  /// A key of the destination that is written like that.
  private func strayKey(_ name: String) async throws -> String? {
    let word = name.lowercased()
    let keys = [word, "orchestrator.\(word)"]
    return try await ConfigDesk(context: context, target: destination).listing().entries
      .first { $0.key.hasPrefix("orchestrator.") && keys.contains($0.key.lowercased()) }?.key
  }

  /// The value as it is written, after all checks.
  private func checked(_ value: String, of setting: NamedSetting) throws -> String {
    let text = try setting.accepted(value)
    try TextFileCheck(context: context, isGlobal: destination == .global).check(text, of: setting)
    return text
  }

  /// git's own words for a write outside a repository do not say what would work.
  private func requireRepository(_ option: String? = nil) throws {
    guard destination != .global else { return }
    do throws(GitError) {
      _ = try Repository.commonDirectory(around: context.directory, environment: context.environment)
    } catch {
      guard error.code == .notARepository else { throw error }
      throw ConfigRefusal(
        option.map { "'\($0)' works only in a git repository" }
          ?? "not in a git repository; --global writes it for all of yours")
    }
  }

  /// A value that something nearer overrides was written in vain, and nothing else would say so.
  private func tellWhatOverrides(_ setting: NamedSetting) async throws {
    guard !setting.details.isList else { return }
    let reading = setting.reading(of: try await ConfigDesk(context: context, target: nil).listing())
    guard case .config(let scope, _) = reading.origin, scope == destination.scope else {
      context.console.narrate(
        "warning: '\(setting.details.name)' stays \(Self.shown(reading)), from \(reading.origin)")
      return
    }
  }

  private func tellWhatRemains(_ setting: NamedSetting) async throws {
    let reading = setting.reading(of: try await ConfigDesk(context: context, target: nil).listing())
    guard reading.isSet else { return }
    context.console.narrate("note: '\(setting.details.name)' is \(Self.shown(reading)), from \(reading.origin)")
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
