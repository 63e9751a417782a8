/// A row like those of the table for `mcp.<name>.<field>`, whose middle part the user chose.
struct MCPRow: AnySettingKey {
  let key: MCPKey

  var details: SettingDescription {
    let field = key.field
    return SettingDescription(
      name: key.name, typeName: field.typeName,
      allowedValues: field == .authType ? MCPAuthentication.allCases.map(\.rawValue) : nil,
      defaultText: field.defaultText, summary: field.summary, isList: field.isList, needsTrust: true)
  }

  func read(_ values: [String?]) throws(ValueFault) -> any Sendable {
    var setting = MCPSetting(name: key.server)
    try setting.set(key.field, to: values)
    return setting
  }

  func normalized(_ text: String) throws(ValueFault) -> String {
    if let fault = key.nameFault { throw fault }
    return try self.text(of: [text])
  }

  func texts(of text: String?) throws(ValueFault) -> [String] {
    var setting = MCPSetting(name: key.server)
    try setting.set(key.field, to: [text])
    return switch key.field {
    case .command: setting.command.map { [$0] } ?? []
    case .args: setting.arguments ?? []
    case .package: setting.package.map { [$0] } ?? []
    case .authType: setting.authentication.map { [$0.rawValue] } ?? []
    case .env: setting.variables ?? []
    case .setup: setting.setup.map { [$0] } ?? []
    }
  }

  var defaultTexts: [String] { [] }

  func text(of values: [String?]) throws(ValueFault) -> String {
    var parts: [String] = []
    for value in details.isList ? values[...] : values.suffix(1) {
      let texts = try texts(of: value)
      parts = texts.isEmpty ? [] : parts + texts
    }
    return parts.joined(separator: ",")
  }

  /// The rows for every such key of a listing: a server each, in the order in which they first appear.
  static func rows(in listing: ConfigListing) -> [MCPRow] {
    let keys = listing.entries.compactMap { entry in
      entry.key.hasPrefix("orchestrator.") ? MCPKey(String(entry.key.dropFirst("orchestrator.".count))) : nil
    }
    var servers: [String] = []
    for key in keys where !servers.contains(key.server) { servers.append(key.server) }
    return servers.flatMap { server in
      MCPSetting.Field.allCases.compactMap { field in
        keys.first { $0.server == server && $0.field == field }.map(MCPRow.init)
      }
    }
  }
}
