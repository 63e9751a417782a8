import Basics
import Foundation
import OrchTestSupport
import SystemPackage
import Testing

@testable import Ledger

/// By what clones are told apart.
@Suite struct LedgerWriterIdentityTests {
  private func id(_ clone: FilePath) throws -> String { try LedgerWriterIdentity.ours(commonDirectory: clone).clone }

  /// A clone that has its id, in a scratch folder.
  private func make() throws -> (scratch: TemporaryDirectory, clone: FilePath, id: String) {
    let scratch = try TemporaryDirectory()
    let clone = scratch.path.appending("one.git")
    return (scratch, clone, try id(clone))
  }

  private func write(_ text: String, in clone: FilePath) throws {
    try FileSystem.replace(clone.appending("orchestrator/ledger-id"), with: text)
  }

  @Test func `it stays, also where the clone is moved`() throws {
    let (scratch, clone, first) = try make()
    #expect(try id(clone) == first)
    let moved = scratch.path.appending("two.git")
    try FileManager.default.moveItem(atPath: clone.string, toPath: moved.string)
    #expect(try id(moved) == first)
    #expect(try id(moved) == first)
  }

  @Test func `a copy has another one, and so has a copy of that`() throws {
    let (scratch, clone, first) = try make()
    var ids = [first]
    var last = clone
    for name in ["two.git", "three.git"] {
      let copy = scratch.path.appending(name)
      try FileManager.default.copyItem(atPath: last.string, toPath: copy.string)
      ids.append(try id(copy))
      last = copy
    }
    #expect(Set(ids).count == 3)
    #expect(try ids == [clone, scratch.path.appending("two.git"), last].map { try id($0) })
  }

  @Test func `what was moved to another file system is told by the place that it left`() throws {
    let (scratch, clone, first) = try make()
    let moved = scratch.path.appending("two.git")
    try FileManager.default.copyItem(atPath: clone.string, toPath: moved.string)
    try FileManager.default.removeItem(atPath: clone.string)
    #expect(try id(moved) == first)
  }

  @Test func `what comes from another machine, or was put back at its place, is a copy`() throws {
    let (_, clone, first) = try make()
    let own = try LedgerWriterIdentity.ours(commonDirectory: clone)
    for (host, path) in [("elsewhere", "/gone.git"), (own.host, clone.realPath?.string ?? "")] {
      try write("\(first)\n{\"host\": \"\(host)\", \"path\": \"\(path)\", \"inode\": \"1\"}\n", in: clone)
      #expect(try id(clone) != first, "\(host) \(path)")
    }
  }

  @Test func `one that does not say where it was is kept`() throws {
    let (_, clone, first) = try make()
    try write("\(first)\n", in: clone)
    #expect(try id(clone) == first)
    // And says it from then on.
    #expect(try ClonePlace.Record(clone.appending("orchestrator/ledger-id"))?.place?.path == clone.realPath?.string)
    try write("\(first)\nnonsense\n", in: clone)
    #expect(try id(clone) == first)
    try write("nonsense\n", in: clone)
    #expect(throws: LedgerError.noIdentity("\(clone)/orchestrator/ledger-id")) { try id(clone) }
  }
}
