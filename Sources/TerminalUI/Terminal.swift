import Platform

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
  /// Whether lines can be painted over: a TTY whose `TERM` is set and not `dumb`.
  package let isInteractive: Bool
  /// Colours on an interactive terminal unless `NO_COLOR` is set to something (no-color.org).
  package let palette: Palette
  private let measure: @Sendable () -> TerminalSize
  private let output: @Sendable (String) -> Void

  /// An output with made-up abilities, for tests.
  package init(
    isInteractive: Bool, palette: Palette = .plain, size: @escaping @Sendable () -> TerminalSize,
    write: @escaping @Sendable (String) -> Void
  ) {
    self.isInteractive = isInteractive
    self.palette = palette
    self.measure = size
    self.output = write
  }

  /// The output behind a file descriptor, which must stay open; it is neither closed nor changed.
  package init(fileDescriptor: Int32, environment: [String: String]) {
    let isTTY = isatty(fileDescriptor) == 1
    let term = environment["TERM"] ?? ""
    let isInteractive = isTTY && !term.isEmpty && term != "dumb"
    let columns = environment["COLUMNS"].flatMap { Int($0) }.flatMap { $0 > 0 ? $0 : nil }
    self.init(
      isInteractive: isInteractive,
      palette: Palette(isColored: isInteractive && (environment["NO_COLOR"] ?? "").isEmpty),
      size: {
        let window = windowSize(of: fileDescriptor)
        return TerminalSize(columns: columns ?? window?.columns ?? 80, rows: window?.rows ?? 24)
      },
      write: { writeAll($0, to: fileDescriptor) })
  }

  package static func standardOutput(environment: [String: String]) -> Terminal {
    Terminal(fileDescriptor: STDOUT_FILENO, environment: environment)
  }

  package static func standardError(environment: [String: String]) -> Terminal {
    Terminal(fileDescriptor: STDERR_FILENO, environment: environment)
  }

  /// The window as it is now: `COLUMNS` if set, as git has it, else what the terminal says, else 80 by 24.
  package func size() -> TerminalSize { measure() }

  /// Writes all of the text, unchanged. An output that is gone or full loses it silently: what is shown is not the
  /// record of anything.
  package func write(_ text: String) {
    if !text.isEmpty { output(text) }
  }
}

private func windowSize(of fileDescriptor: Int32) -> TerminalSize? {
  var columns: UInt16 = 0
  var rows: UInt16 = 0
  guard platform_window_size(fileDescriptor, &columns, &rows) else { return nil }
  return TerminalSize(columns: Int(columns), rows: Int(rows))
}

func writeAll(_ text: String, to fileDescriptor: Int32) {
  var text = text
  text.withUTF8 { bytes in
    var rest = bytes[...]
    while let base = UnsafeBufferPointer(rebasing: rest).baseAddress, !rest.isEmpty {
      let count = write(fileDescriptor, base, rest.count)
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if count < 0, errno == EAGAIN {
        // A terminal that another program left non-blocking.
        var ready = pollfd(fd: fileDescriptor, events: Int16(POLLOUT), revents: 0)
        if poll(&ready, 1, 1000) <= 0 { return }
      } else if count < 0, errno == EINTR {
        continue
      } else {
        return
      }
    }
  }
}
