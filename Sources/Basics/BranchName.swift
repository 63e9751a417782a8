/// git's rules for branch names. Pure: looks at no repository, and expands nothing (`@{-1}` is refused).
package enum BranchName {
  /// Whether git accepts the name for a branch, as `git check-ref-format --branch` judges it.
  package static func isValid(_ name: String) -> Bool { gitsProblem(in: Array(name.utf8)) == nil }

  /// What keeps a text from being the name of a new branch (`may not contain '..'`), or `nil`: git's rules, and what git
  /// takes and then trips over.
  package static func problem(in name: String) -> String? {
    let bytes = Array(name.utf8)
    if let problem = gitsProblem(in: bytes) { return problem }
    if name == "@" { return "is reserved by git" }
    if bytes.starts(with: "refs/".utf8) { return "must be the short name, without 'refs/heads/'" }
    // git locks a ref by a file of its name and ".lock", and file names end at 255 bytes.
    let isLong = bytes.split(separator: UInt8(ascii: "/")).contains { $0.count > 250 }
    return isLong ? "has a part longer than 250 bytes" : nil
  }

  /// Takes bytes, as git sees them: a combining accent after a dot makes one character of the two in Swift.
  private static func gitsProblem(in bytes: [UInt8]) -> String? {
    if bytes.isEmpty { return "is empty" }
    for byte in bytes {
      if byte < 0x20 || byte == 0x7F { return "may not contain control characters" }
      if " ~^:?*[\\".utf8.contains(byte) { return "may not contain '\(Unicode.Scalar(byte))'" }
    }
    if bytes.starts(with: "-".utf8) { return "may not begin with '-'" }
    if bytes.contains("..".utf8) { return "may not contain '..'" }
    if bytes.contains("@{".utf8) { return "may not contain '@{'" }
    if bytes.elementsEqual("HEAD".utf8) { return "is reserved by git" }
    if bytes.last == UInt8(ascii: ".") { return "may not end with '.'" }
    for part in bytes.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      if part.isEmpty { return "may not begin or end with '/', or contain '//'" }
      if part.starts(with: ".".utf8) { return "may not have a part that begins with '.'" }
      if part.suffix(5).elementsEqual(".lock".utf8) { return "may not have a part that ends with '.lock'" }
    }
    return nil
  }
}
