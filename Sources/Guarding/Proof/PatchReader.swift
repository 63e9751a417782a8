import Platform

/// Reads what `git diff-tree --stdin --always -p -U0` prints, in pieces of any size, in memory that does not grow with
/// it: each commit's people, each file that it adds or changes, and each line that it adds.
struct PatchReader {
  struct CommitHeader: Equatable {
    var id = ""
    var parents = 0
    var author = CommitIdentity.Person(name: "", address: "")
    var committer = CommitIdentity.Person(name: "", address: "")
  }

  /// A file in a commit.
  struct File: Equatable {
    /// Bytes that are not UTF-8 are replaced.
    var path: String
    var isNew = false
    var isSubmodule = false
    /// The id of the new content; "" while it is not known.
    var blob = ""
  }

  enum Element {
    case commit(CommitHeader)
    /// Once its header is read.
    case file(File)
    /// A line of the commit's message.
    case message(UnsafeRawBufferPointer, line: Int)
    /// A line that is in no parent. A very long one comes in pieces, which overlap.
    case added(UnsafeRawBufferPointer, line: Int)
  }

  /// What git is told to print for a commit.
  static let format = "tformat:%x00%H %P%x00%an%x00%ae%x00%cn%x00%ce%n%B%x00"
  /// The longest piece of a line, and by how much two overlap: by more than any token has.
  private static let pieceLimit = 1 << 20
  private static let overlap = 1024

  private var rest: [UInt8] = []
  private var isContinued = false
  private var file: File?
  private var wasTold = false
  /// How many parents the hunk compares with; 0 outside hunks.
  private var parents = 0
  private var line = 0
  private var isInMessage = false

  mutating func feed(_ bytes: UnsafeRawBufferPointer, _ body: (Element) -> Void) {
    var buffer = rest
    rest = []
    buffer += bytes
    var start = 0
    buffer.withUnsafeBytes { rest in
      while let end = Self.newline(in: rest, from: start) {
        read(UnsafeRawBufferPointer(rebasing: rest[start..<end]), body)
        isContinued = false
        start = end + 1
      }
      if rest.count - start > Self.pieceLimit {
        read(UnsafeRawBufferPointer(rebasing: rest[start...]), body)
        isContinued = true
        start = rest.count - Self.overlap
      }
    }
    rest = Array(buffer[start...])
  }

  private static func newline(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    guard start < bytes.count, let base = bytes.baseAddress,
      let found = memchr(base + start, CInt(UInt8(ascii: "\n")), bytes.count - start)
    else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// The end of the output.
  mutating func finish(_ body: (Element) -> Void) {
    let last = rest
    rest = []
    if !last.isEmpty { last.withUnsafeBytes { read($0, body) } }
    tellFile(body)
  }

  // MARK: - Lines

  private mutating func read(_ bytes: UnsafeRawBufferPointer, _ body: (Element) -> Void) {
    if isContinued {
      if parents > 0, isAdded { body(.added(bytes, line: line - 1)) }
      return
    }
    if isInMessage { return readMessage(bytes, body) }
    guard let first = bytes.first else { return }
    if first == 0 { return readCommit(bytes, body) }
    if parents > 0, "+- \\".utf8.contains(first) { return readHunkLine(bytes, body) }
    let text = bytes.count <= 16384 ? String(decoding: bytes, as: UTF8.self) : ""
    if text.hasPrefix("diff --") {
      tellFile(body)
      parents = 0
      file = File(path: Self.path(inHeader: text))
      wasTold = false
    } else if text.hasPrefix("@@") {
      readHunkHeader(text)
      // In a merge only its first lines tell a submodule.
      if parents < 2 { tellFile(body) }
    } else if text.hasPrefix("new file mode") {
      file?.isNew = true
      if text.hasSuffix("160000") { file?.isSubmodule = true }
    } else if text.hasPrefix("index ") {
      let ids = text.dropFirst(6).prefix { $0 != " " }
      if let dots = ids.firstRange(of: "..") { file?.blob = String(ids[dots.upperBound...]) }
      if text.hasSuffix(" 160000") { file?.isSubmodule = true }
    } else if text.hasPrefix("+++ "), text != "+++ /dev/null", let path = Self.path(inLine: text) {
      file?.path = path
    } else if text.hasPrefix("mode "), text.hasSuffix("..160000") {
      file?.isSubmodule = true
    } else if text.hasPrefix("deleted file mode") {
      file = nil
    }
  }

  private mutating func tellFile(_ body: (Element) -> Void) {
    guard let file, !wasTold else { return }
    wasTold = true
    body(.file(file))
  }

  private mutating func readCommit(_ bytes: UnsafeRawBufferPointer, _ body: (Element) -> Void) {
    tellFile(body)
    file = nil
    parents = 0
    line = 0
    isInMessage = true
    let fields = bytes.dropFirst().split(separator: 0, omittingEmptySubsequences: false).map {
      String(decoding: $0, as: UTF8.self)
    }
    guard fields.count == 5 else { return }
    let ids = fields[0].split(separator: " ")
    body(
      .commit(
        CommitHeader(
          id: ids.first.map(String.init) ?? "", parents: max(0, ids.count - 1),
          author: .init(name: fields[1], address: fields[2]), committer: .init(name: fields[3], address: fields[4]))))
  }

  /// The message ends with a zero byte, which none has.
  private mutating func readMessage(_ bytes: UnsafeRawBufferPointer, _ body: (Element) -> Void) {
    line += 1
    let text = bytes.last == 0 ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
    if !text.isEmpty { body(.message(text, line: line)) }
    if bytes.last == 0 { isInMessage = false }
  }

  private var isAdded = false

  private mutating func readHunkLine(_ bytes: UnsafeRawBufferPointer, _ body: (Element) -> Void) {
    isAdded = false
    guard bytes.first != UInt8(ascii: "\\"), bytes.count >= parents else { return }
    let signs = bytes[..<parents]
    guard !signs.contains(UInt8(ascii: "-")) else { return }
    isAdded = signs.allSatisfy { $0 == UInt8(ascii: "+") }
    let content = UnsafeRawBufferPointer(rebasing: bytes[parents...])
    if isAdded, let file {
      // No file's content names its own id.
      if !wasTold, content.elementsEqual("Subproject commit \(file.blob)".utf8) { self.file?.isSubmodule = true }
      tellFile(body)
      body(.added(content, line: line))
    }
    line += 1
  }

  /// `@@ -1,2 +3,4 @@`, with one more sign and one more range for each further parent.
  private mutating func readHunkHeader(_ text: String) {
    parents = text.prefix { $0 == "@" }.count - 1
    let range = text.split(separator: " ").first { $0.hasPrefix("+") } ?? "+1"
    line = Int(range.dropFirst().prefix { $0 != "," }) ?? 1
  }

  // MARK: - Paths

  /// Of `diff --git a/NAME b/NAME`, whose two halves are the same name, or `diff --cc NAME`.
  private static func path(inHeader text: String) -> String {
    if text.hasPrefix("diff --git ") {
      let names = text.dropFirst("diff --git ".count)
      if let quoted = names.hasSuffix("\"") ? names.firstRange(of: " \"b/") : nil {
        return unquoted(names[quoted.lowerBound...].dropFirst())
      }
      return String(names.suffix((names.count - 1) / 2).dropFirst(2))
    }
    guard let space = text.dropFirst(7).firstIndex(of: " ") else { return "" }
    return unquoted(text[space...].dropFirst(), prefix: 0)
  }

  /// Of `+++ b/NAME`, behind which git puts a tab when the name has spaces.
  private static func path(inLine text: String) -> String? {
    var name = text.dropFirst(4)
    if name.hasSuffix("\t") { name = name.dropLast() }
    if name.hasPrefix("\"") { return unquoted(name) }
    guard name.hasPrefix("b/") else { return nil }
    return String(name.dropFirst(2))
  }

  /// A name as git quotes it in C's manner, without the `b/`.
  private static func unquoted(_ text: Substring, prefix: Int = 2) -> String {
    guard text.hasPrefix("\""), text.hasSuffix("\""), text.count >= 2 else { return String(text.dropFirst(prefix)) }
    var bytes: [UInt8] = []
    var input = Array(text.utf8.dropFirst().dropLast())[...]
    let escapes: [UInt8: UInt8] = [
      UInt8(ascii: "n"): 10, UInt8(ascii: "t"): 9, UInt8(ascii: "r"): 13, UInt8(ascii: "a"): 7, UInt8(ascii: "b"): 8,
      UInt8(ascii: "v"): 11, UInt8(ascii: "f"): 12,
    ]
    while let byte = input.popFirst() {
      guard byte == UInt8(ascii: "\\"), let next = input.first else {
        bytes.append(byte)
        continue
      }
      if UInt8(ascii: "0")...UInt8(ascii: "7") ~= next {
        let digits = input.prefix(3)
        bytes.append(digits.reduce(0) { $0 &* 8 &+ ($1 &- UInt8(ascii: "0")) })
        input = input.dropFirst(3)
      } else {
        bytes.append(escapes[next] ?? next)
        input = input.dropFirst()
      }
    }
    return String(decoding: bytes.dropFirst(prefix), as: UTF8.self)
  }
}
