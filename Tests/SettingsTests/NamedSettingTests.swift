import Basics
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct NamedSettingTests {
  @Test(arguments: SettingsTable.all)
  func `every row can be named, and its default reads as the table shows it`(row: SettingDescription) throws {
    let reading = try NamedSetting.named(row.fullName).reading(of: ConfigListing())
    #expect(!reading.isSet && reading.fault == nil)
    let text = reading.parts.map(\.text).joined(separator: ",")
    #expect(text.isEmpty || text == row.defaultText)
    #expect(reading.parts.allSatisfy { $0.origin == .builtIn })
  }

  @Test(arguments: [
    ("workflow.autoApprove", "YES", "true"), ("workflow.mode", "Yolo", "yolo"), ("agent.maxRuntime", "90", "90"),
    ("review.tools.permissionMode", "", ""), ("tools.allowedCli", "b, a", "b, a"),
    ("mcp.x.auth_type", "OAUTH_BROWSER", "oauth"),
  ])
  func `choices are written in their usual spelling, anything else as it was given`(
    name: String, given: String, written: String
  ) throws {
    #expect(try NamedSetting.named(name).accepted(given) == written)
  }

  @Test func `a list's parts know their own origins, and an empty value drops those before it`() throws {
    var listing = ConfigListing(local: ["tools.allowedcli": "a", "tools.allowedcli": "", "tools.allowedcli": "b,c"])
    listing.entries.append(
      ConfigEntry(scope: .command, source: "command line:", key: "orchestrator.tools.allowedcli", value: "c,d"))
    let reading = try NamedSetting.named("tools.allowed_cli").reading(of: listing)
    #expect(reading.parts.map(\.text) == ["b", "c", "d"])
    #expect(reading.parts[1].origin == .config(scope: .local, source: "file:.git/config"))
    #expect(reading.parts[2].origin == .config(scope: .command, source: "command line:"))
  }

  @Test func `a fault of one setting leaves the others readable`() throws {
    let listing = ConfigListing(local: ["run.jobs": "many", "agent.model": "opus", "run.jbos": "1"])
    let inventory = SettingInventory(listing: listing)
    #expect(inventory.faults.map(\.name) == ["orchestrator.run.jobs"])
    #expect(inventory.warnings.count == 1)
    #expect(try NamedSetting.named("agent.model").reading(of: listing).parts.map(\.text) == ["opus"])
    #expect(
      SettingInventory(listing: listing, onlySet: true).rows.map(\.setting.details.name) == ["agent.model", "run.jobs"])
  }

  @Test func `trust counts in the repository's own configuration alone`() throws {
    let listing = ConfigListing([
      ConfigEntry(scope: .global, source: "file:g", key: "orchestrator.trust", value: "abc")
    ])
    #expect(try NamedSetting.named("trust").reading(of: listing).parts.isEmpty)
    #expect(SettingInventory(listing: listing).warnings.count == 1)
  }
}
