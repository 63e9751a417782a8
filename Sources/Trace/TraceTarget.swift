import Platform
import SystemPackage

/// Where the trace goes: standard error, or the end of a file.
struct TraceTarget: Sendable {
  let descriptor: FileDescriptor

  /// Reads the value of `GIT_ORCH_TRACE`; nil for "off", and for what cannot be used, with a warning, as git has it.
  init?(setting: String?, warn: (String) -> Void) {
    let value = setting ?? ""
    switch value.lowercased() {
    case "", "0", "false", "no", "off": return nil
    case "1", "2", "true", "yes", "on": descriptor = .standardError
    default:
      guard value.hasPrefix("/") else {
        warn(
          "unknown trace value for '\(Trace.variable)': \(value); "
            + "use 1, or the absolute path of a file")
        return nil
      }
      do {
        // To open a named pipe would wait for its reader: without one it is an error at once.
        descriptor = try FileDescriptor.open(
          FilePath(value), .writeOnly, options: [.append, .create, .closeOnExec, .nonBlocking],
          permissions: .ownerReadWrite)
      } catch {
        warn("cannot open '\(value)' for tracing: \(error)")
        return nil
      }
    }
  }

  static func warn(_ message: String) {
    _ = try? FileDescriptor.standardError.writeAll("warning: \(message)\n".utf8)
  }

  /// In one piece, so that lines of several processes do not mix. A target that cannot be written to changes nothing.
  func write(_ line: String) {
    _ = try? descriptor.writeAll(line.utf8)
  }
}
