import Basics
package import TerminalUI

/// Where a command's words go: the answer to standard output, the narration to standard error, questions to the
/// terminal.
package struct Console: Sendable {
  package private(set) var output: Terminal
  package private(set) var errors: Terminal
  package let prompt: Prompt

  package init(environment: [String: String]) {
    output = .standardOutput(environment: environment)
    errors = .standardError(environment: environment)
    prompt = .terminal
  }

  /// The same without colors.
  func uncolored() -> Console {
    var copy = self
    (copy.output, copy.errors) = (output.uncolored(), errors.uncolored())
    return copy
  }

  /// A console at which nobody sits.
  package init(output: Terminal, errors: Terminal) {
    self.output = output
    self.errors = errors
    prompt = .nobody
  }

  /// Writes a part of the answer, a newline added.
  package func answer(_ text: String) { output.write(text + "\n") }

  /// The same for a text that is not ours, and not ours to change: a terminal gets it with control characters visible.
  package func answer(verbatim text: String) { answer(output.isTerminal ? sanitized(text, .keepLines) : text) }

  /// Says what happens, made safe for the terminal and without the passwords of URLs, a newline added.
  package func narrate(_ text: String) {
    errors.write(sanitized(Secrets.withoutPasswords(text), .keepLines) + "\n")
  }
}
