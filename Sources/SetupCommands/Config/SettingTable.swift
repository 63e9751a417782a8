import CommandSupport
import Settings
import TerminalUI

/// `git orch config --list`: the settings in groups, with their values and where these come from.
struct SettingTable {
  let inventory: SettingInventory
  let showsOrigin: Bool

  func lines(terminal: Terminal) -> [String] {
    var table = Table(
      columns: [.init("Setting"), .init("Value", minimumWidth: 12, isFlexible: true), .init("From")],
      hasHeader: false)
    var group: Substring?
    for row in inventory.rows {
      let section = Self.section(of: row.setting.details.name)
      if section != group {
        if group != nil { table.rows.append([]) }
        table.rows.append([.init("# \(section)", .dim)])
        group = section
      }
      table.rows.append([.init(row.setting.details.name), value(row), .init(origin(row.reading), .dim)])
    }
    // A pipe gets every value whole.
    return table.lines(
      width: terminal.isInteractive ? terminal.size().columns : nil, palette: terminal.palette)
  }

  /// The first part of a name; `worktreeDir`, which has one part only, is of `worktree`.
  private static func section(of name: String) -> Substring { name.prefix { $0.isLowercase } }

  private func value(_ row: SettingInventory.Row) -> Table.Cell {
    if let fault = row.reading.fault { return .init(fault.value ?? "", .red) }
    let text = row.reading.parts.map(\.text).joined(separator: ",")
    if !row.reading.isSet { return .init(text.isEmpty ? row.setting.details.defaultText : text, .dim) }
    return .init(text)
  }

  private func origin(_ reading: SettingReading) -> String {
    var origins: [String] = []
    for part in reading.parts {
      let text = name(of: part.origin)
      if !origins.contains(text) { origins.append(text) }
    }
    return origins.isEmpty ? name(of: reading.origin) : origins.joined(separator: ", ")
  }

  private func name(of origin: SettingOrigin) -> String {
    showsOrigin ? origin.description : origin.layer
  }
}

extension SettingOrigin {
  /// The layer's name alone, in a word or two.
  var layer: String {
    switch self {
    case .config(.command, _): "command line"
    case .config(let scope, _): scope.rawValue
    case .builtIn, .override: description
    }
  }
}
