import Basics
import Platform
import Processes
package import SystemPackage

/// Who writes a ledger: one clone of the repository on one machine.
package struct LedgerWriterIdentity: Sendable, Equatable {
  /// The machine's name.
  package let host: String
  /// The machine's present boot; empty where the system does not tell.
  package let boot: String
  /// Made by chance for each clone, and the one thing by which writers are told apart: machines change their names.
  package let clone: String

  package init(host: String, boot: String, clone: String) {
    self.host = host
    self.boot = boot
    self.clone = clone
  }

  /// This clone, which gets its id when there is none, and another one when it is a copy of a clone, and not that clone.
  package static func ours(commonDirectory: FilePath) throws(LedgerError) -> LedgerWriterIdentity {
    let file = commonDirectory.appending("orchestrator").appending("ledger-id")
    // Its place is known by that folder.
    try? FileSystem.createFolder(file.removingLastComponent())
    let here = ClonePlace(of: commonDirectory, host: hostName)
    var clone = id(in: file, at: here)
    if clone == nil {
      let made = (0..<2).map { _ in hex(UInt64.random(in: 0 ... .max), digits: 16, uppercase: false) }.joined()
      // Another process may do the same now: the first one has it.
      if FileSystem.isAbsent(file) {
        try? FileSystem.create(file, containing: here.line(made))
      } else if let other = ClonePlace.Record(file), other.isCopied(to: here) {
        try? FileSystem.replace(file, with: here.line(made))
      }
      clone = id(in: file, at: here)
    }
    guard let clone else { throw LedgerError.noIdentity(file.string) }
    return LedgerWriterIdentity(host: here.host, boot: ProcessIdentity.currentBoot ?? "", clone: clone)
  }

  /// nil where there is none, or it is that of the clone of which this one is a copy.
  private static func id(in file: FilePath, at here: ClonePlace) -> String? {
    guard let record = ClonePlace.Record(file), !record.isCopied(to: here) else { return nil }
    // It was moved, or says nothing of its place yet.
    if record.place != here { try? FileSystem.replace(file, with: here.line(record.id)) }
    return record.id
  }

  /// Of letters that are in names of hosts.
  private static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let letters = bytes.filter { 0x30...0x39 ~= $0 || 0x61...0x7A ~= $0 | 0x20 || "-._".utf8.contains($0) }
    return String(decoding: letters, as: UTF8.self)
  }
}
