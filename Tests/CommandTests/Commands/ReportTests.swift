import Foundation
import OrchTestSupport
import SystemPackage
import Testing

/// `git orch stats` and `git orch report`, on runs that there were.
@Suite(.timeLimit(.minutes(3))) struct ReportTests {
  private func ended() async throws -> OrchWorld {
    let world = try await OrchWorld.make()
    try world.script(
      #"{"a": [[{"write": {"path": "a.txt", "content": "a"}}, {"commit": "feat: <script>a</script>"}, {"result": {"cost": 0.5}}]]}"#
    )
    try world.plan("a", "b")
    _ = try await world.orch("run", "-y", "-j", "1")
    return world
  }

  @Test func `statistics sum up what the runs took`() async throws {
    let world = try await ended()
    let all = try await world.orch("stats", "--json").json()
    #expect(all["schema"] as? Int == 1)
    #expect(all["runs"] as? Int == 1)
    #expect(all["tasks"] as? Int == 2)
    let groups = try #require(all["groups"] as? [[String: any Sendable]])
    #expect(groups.map { $0["tasks"] as? Int } == [2])
    let models = try await world.orch("stats", "--by", "model", "--json").json()
    let names = (models["groups"] as? [[String: any Sendable]] ?? []).map { $0["name"] as? String }
    #expect(names == ["claude-scripted-1"])
    let text = try await world.orch("stats", "--by", "task", "--since", "1d")
    #expect(text.status == 0)
    #expect(text.output.contains("1 run,"))
    #expect(text.output.contains("\na  "))
    // The environment's locale has no blocks.
    #expect(text.output.contains("#####") && !text.output.contains("█"))
    #expect(try await world.orch("stats", "--since", "2020-01-01").output.contains("1 run,"))
    #expect(try await world.orch("stats", "--since", "0h").output == "no runs since 0h\n")
    // Figures that are gone are made again.
    let runs = world.root.appending(".git/orchestrator/runs")
    let id = try #require(try FileManager.default.contentsOfDirectory(atPath: runs.string).first)
    try FileManager.default.removeItem(atPath: "\(runs)/\(id)/figures.json")
    #expect(try await world.orch("stats", "--json").json()["tasks"] as? Int == 2)
    #expect(FileManager.default.fileExists(atPath: "\(runs)/\(id)/figures.json"))
  }

  @Test(arguments: [
    (["--since", "tomorrow"], "--since takes"), (["--since", "2999-01-01"], "--since takes"),
    (["--by", "week"], "--by takes"),
  ]) func `what cannot be summed up is wrong usage`(arguments: [String], words: String) async throws {
    let world = try await OrchWorld.make(remote: false)
    let result = try await world.orch(["stats"] + arguments)
    #expect(result.status == 129)
    #expect(result.errors.contains(words))
  }

  @Test func `a repository without runs has neither`() async throws {
    let world = try await OrchWorld.make(remote: false)
    for command in ["stats", "report"] { #expect(try await world.orch(command).status == 128) }
  }

  @Test func `a page is written next to the run, and replaces only what is ours`() async throws {
    let world = try await ended()
    let result = try await world.orch("report")
    #expect(result.status == 0)
    let path = world.root.appending(result.output.trimmingCharacters(in: .whitespacesAndNewlines))
    let page = try String(contentsOfFile: path.string, encoding: .utf8)
    #expect(page.hasPrefix("<!DOCTYPE html>\n<!-- made by git orch report -->\n"))
    #expect(page.contains("feat: &lt;script&gt;a&lt;/script&gt;"))
    #expect(page.contains("href=\"./tasks/a/attempt-1.log\""))
    #expect(try await world.orch("report").status == 0)

    let elsewhere = try await world.orch("report", "-o", "-")
    #expect(elsewhere.output.contains("href=\"file:///"))
    #expect(elsewhere.output.hasSuffix("</html>\n\n") || elsewhere.output.hasSuffix("</html>\n"))

    try world.repository.write("mine.html", "<p>mine</p>")
    let refused = try await world.orch("report", "-o", "mine.html")
    #expect(refused.status == 128)
    #expect(refused.errors.contains("exists and is not a page of git orch report"))
    #expect(try world.repository.read("mine.html") == "<p>mine</p>")
    try FileManager.default.createSymbolicLink(
      atPath: world.root.appending("link.html").string, withDestinationPath: "README.md")
    #expect(try await world.orch("report", "--force", "-o", "link.html").status == 128)
    #expect(try await world.orch("report", "--force", "-o", "mine.html").status == 0)
    #expect(try world.repository.read("mine.html").contains("git orch report"))
    #expect(try await world.orch("report", "--open", "-o", "-").status == 129)
    #expect(try await world.orch("report", "no-such-run").status == 128)
  }

  @Test func `a browser gets the page`() async throws {
    let world = try await ended()
    let browser = try world.addProgram("browser", "echo \"looking at $1\"")
    let result = try await world.gitOrch("report", "--open", environment: ["BROWSER": "/nonexistent:\(browser)"])
    #expect(result.status == 0)
    #expect(result.output.contains("looking at "))
    #expect(result.output.contains("/report.html"))
  }
}
