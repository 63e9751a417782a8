import Agents
import Basics
import Journal

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What a reviewing agent answers, by a JSON schema.
enum Verdict {
  static let schema = """
    {"type":"object","additionalProperties":false,"required":["decision","summary","findings"],"properties":{\
    "decision":{"type":"string","enum":["approve","request_changes"]},\
    "summary":{"type":"string","description":"What the pull request does, and your judgment: a few sentences of Markdown."},\
    "findings":{"type":"array","items":{"type":"object","additionalProperties":false,\
    "required":["severity","message","fixed"],"properties":{\
    "severity":{"type":"string","enum":["blocker","major","minor","nit"]},\
    "path":{"type":"string","description":"File, from the root of the repository."},\
    "line":{"type":"integer","minimum":1,"description":"In the file as it is at the head."},\
    "message":{"type":"string"},\
    "fixed":{"type":"boolean","description":"Whether you fixed it in one of your commits."}}}}}}
    """

  static let mostFindings = 200
  private static let summaryLimit = 6000
  private static let messageLimit = 2000
  private static let pathLimit = 1000

  /// Why an answer cannot be used, as a clause for the agent.
  struct Fault: Error, Equatable {
    let reason: String
  }

  private struct Answer: Decodable {
    let decision: String
    let summary: String
    let findings: [Finding]

    struct Finding: Decodable {
      let severity: String
      let path: String?
      let line: Int?
      let message: String
      let fixed: Bool
    }
  }

  /// Reads an answer. Its texts come without control characters and of bounded length.
  /// - Parameters:
  ///   - commit: what it is about.
  ///   - hasFixes: whether there are commits in which something can have been fixed.
  static func decode(_ answer: Data?, commit: String, hasFixes: Bool) throws(Fault) -> VerdictRecord {
    guard let answer else { throw Fault(reason: "it came without the verdict") }
    let parsed: Answer
    do {
      parsed = try JSONDecoder().decode(Answer.self, from: answer)
    } catch {
      throw Fault(reason: "its verdict did not match the schema")
    }
    let summary = plainText(parsed.summary, limit: summaryLimit, keepsLines: true)
    guard summary.contains(where: { !$0.isWhitespace }) else { throw Fault(reason: "its verdict has no summary") }
    var findings: [FindingRecord] = []
    for finding in parsed.findings.prefix(mostFindings) {
      findings.append(try record(finding, hasFixes: hasFixes))
    }
    let decision: VerdictRecord.Decision =
      switch parsed.decision {
      case "approve": findings.contains { $0.severity == .blocker && !$0.fixed } ? .requestChanges : .approve
      case "request_changes": .requestChanges
      default:
        throw Fault(
          reason: "its decision '\(plainText(parsed.decision, limit: 40))' is neither 'approve' nor 'request_changes'")
      }
    return VerdictRecord(decision: decision, summary: summary, findings: findings, commit: commit)
  }

  private static func record(_ finding: Answer.Finding, hasFixes: Bool) throws(Fault) -> FindingRecord {
    guard let severity = FindingRecord.Severity(rawValue: finding.severity) else {
      throw Fault(reason: "a finding has the unknown severity '\(plainText(finding.severity, limit: 40))'")
    }
    let message = plainText(finding.message, limit: messageLimit, keepsLines: true)
    guard message.contains(where: { !$0.isWhitespace }) else { throw Fault(reason: "a finding has no message") }
    if let line = finding.line, line <= 0 {
      throw Fault(reason: "a finding is on line \(line), but lines count from 1")
    }
    let path = try finding.path.flatMap { $0.isEmpty ? nil : $0 }.map(checked)
    return FindingRecord(
      severity: severity, path: path, line: path == nil ? nil : finding.line, message: message,
      fixed: finding.fixed && hasFixes)
  }

  private static func checked(_ path: String) throws(Fault) -> String {
    var rest = path[...]
    while rest.hasPrefix("./") { rest = rest.dropFirst(2) }
    let components = rest.split(separator: "/", omittingEmptySubsequences: false)
    let isPlain = plainText(String(rest), limit: pathLimit) == rest
    guard isPlain, !components.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
      throw Fault(
        reason: "a finding is in '\(plainText(path, limit: 100))', which is not a path from the root of the repository")
    }
    return String(rest)
  }
}
