import Basics
import Settings
import Testing

@Suite(.timeLimit(.minutes(5))) struct SettingValueTests {
  @Test(arguments: [
    ("true", true), ("Yes", true), ("ON", true), ("1", true), ("-1", true), ("2k", true), (nil, true),
    ("false", false), ("no", false), ("Off", false), ("0", false), ("", false), ("0x0", false),
  ])
  func `booleans are spelled as git spells them`(text: String?, value: Bool) throws {
    #expect(try SettingKey.workflowAutoApprove.parse(text) == value)
  }

  @Test(arguments: ["maybe", "tru", "1.0", " true", "2t", "k"])
  func `what git takes for no boolean is refused`(text: String) {
    #expect(throws: ValueFault.self) { try SettingKey.workflowAutoApprove.parse(text) }
  }

  @Test(arguments: [("1", 1), ("16", 16), ("+3", 3), (" 3", 3), ("1k", 1024), ("1K", 1024), ("0x10", 16), ("010", 8)])
  func `integers are written as git has them`(text: String, value: Int) throws {
    #expect(try SettingKey.runJobs.parse(text) == value)
  }

  @Test(arguments: [
    ("0", "it must be from 1 to 1024"), ("-4", "it must be from 1 to 1024"), ("1m", "it must be from 1 to 1024"),
    ("99999999999999999999", "it must be from 1 to 1024"), ("9223372036854775807g", "it must be from 1 to 1024"),
    ("four", "it must be a whole number"), ("", "it must be a whole number"), ("1.5", "it must be a whole number"),
    ("1 k", "it must be a whole number"), ("08", "it must be a whole number"), ("٣", "it must be a whole number"),
    ("--1", "it must be a whole number"), ("0x", "it must be a whole number"), ("k", "it must be a whole number"),
  ])
  func `an integer that cannot be used says why`(text: String, advice: String) {
    let fault = #expect(throws: ValueFault.self) { try SettingKey.runJobs.parse(text) }
    #expect(fault?.problem == "bad numeric value '\(text)'")
    #expect(fault?.advice == advice)
  }

  @Test(arguments: [
    ("300", Duration.seconds(300)), ("300s", .seconds(300)), ("5m", .seconds(300)), ("1h", .seconds(3600)),
    ("500ms", .milliseconds(500)), ("5M", .seconds(300)), ("3d", .seconds(3 * 86400)), ("2w", .seconds(14 * 86400)),
    ("8784h", .seconds(366 * 86400)),
  ])
  func `durations have a unit or are seconds`(text: String, value: Duration) throws {
    #expect(try SettingKey.agentInactivityTimeout.parse(text) == value)
  }

  @Test(arguments: ["", "s", "-5", "5 m", "5y", "1.5h", "1h30m", "nan", "inf", "0x5", "٣s"])
  func `what is not a duration is refused with an example`(text: String) {
    let fault = #expect(throws: ValueFault.self) { try SettingKey.agentMaxRuntime.parse(text) }
    #expect(fault?.advice == "write it as 300, 300s, 5m, 1h or 500ms")
  }

  @Test(arguments: ["8785h", "9223372036854775807", "9223372036854775807h", "99999999999999999999999s"])
  func `a duration beyond a year is refused without overflow`(text: String) {
    let fault = #expect(throws: ValueFault.self) { try SettingKey.agentMaxRuntime.parse(text) }
    #expect(fault?.advice == "it must be at most 366 days")
  }

  @Test func `a time limit of 0 is refused in words, a pause of 0 is not`() throws {
    let fault = #expect(throws: ValueFault.self) { try SettingKey.agentInactivityTimeout.parse("0") }
    #expect(fault?.advice == "a silent agent must be stopped at some point; 24h is long")
    #expect(try SettingKey.agentRetryDelay.parse("0") == .zero)
  }

  @Test(arguments: [("5", 5.0), ("0.41", 0.41), ("$2", 2.0), (".5", 0.5)])
  func `dollars may have cents`(text: String, value: Double) throws {
    #expect(try SettingKey.agentMaxBudgetUsd.parse(text) == value)
  }

  @Test(arguments: ["0", "0.0", "-1", "nan", "inf", "1e5", "1,5", "0x1p4", ".", "$", "5 USD"])
  func `an amount that is none is refused`(text: String) {
    #expect(throws: ValueFault.self) { try SettingKey.agentMaxBudgetUsd.parse(text) }
  }

  @Test(arguments: PermissionMode.allCases)
  func `a choice is taken in any case`(mode: PermissionMode) throws {
    #expect(try SettingKey.toolsPermissionMode.parse(mode.rawValue.uppercased()) == mode)
  }

  @Test func `a choice that does not exist names those that do`() {
    let fault = #expect(throws: ValueFault.self) { try SettingKey.generateSource.parse("gpt") }
    #expect(fault?.advice == "it must be one of auto, api, claude, codex, markdown")
  }

  @Test func `an empty value takes an optional setting back, and is refused for one that must hold something`() throws {
    #expect(try SettingKey.agentModel.parse("") == nil)
    #expect(try SettingKey.agentMaxTurns.parse("") == nil)
    #expect(throws: ValueFault.self) { try SettingKey.gitRemote.parse("") }
    #expect(throws: ValueFault.self) { try SettingKey.agentCommand.parse("  ") }
  }

  @Test func `a key without an equals sign is a value only for booleans`() {
    #expect(throws: ValueFault.self) { try SettingKey.runJobs.parse(nil) }
    #expect(throws: ValueFault.self) { try SettingKey.agentModel.parse(nil) }
    #expect(throws: ValueFault.self) { try SettingKey.toolsAddDirs.parse(nil) }
    #expect(throws: ValueFault.self) { try SettingKey.agentMaxRuntime.parse(nil) }
  }

  @Test func `what is written is read again as the same`() throws {
    for duration in [
      Duration.zero, .milliseconds(1500), .seconds(90), .seconds(120), .seconds(7200), .seconds(86400),
      .seconds(14 * 86400),
    ] {
      #expect(try SettingKey.agentRetryDelay.parse(SettingKey.agentRetryDelay.format(duration)) == duration)
    }
    for amount in [5.0, 0.41, 1234.5] {
      #expect(try SettingKey.agentMaxBudgetUsd.parse(SettingKey.agentMaxBudgetUsd.format(amount)) == amount)
    }
    let tools = ["Edit", "Bash(a, b:*)"]
    #expect(try SettingKey.toolsAllowedTools.parse(SettingKey.toolsAllowedTools.format(tools)) == tools)
  }
}
