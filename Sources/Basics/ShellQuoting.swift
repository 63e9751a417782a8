/// Whether a POSIX shell takes `word` for one word as it stands.
package func isPlainWord(_ word: String) -> Bool {
  !word.isEmpty && !word.hasPrefix("-") && word.utf8.count <= 200
    && word.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "/"),
        UInt8(ascii: "+"), UInt8(ascii: "-"):
        true
      default: false
      }
    }
}

/// `text` as one word of a POSIX shell.
package func shellQuoted(_ text: String) -> String {
  isPlainWord(text)
    ? text : "'" + text.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
}

/// A path as one word of a POSIX shell, which no program takes for an option.
package func shellQuoted(path: String) -> String {
  shellQuoted(path.hasPrefix("-") ? "./\(path)" : path)
}
