import Platform
import Synchronization

/// Rows and columns of a terminal's window.
package struct TerminalSize: Sendable, Equatable {
  package var columns: Int
  package var rows: Int

  package init(columns: Int, rows: Int) {
    self.columns = columns
    self.rows = rows
  }
}

/// An output that may be a terminal: what it can do, and how to write to it.
package struct Terminal: Sendable {
  /// Whether it is a TTY, which obeys what is in a text.
  package let isTerminal: Bool
  /// Whether lines can be painted over: a TTY whose `TERM` is set and not `dumb`.
  package let isInteractive: Bool
  /// Colours on an interactive terminal unless `NO_COLOR` is set to something (no-color.org).
  package private(set) var palette: Palette
  /// Whether a change that is bracketed by mode 2026 is shown at once, or the brackets are at least ignored.
  package let isSynchronized: Bool
  private let isBehind: @Sendable () -> Bool
  private let measure: @Sendable () -> TerminalSize
  private let output: @Sendable (UnsafeRawBufferPointer) -> Int32?
  private let loss = OutputLoss()

  /// An output with made-up abilities, for tests.
  package init(
    isInteractive: Bool, palette: Palette = .plain, size: @escaping @Sendable () -> TerminalSize,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.init(
      isTerminal: isInteractive, isInteractive: isInteractive, palette: palette, isSynchronized: true, size: size
    ) { bytes in
      write(String(decoding: bytes, as: UTF8.self))
      return nil
    }
  }

  private init(
    isTerminal: Bool, isInteractive: Bool, palette: Palette, isSynchronized: Bool,
    isBehind: @escaping @Sendable () -> Bool = { false }, size: @escaping @Sendable () -> TerminalSize,
    output: @escaping @Sendable (UnsafeRawBufferPointer) -> Int32?
  ) {
    self.isTerminal = isTerminal
    self.isInteractive = isInteractive
    self.palette = palette
    self.isSynchronized = isSynchronized
    self.isBehind = isBehind
    self.measure = size
    self.output = output
  }

  /// The output behind a file descriptor, which must stay open; it is neither closed nor changed.
  package init(fileDescriptor: Int32, environment: [String: String]) {
    let isTTY = isatty(fileDescriptor) == 1
    let term = environment["TERM"] ?? ""
    let isInteractive = isTTY && !term.isEmpty && term != "dumb"
    let palette = Palette(environment: environment)
    let columns = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    self.init(
      isTerminal: isTTY, isInteractive: isInteractive,
      palette: isInteractive ? palette : Palette(isColored: false, glyphs: palette.glyphs),
      // The consoles of kernels show such sequences.
      isSynchronized: !["linux", "vt100", "vt220", "ansi", "cons25"].contains(term),
      isBehind: {
        // A terminal that is not ours at all has no foreground that we could be in, or behind.
        let group = tcgetpgrp(fileDescriptor)
        return group > 0 && group != getpgrp()
      },
      size: {
        let window = windowSize(of: fileDescriptor)
        return TerminalSize(columns: columns ?? window?.columns ?? 80, rows: window?.rows ?? 24)
      },
      output: { writeAll($0, to: fileDescriptor) })
  }

  /// The same without colors.
  package func uncolored() -> Terminal {
    var copy = self
    copy.palette = Palette(isColored: false, glyphs: palette.glyphs, isLight: palette.isLight)
    return copy
  }

  package static func standardOutput(environment: [String: String]) -> Terminal {
    Terminal(fileDescriptor: STDOUT_FILENO, environment: environment)
  }

  package static func standardError(environment: [String: String]) -> Terminal {
    Terminal(fileDescriptor: STDERR_FILENO, environment: environment)
  }

  /// Whether another process has the terminal: what is painted over would be painted over somebody else's lines.
  package var isInBackground: Bool { isBehind() }

  /// The window as it is now: `COLUMNS` if set, as git has it, else what the terminal says, else 80 by 24.
  package func size() -> TerminalSize { measure() }

  /// Writes all of the text, unchanged. What an output that is gone or full does not take is lost; ``failure`` says so.
  package func write(_ text: String) {
    var text = text
    text.withUTF8 { write(UnsafeRawBufferPointer($0)) }
  }

  /// Writes all of the bytes, unchanged, likewise.
  package func write(_ bytes: UnsafeRawBufferPointer) {
    guard !bytes.isEmpty, let code = output(bytes) else { return }
    _ = loss.code.compareExchange(expected: 0, desired: code, ordering: .relaxed)
  }

  /// The `errno` of the first write that failed; nil when all that was written has arrived.
  package var failure: Int32? {
    let code = loss.code.load(ordering: .relaxed)
    return code == 0 ? nil : code
  }
}

/// Shared by all copies of a terminal.
private final class OutputLoss: Sendable {
  /// 0 as long as nothing was lost.
  let code = Atomic<Int32>(0)
}

private func windowSize(of fileDescriptor: Int32) -> TerminalSize? {
  var columns: UInt16 = 0
  var rows: UInt16 = 0
  guard platform_window_size(fileDescriptor, &columns, &rows) else { return nil }
  return TerminalSize(columns: Int(columns), rows: Int(rows))
}

/// Returns the `errno` of a write that failed; nil when all was written.
func writeAll(_ bytes: UnsafeRawBufferPointer, to fileDescriptor: Int32) -> Int32? {
  var rest = bytes[...]
  while let base = UnsafeRawBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
    let count = write(fileDescriptor, base, rest.count)
    if count > 0 {
      rest = rest.dropFirst(count)
    } else if count < 0, errno == EAGAIN {
      // A terminal that another program left non-blocking.
      var ready = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
      if poll(&ready, 1, 1000) <= 0 { return EAGAIN }
    } else if count < 0, errno == EINTR {
      continue
    } else {
      return count < 0 ? errno : EIO
    }
  }
  return nil
}

/// A question or a line break on a terminal; one that is gone is noticed when it is read.
func writeAll(_ text: String, to fileDescriptor: Int32) {
  var text = text
  text.withUTF8 { _ = writeAll(UnsafeRawBufferPointer($0), to: fileDescriptor) }
}
