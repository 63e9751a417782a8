import Basics
import SystemPackage

/// What a tool for sandboxes says of itself, next to the program's own output.
///
/// `bwrap --json-status-fd` writes a line with an `exit-code` once the program that it was given has run; without it the
/// exit status is bwrap's own: it could not make the sandbox, or not start the program in it.
final class SandboxStatus: Sendable {
  private let file: NamelessFile

  /// nil for a tool that says nothing.
  init?(of sandbox: Sandbox?, folder: String?) throws(ProcessFailure) {
    guard case .bubblewrap = sandbox?.tool else { return nil }
    file = try NamelessFile(folder: folder)
  }

  /// What `bwrap` gets as its descriptor 3.
  var descriptor: FileDescriptor { file.descriptor }
  static let arguments = ["--json-status-fd", "3"]

  /// Whether it was the tool that failed, and not the program.
  func hasFailed(_ exit: ExitDescription) -> Bool {
    guard case .code(let code) = exit, code != 0 else { return false }
    let text = String(decoding: file.contents(limit: 64 << 10).bytes, as: UTF8.self)
    return !text.contains("\"exit-code\"")
  }

  static let beginning = "the sandbox could not be set up: "

  /// The failure, in the tool's own words: the last that it printed.
  static func failure(_ exit: ExitDescription, printed text: String) -> ProcessFailure {
    let lines = text.split(separator: "\n")
    let words = (lines.last { $0.hasPrefix("bwrap: ") } ?? lines.last).map { plainText(String($0), limit: 300) }
    return .notStarted(beginning + (words ?? "\(exit)"))
  }
}
