import Foundation
import OrchTestSupport
import Processes
import SystemPackage
import Testing

@testable import Reports

private let chromium = ProcessInfo.processInfo.environment["GIT_ORCH_CHROMIUM"].map { FilePath($0) }

/// The page in a real browser: `make test-report`, which says so where there is none.
@Suite(
  .timeLimit(.minutes(3)), .serialized,
  .enabled(if: chromium != nil, "GIT_ORCH_CHROMIUM names no browser: make test-report"))
struct BrowserTests {
  /// What the browser makes of the page in a window of that width, asked by a page around it.
  private func inspect(_ page: ReportPage, width: Int, _ question: String) async throws -> String {
    let scratch = try TemporaryDirectory()
    try Data(page.text.utf8).write(to: URL(filePath: "\(scratch.path)/report.html"))
    let around = """
      <!DOCTYPE html><body><iframe id="f" src="report.html" width="\(width)" height="900" style="border:0"></iframe><p id="answer">none</p>
      <script>
      const frame = document.getElementById("f");
      frame.onload = () => {
        const page = frame.contentDocument;
        document.getElementById("answer").textContent = "answer:" + (\(question)) + ":end";
      };
      </script></body>
      """
    try Data(around.utf8).write(to: URL(filePath: "\(scratch.path)/around.html"))
    let output = try await run(
      ["--allow-file-access-from-files", "--dump-dom", "file://\(scratch.path)/around.html"], scratch)
    return String(try #require(output.firstMatch(of: /answer:(.*?):end/), "\(output.suffix(500))").1)
  }

  @discardableResult
  private func run(_ arguments: [String], _ scratch: TemporaryDirectory) async throws -> String {
    let environment = ["HOME": scratch.path.string, "PATH": "/usr/bin:/bin", "TMPDIR": scratch.path.string]
    let output = try await Invocation(
      executable: try #require(chromium),
      arguments: [
        "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--disable-background-networking",
        "--user-data-dir=\(scratch.path)/profile", "--virtual-time-budget=3000",
      ] + arguments, environment: environment, directory: scratch.path
    ).run(timeout: .seconds(60))
    #expect(output.exit == .code(0))
    return String(decoding: output.standardOutput, as: UTF8.self)
  }

  @Test(arguments: [1280, 420]) func `it is no wider than its window`(width: Int) async throws {
    let sizes = try await inspect(
      ReportSamples.page(ReportSamples.ended), width: width,
      "page.documentElement.scrollWidth + ' ' + page.querySelectorAll('.time tbody tr').length")
    let numbers = sizes.split(separator: " ").compactMap { Int($0) }
    #expect(numbers.count == 2 && numbers[0] <= width && numbers[1] == 12, "\(sizes)")
  }

  @Test func `hostile text makes no element and no link`() async throws {
    let found = try await inspect(
      ReportSamples.page(ReportSamples.hostile), width: 420,
      """
      [...page.querySelectorAll('script, img, iframe, object, [onerror], [onmouseover], [onload]')].length + ' '
      + [...page.querySelectorAll('a')].filter(a => !/^(https:|file:)/.test(a.href)).length + ' '
      + page.querySelectorAll('.tasks tbody').length
      """)
    #expect(found == "0 0 12")
  }

  @Test(arguments: [(1280, false), (420, false), (1280, true), (420, true)])
  func `pictures can be made of it`(width: Int, isDark: Bool) async throws {
    let scratch = try TemporaryDirectory()
    let folder = ProcessInfo.processInfo.environment["GIT_ORCH_PICTURES"] ?? scratch.path.string
    let picture = "\(folder)/report-\(width)-\(isDark ? "dark" : "light").png"
    try Data(ReportSamples.page(ReportSamples.ended).text.utf8).write(to: URL(filePath: "\(scratch.path)/report.html"))
    try await run(
      (isDark ? ["--blink-settings=preferredColorScheme=0"] : [])
        + ["--window-size=\(width),2600", "--screenshot=\(picture)", "file://\(scratch.path)/report.html"], scratch)
    #expect(try Data(contentsOf: URL(filePath: picture)).count > 20_000)
  }
}
