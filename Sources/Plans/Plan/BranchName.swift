/// git's rules for branch names, as `git check-ref-format --branch` has them.
package enum BranchName {
  /// What keeps a text from being the name of a new branch (`may not contain '..'`), or `nil`.
  ///
  /// Pure: looks at no repository, and expands nothing (`@{-1}` is refused).
  package static func problem(in name: String) -> String? {
    // Bytes, as git sees them: a combining accent after a dot makes one character of the two in Swift.
    let bytes = Array(name.utf8)
    if bytes.isEmpty { return "is empty" }
    for byte in bytes {
      if byte < 0x20 || byte == 0x7F { return "may not contain control characters" }
      if " ~^:?*[\\".utf8.contains(byte) { return "may not contain '\(Unicode.Scalar(byte))'" }
    }
    if bytes.starts(with: "-".utf8) { return "may not begin with '-'" }
    if bytes.contains("..".utf8) { return "may not contain '..'" }
    if bytes.contains("@{".utf8) { return "may not contain '@{'" }
    if name == "@" || name == "HEAD" { return "is reserved by git" }
    if bytes.starts(with: "refs/".utf8) { return "must be the short name, without 'refs/heads/'" }
    if bytes.last == UInt8(ascii: ".") { return "may not end with '.'" }
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if part.isEmpty { return "may not begin or end with '/', or contain '//'" }
      if part.starts(with: ".".utf8) { return "may not have a part that begins with '.'" }
      if part.suffix(5).elementsEqual(".lock".utf8) { return "may not have a part that ends with '.lock'" }
      // git locks a ref by a file of its name and ".lock", and file names end at 255 bytes.
      if part.count > 250 { return "has a part longer than 250 bytes" }
    }
    return nil
  }
}
