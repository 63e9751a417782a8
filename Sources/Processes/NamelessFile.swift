import Platform
import SystemPackage

/// A file that vanishes when it is closed. As a child's output it needs nobody to read it meanwhile, holds more than a
/// pipe does, and has no end that a descendant could hold back.
struct NamelessFile: ~Copyable {
  let descriptor: FileDescriptor

  /// - `folder`: the value of `TMPDIR`, in which it is made.
  init(folder: String?) throws(ProcessFailure) {
    descriptor = try Self.make(in: folder)
  }

  /// One that holds `content`, to be read from its beginning.
  init(folder: String?, containing content: [UInt8]) throws(ProcessFailure) {
    let file = try Self.make(in: folder)
    do {
      try file.writeAll(content)
      try file.seek(offset: 0, from: .start)
    } catch {
      try? file.close()
      throw .notStarted("cannot write a temporary file: \(error)")
    }
    descriptor = file
  }

  private static func make(in folder: String?) throws(ProcessFailure) -> FileDescriptor {
    var path = Array("\(folder.flatMap { $0.isEmpty ? nil : $0 } ?? "/tmp")/git-orch.XXXXXX".utf8CString)
    let number = orch_temporary_file(&path)
    guard number >= 0 else {
      let code = errno
      let reason = "cannot create a temporary file: \(Errno(rawValue: code))"
      throw [EMFILE, ENFILE, ENOMEM].contains(code) ? .exhausted(reason) : .notStarted(reason)
    }
    unlink(path)
    let file = FileDescriptor(rawValue: number)
    guard number < 3 else { return file }
    // Whoever started us had closed a standard descriptor; the child's would get in each other's way.
    defer { try? file.close() }
    let higher = orch_duplicate(number, 3)
    guard higher >= 0 else { throw .notStarted("cannot create a temporary file: \(Errno(rawValue: errno))") }
    return FileDescriptor(rawValue: higher)
  }

  /// For a file that is not looked into any more; keeps it open until then.
  consuming func done() {}

  deinit { try? descriptor.close() }

  /// The end of a file that is open, if it can be read by this descriptor.
  static func tail(of descriptor: FileDescriptor, limit: Int = 4096) -> String {
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { return "" }
    let start = max(0, Int64(status.st_size) - Int64(limit))
    let bytes = try? [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      count = try descriptor.read(fromAbsoluteOffset: start, into: UnsafeMutableRawBufferPointer(buffer))
    }
    return String(decoding: bytes ?? [], as: UTF8.self)
  }

  /// What was written to it, at most `limit` bytes.
  func contents(limit: Int) -> (bytes: [UInt8], isWhole: Bool) {
    // The position is the child's too; reading must not move it.
    var status = stat()
    guard fstat(descriptor.rawValue, &status) == 0 else { return ([], false) }
    let size = Int(status.st_size)
    let bytes = [UInt8](unsafeUninitializedCapacity: min(size, limit)) { buffer, count in
      count = 0
      while count < buffer.count {
        let rest = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(buffer)[count...])
        guard let more = try? descriptor.read(fromAbsoluteOffset: Int64(count), into: rest), more > 0 else { return }
        count += more
      }
    }
    return (bytes, size <= limit)
  }
}
