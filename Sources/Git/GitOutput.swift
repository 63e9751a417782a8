import Basics
import Processes
import SystemPackage

/// What a git command left behind.
package struct GitOutput: Sendable, Equatable {
  /// The exit status.
  package let status: Int32
  /// Everything it wrote to standard output.
  package let bytes: [UInt8]
  /// Everything it wrote to standard error; bytes that are not UTF-8 are replaced.
  package let standardError: String

  package init(status: Int32, bytes: [UInt8], standardError: String) {
    self.status = status
    self.bytes = bytes
    self.standardError = standardError
  }

  /// - Parameters:
  ///   - name: what the message calls the program.
  ///   - directory: where it ran.
  /// - Throws: `.commandFailed` when it was killed: then it has not answered, neither "no" nor "there is none".
  init(answer output: ProcessOutput, of name: String, in directory: FilePath?) throws(GitError) {
    if case .signal = output.exit { throw GitError(.commandFailed, "'\(name)' was \(output.exit)") }
    var errors = String(decoding: output.standardError, as: UTF8.self)
    if output.status != 0 {
      let hints = LockAdvice.hints(on: errors, in: directory)
      if !hints.isEmpty { errors = ([errors.trimmedAtEnd] + hints).joined(separator: "\n") }
    }
    self.init(status: output.status, bytes: output.standardOutput, standardError: errors)
  }

  package var isSuccess: Bool { status == 0 }

  /// Whether it failed since a process or a thread could not be started, here or at a remote on this machine.
  var lacksProcesses: Bool {
    !isSuccess
      && (standardError.contains("Resource temporarily unavailable") || standardError.contains("Cannot fork"))
  }

  /// Standard output as text, without the white space at its end; bytes that are not UTF-8 are replaced.
  package var text: String { String(decoding: bytes, as: UTF8.self).trimmedAtEnd }

  /// The parts of NUL-separated output (`-z`), as text.
  package var records: [String] {
    bytes.split(separator: 0, omittingEmptySubsequences: true).map { String(decoding: $0, as: UTF8.self) }
  }

  /// git's own words for what went wrong, without "fatal: ", or the exit status when it said nothing. Of very many
  /// lines (git may have one for each file) those in the middle are left out.
  package var complaint: String {
    var lines = standardError.trimmedAtEnd.split(separator: "\n", omittingEmptySubsequences: false)
    if lines.count > 40 { lines.replaceSubrange(10..<(lines.count - 20), with: ["(\(lines.count - 30) more lines)"]) }
    let words = lines.joined(separator: "\n")
    guard !words.isEmpty else { return "exit status \(status)" }
    return words.hasPrefix("fatal: ") ? String(words.dropFirst("fatal: ".count)) : words
  }
}
