import Platform

/// `api --hostname HOST -i -X METHOD PATH [--input /dev/stdin]`: the one shape in which git-orch calls `gh api`.
struct APICall {
  let host: String
  let method: String
  /// Without a slash before it.
  let path: String
  let input: [UInt8]?

  init?(_ arguments: [String]) {
    guard [7, 9].contains(arguments.count), arguments[0] == "api", arguments[1] == "--hostname", arguments[3] == "-i",
      arguments[4] == "-X", arguments.count == 7 || Array(arguments[7...]) == ["--input", "/dev/stdin"]
    else { return nil }
    host = arguments[2]
    method = arguments[5]
    path = arguments[6]
    input = arguments.count == 9 ? Entrypoint.readAll(0) : nil
  }
}

/// What a server answered.
struct Answer {
  /// As `gh api -i` prints it, without the empty line at its end.
  let head: String
  let status: Int
  let body: [UInt8]
  /// Whether as much came as was announced.
  let isWhole: Bool
  /// The path that another is at.
  let redirection: String?

  /// nil where it is no answer of HTTP, or in pieces, which the server of the tests does not send.
  init?(_ bytes: [UInt8]) {
    let separator = Array("\r\n\r\n".utf8)
    guard let end = bytes.indices.first(where: { bytes[$0...].starts(with: separator) }) else { return nil }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n").map(String.init)
    guard let words = lines.first?.split(separator: " "), words.count >= 2, let status = Int(words[1]) else {
      return nil
    }
    var length: Int?
    var redirection: String?
    for line in lines.dropFirst() {
      guard let colon = line.firstIndex(of: ":") else { return nil }
      let value = String(line[line.index(after: colon)...].drop { $0 == " " })
      switch line[..<colon].lowercased() {
      case "content-length": length = Int(value)
      case "transfer-encoding": return nil
      case "location": redirection = Self.path(of: value)
      default: break
      }
    }
    self.status = status
    self.redirection = redirection
    head = lines.map { $0 + "\r\n" }.joined()
    let body = Array(bytes[(end + separator.count)...])
    self.body = body
    isWhole = body.count >= length ?? 0
  }

  /// Of a URL, without the slash before it.
  private static func path(of url: String) -> String? {
    let parts = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false)
    guard url.hasPrefix("http") else { return url.hasPrefix("/") ? String(url.dropFirst()) : nil }
    return parts.count == 4 ? String(parts[3]) : nil
  }
}
