import Platform

/// Whom a command asks.
package enum Prompt: Sendable {
  /// The controlling terminal, or standard input when that is a terminal.
  case terminal
  /// There is no terminal.
  case nobody

  /// Asks a yes-or-no question.
  ///
  /// An empty answer is `preferred`; any other text is asked about again. Nothing is read ahead of the answer's line.
  ///
  /// Ctrl-D is an empty answer, too.
  ///
  /// - Returns: the answer; nil when there is no terminal, or the task was cancelled.
  package func confirm(_ question: String, preferred: Bool = false) async -> Bool? {
    await ask { await $0.confirm(question, preferred: preferred) }
  }

  /// Has the user choose from `count` numbered things. What they are stands on the terminal already.
  ///
  /// What is not an answer is reported, and asked about again. Ctrl-D is to quit.
  ///
  /// - Returns: the choice; nil when there is no terminal, or the task was cancelled.
  package func choose(_ question: String, count: Int) async -> Choice? {
    await ask { await $0.choose(question, count: count) }
  }

  private func ask<Answer>(_ question: (Dialogue) async -> Answer?) async -> Answer? {
    guard self == .terminal else { return nil }
    let terminal = platform_open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY, 0)
    if terminal >= 0 {
      defer { close(terminal) }
      return await question(Dialogue(input: terminal, output: terminal))
    }
    guard isatty(STDIN_FILENO) == 1 else { return nil }
    return await question(Dialogue(input: STDIN_FILENO, output: STDERR_FILENO))
  }
}

/// Questions and answers, a line each, on file descriptors that stay open.
struct Dialogue {
  let input: Int32
  let output: Int32

  func confirm(_ question: String, preferred: Bool) async -> Bool? {
    await ask("\(question) [\(preferred ? "Y/n" : "y/N")] ", atEnd: preferred) { line throws(Again) in
      guard let answer = yesOrNo(line, preferred: preferred) else { throw Again(description: "please answer y or n") }
      return answer
    }
  }

  func choose(_ question: String, count: Int) async -> Choice? {
    await ask("\(question): ", atEnd: .quit) { line throws(ChoiceFault) in try Choice.parse(line, count: count) }
  }

  /// Asks until there is an answer; `atEnd` is the one of a terminal that has no more lines.
  private func ask<Answer, Fault: Error & CustomStringConvertible>(
    _ prompt: String, atEnd: Answer, _ parse: (String) throws(Fault) -> Answer
  ) async -> Answer? {
    while true {
      writeAll(prompt, to: output)
      guard let line = await line(from: input) else {
        writeAll("\n", to: output)
        return Task.isCancelled ? nil : atEnd
      }
      do throws(Fault) {
        return try parse(line)
      } catch {
        writeAll("\(error)\n", to: output)
      }
    }
  }
}

/// What the user reads before a question is asked again.
private struct Again: Error, CustomStringConvertible {
  let description: String
}

/// What an answer means; nil when it is neither.
func yesOrNo(_ line: String, preferred: Bool) -> Bool? {
  let letters = line.filter { !$0.isWhitespace }.lowercased()
  if letters.isEmpty { return preferred }
  if "yes".hasPrefix(letters) { return true }
  return "no".hasPrefix(letters) ? false : nil
}

/// One line from a terminal, which hands over whole lines. Looks 20 times a second instead of blocking, so that
/// cancelling the task ends the wait and no thread of the pool is held.
private func line(from input: Int32) async -> String? {
  var bytes: [UInt8] = []
  while !Task.isCancelled {
    var ready = pollfd(fd: input, events: Int16(POLLIN), revents: 0)
    guard poll(&ready, 1, 0) > 0 else {
      try? await Task.sleep(for: .milliseconds(50))
      continue
    }
    var byte: UInt8 = 0
    let count = read(input, &byte, 1)
    if count < 0, errno == EINTR || errno == EAGAIN { continue }
    guard count == 1 else { return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self) }
    if byte == UInt8(ascii: "\n") { return String(decoding: bytes, as: UTF8.self) }
    bytes.append(byte)
  }
  return nil
}
