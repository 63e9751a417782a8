import Testing

@testable import Guarding

@Suite struct PatchReaderTests {
  private static func read(_ text: String, pieces: Int) -> [String] {
    var reader = PatchReader()
    var seen: [String] = []
    func note(_ element: PatchReader.Element) {
      switch element {
      case .commit(let header):
        seen.append("commit \(header.id) \(header.parents) \(header.author) \(header.committer)")
      case .file(let file):
        seen.append("file \(file.path)\(file.isNew ? " new" : "")\(file.isSubmodule ? " submodule" : "") \(file.blob)")
      case .message(let bytes, let line): seen.append("message \(line): \(String(decoding: bytes, as: UTF8.self))")
      case .added(let bytes, let line): seen.append("\(line): \(String(decoding: bytes, as: UTF8.self))")
      }
    }
    let bytes = Array(text.utf8)
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + pieces)
      bytes[start..<end].withUnsafeBytes { reader.feed($0, note) }
      start = end
    }
    reader.finish(note)
    return seen
  }

  private static let patch = """
    \0c1 p1\0A\0a@x\0C\0c@x
    subject

    body\0

    diff --git a/a b.txt b/a b.txt
    new file mode 100644
    index 000..111
    --- /dev/null
    +++ b/a b.txt\t
    @@ -0,0 +1,2 @@
    +one
    +++ two
    \\ No newline at end of file
    diff --git a/empty file b/empty file
    new file mode 100644
    index 000..222
    diff --git "a/n\\377\\"q" "b/n\\377\\"q"
    index 333..444 100644
    --- "a/n\\377\\"q"
    +++ "b/n\\377\\"q"\t
    @@ -3 +5 @@ func x() {
    --- old
    +diff --git a/x b/x
    diff --git a/gone b/gone
    deleted file mode 100644
    index 555..000
    --- a/gone
    +++ /dev/null
    @@ -1 +0,0 @@
    -x
    diff --git a/sub b/sub
    new file mode 160000
    index 000..666
    --- /dev/null
    +++ b/sub
    @@ -0,0 +1 @@
    +Subproject commit 666
    \0c2 \0A\0a@x\0C\0c@x
    \0
    \0c3 c1 c2\0A\0a@x\0C\0c@x
    merge
    \0

    diff --cc evil
    index 777,888..999
    --- a/evil
    +++ b/evil
    @@@ -1,1 -1,1 +1,3 @@@
    + theirs
     +ours
    ++nobody's
    diff --cc sub
    index 111,222..333
    --- a/sub
    +++ b/sub
    @@@ -1,1 -1,1 +1,1 @@@
    - Subproject commit 111
     -Subproject commit 222
    ++Subproject commit 333
    diff --cc typed
    index 111,222..444
    mode 100644,160000..160000
    --- a/typed
    +++ b/typed
    @@@ -1,1 -1,1 +1,1 @@@
    - text
     -Subproject commit 222
    ++Subproject commit 444

    """

  @Test(arguments: [1, 7, 100_000]) func `everything that commits add is read`(pieces: Int) {
    #expect(
      Self.read(Self.patch, pieces: pieces) == [
        "commit c1 1 A <a@x> C <c@x>", "message 1: subject", "message 3: body",
        "file a b.txt new 111", "1: one", "2: ++ two",
        "file empty file new 222",
        "file n\u{FFFD}\"q 444", "5: diff --git a/x b/x",
        "file sub new submodule 666", "1: Subproject commit 666",
        "commit c2 0 A <a@x> C <c@x>",
        "commit c3 2 A <a@x> C <c@x>", "message 1: merge",
        "file evil 999", "3: nobody's",
        "file sub submodule 333", "1: Subproject commit 333",
        "file typed submodule 444", "1: Subproject commit 444",
      ])
  }

  @Test func `a line without end comes in pieces`() {
    let line = String(repeating: "x", count: 3 << 20) + "END"
    let text =
      "\0c p\0A\0a\0C\0c\n\0\ndiff --git a/f b/f\nindex 0..1\n--- a/f\n+++ b/f\n@@ -0,0 +7 @@\n+\(line)\n+after\n"
    let seen = Self.read(text, pieces: 65536)
    #expect(seen.filter { $0.hasPrefix("7: ") }.count > 2)
    #expect(seen.contains { $0.hasPrefix("7: ") && $0.hasSuffix("END") })
    #expect(seen.last == "8: after")
  }
}
