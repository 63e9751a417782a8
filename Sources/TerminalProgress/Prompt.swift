#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Asks a yes-or-no question on the controlling terminal, or on standard input when that is a terminal.
///
/// An empty answer is `preferred`; any other text is asked about again. Nothing is read ahead of the answer's line.
///
/// Ctrl-D is an empty answer, too.
///
/// - Returns: the answer; nil when there is no terminal, or the task was cancelled.
package func confirm(_ question: String, preferred: Bool = false) async -> Bool? {
  let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
  defer { if terminal >= 0 { close(terminal) } }
  guard terminal >= 0 || isatty(STDIN_FILENO) == 1 else { return nil }
  let input = terminal >= 0 ? terminal : STDIN_FILENO
  let output = terminal >= 0 ? terminal : STDERR_FILENO
  while true {
    writeAll("\(question) [\(preferred ? "Y/n" : "y/N")] ", to: output)
    guard let line = await line(from: input) else {
      writeAll("\n", to: output)
      return Task.isCancelled ? nil : preferred
    }
    if let answer = yesOrNo(line, preferred: preferred) { return answer }
    writeAll("please answer y or n\n", to: output)
  }
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
