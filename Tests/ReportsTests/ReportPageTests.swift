import Foundation
import Journal
import OrchTestSupport
import SystemPackage
import Testing

@testable import Reports

/// The page of `git orch report`: a pure function of a run.
@Suite struct ReportPageTests {
  @Test func `a run becomes this page`() throws {
    try assertSnapshot(ReportSamples.page(ReportSamples.ended).text, "ended.html")
  }

  @Test func `what others wrote is text and nothing else`() throws {
    let page = ReportSamples.page(ReportSamples.hostile).text
    #expect(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"))
    for markup in ["<script", "<img", "<b>bold", "href=\"javascript:", "\u{202E}", "\u{1B}", "\u{0}"] {
      #expect(!page.contains(markup), "\(markup)")
    }
    // Each quote of a value is ours: no attribute was added.
    #expect(!page.contains(" onmouseover=\"") && !page.contains("onerror=\""))
    #expect(page.contains("<U+202E>") || page.contains("&lt;U+202E&gt;"))
  }

  @Test func `links lead to the web, to the page itself, or to files of the run`() throws {
    for state in [ReportSamples.ended, ReportSamples.hostile] {
      for place in [ReportSamples.folder.path, FilePath("/elsewhere"), nil] {
        let page = ReportSamples.page(state, place: place).text
        for link in page.matches(of: /href="([^"]*)"/).map({ $0.output.1 }) {
          let isOurs =
            link.hasPrefix("#") || link.hasPrefix("https://") || link.hasPrefix("./tasks/")
            || link.hasPrefix("file:///runs/r/tasks/")
          #expect(isOurs, "\(link)")
        }
      }
    }
  }

  @Test func `nothing is loaded, and nothing runs`() {
    let page = ReportSamples.page(ReportSamples.ended).text
    #expect(page.hasPrefix(ReportPage.signature))
    #expect(
      page.contains("content=\"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'\""))
    #expect(!page.contains(" src=") && !page.contains("@import") && !page.contains("url(http"))
  }

  @Test func `a run that has only begun, and one of a thousand tasks, have a page, too`() {
    let begun = RunState(header: ReportSamples.header, startedAt: ReportSamples.time(0))
    #expect(ReportSamples.page(begun).text.contains("0 of 12 done"))
    var header = ReportSamples.header
    header.tasks = (0..<1000).map { TaskHeader(id: "task-\($0)", title: "T", branch: "b\($0)", needs: []) }
    let large = RunState(header: header, startedAt: ReportSamples.time(0))
    #expect(ReportSamples.page(large).text.contains("and 800 more"))
  }

  @Test(arguments: [
    ("a<b", "a&lt;b"), ("\"x\"", "&quot;x&quot;"), ("it's", "it&#39;s"), ("&amp;", "&amp;amp;"), ("`x`", "&#96;x&#96;"),
    ("\u{1B}[31m", "^[[31m"), ("a\u{202E}b", "a&lt;U+202E&gt;b"), ("日本", "日本"),
  ])
  func `texts are escaped in one place`(text: String, html: String) {
    let page: HTML = "<i title=\"\(text)\">\(text)</i>"
    #expect(page.source == "<i title=\"\(html)\">\(html)</i>")
  }

  @Test(arguments: [
    "javascript:alert(1)", "data:text/html,x", "https://a\" onmouseover=\"x", "https://a b", "//a",
    "file:///etc/passwd",
    "https://ex\u{e4}mple.org",
  ]) func `other addresses are no links`(address: String) {
    #expect(!HTML.link(address, "#1").source.contains("<a"))
  }
}
