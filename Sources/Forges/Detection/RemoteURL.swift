import Basics

/// A remote's URL, taken apart as git takes it apart. Who logs in, and with what, is not kept: a URL may hold a token.
package struct RemoteURL: Sendable, Equatable, CustomStringConvertible {
  package enum Scheme: String, Sendable {
    case https, http, ssh, git
  }

  /// Where the repository is.
  package enum Location: Sendable, Equatable {
    /// On another host. The port is nil when none is written.
    case host(HostName, scheme: Scheme, port: UInt16?)
    /// A path, or a `file://` URL.
    case folder
    /// Reached through a program of that name (`ext::…`, `codecommit://…`), which alone understands the rest.
    case helper(String)
  }

  package let location: Location
  /// The parts of the path, percent signs decoded where git decodes them, without empty ones, and without the `.git` of
  /// the last; nothing for folders and helpers.
  package let path: [String]

  /// - Returns: nil for what is no URL that git could use, or that two programs could read as two different hosts.
  package init?(_ text: String) {
    guard !text.isEmpty, !text.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7f }) else {
      return nil
    }
    if let helper = Self.helper(of: text) {
      self.init(.helper(helper))
    } else if let separator = text.firstRange(of: "://"), Self.isSchemeName(text[..<separator.lowerBound]) {
      self.init(scheme: text[..<separator.lowerBound].lowercased(), rest: text[separator.upperBound...])
    } else if Self.isFolder(text) {
      self.init(.folder)
    } else {
      self.init(shortForm: text[...])
    }
  }

  private init(_ location: Location, path: [String] = []) {
    self.location = location
    self.path = path
  }

  private init?(scheme name: String, rest: Substring) {
    let scheme: Scheme
    switch name {
    case "https", "git+https": scheme = .https
    case "http", "git+http": scheme = .http
    case "ssh", "git+ssh", "ssh+git": scheme = .ssh
    case "git": scheme = .git
    case "file":
      self.init(.folder)
      return
    default:
      self.init(.helper(name))
      return
    }
    let end = rest.firstIndex(of: "/") ?? rest.endIndex
    // Programs differ in whether these end the host.
    guard !rest[..<end].contains(where: { "?#\\".contains($0) }),
      let (host, port) = Self.hostAndPort(Self.withoutUser(rest[..<end]))
    else { return nil }
    self.init(.host(host, scheme: scheme, port: port), path: Self.parts(of: rest[end...], decoding: true))
  }

  /// `[user@]host:path`, as scp has it, and `[user@host:port]:path`, as git has it for ports.
  private init?(shortForm text: Substring) {
    let place: Substring
    let rest: Substring
    // `@` belongs to the user only before the first colon outside brackets: `host:x@y` is a path on `host`.
    if let close = text.firstIndex(of: "]"), let open = text[..<close].firstIndex(of: "["),
      !text[..<open].contains(":")
    {
      rest = text[text.index(after: close)...]
      let inside = text[text.index(after: open)..<close]
      guard open == text.startIndex || text[..<open].last == "@" else { return nil }
      let address = Self.withoutUser(inside)
      place = address.count(where: { $0 == ":" }) > 1 ? "[\(address)]" : address
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      (place, rest) = (Self.withoutUser(text[..<colon]), text[colon...])
    }
    guard rest.first == ":", let (host, port) = Self.hostAndPort(place) else { return nil }
    // A shell on the other side gets the path as it is.
    self.init(.host(host, scheme: .ssh, port: port), path: Self.parts(of: rest.dropFirst(), decoding: false))
  }

  /// Without user and password, and fit for a terminal: what is not plain in the path has percent signs.
  package var description: String {
    switch location {
    case .folder: "a folder"
    case .helper(let name): "\(name)::"
    case .host(let host, let scheme, let port):
      "\(scheme.rawValue)://\(host.bracketed)\(port.map { ":\($0)" } ?? "")/\(path.map(percentEncoded).joined(separator: "/"))"
    }
  }

  // MARK: - Parts

  /// The program of `program::address`.
  private static func helper(of text: String) -> String? {
    guard let separator = text.firstRange(of: "::") else { return nil }
    let name = text[..<separator.lowerBound]
    return isSchemeName(name) ? name.lowercased() : nil
  }

  private static func isSchemeName(_ text: Substring) -> Bool {
    guard let first = text.utf8.first, isLetterOrDigit(first) else { return false }
    return text.utf8.allSatisfy { isLetterOrDigit($0) || "+-.".utf8.contains($0) }
  }

  /// As git decides: a path, unless a colon stands before the first slash.
  private static func isFolder(_ text: String) -> Bool {
    guard let colon = text.firstIndex(of: ":") else { return true }
    return text.firstIndex(of: "/").map { $0 < colon } ?? false
  }

  /// What stands after the last `@`, which is where curl and ssh look for the host.
  private static func withoutUser(_ authority: Substring) -> Substring {
    authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] } ?? authority
  }

  private static func hostAndPort(_ text: Substring) -> (HostName, UInt16?)? {
    let host: Substring
    let rest: Substring
    if text.first == "[" {
      guard let close = text.firstIndex(of: "]") else { return nil }
      (host, rest) = (text[text.index(after: text.startIndex)..<close], text[text.index(after: close)...])
      guard host.contains(":") else { return nil }
    } else {
      let colon = text.firstIndex(of: ":") ?? text.endIndex
      (host, rest) = (text[..<colon], text[colon...])
    }
    guard let name = HostName(host) else { return nil }
    if rest.isEmpty || rest == ":" { return (name, nil) }
    let digits = rest.dropFirst()
    guard rest.first == ":", digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let port = UInt16(digits), port > 0
    else { return nil }
    return (name, port)
  }

  private static func parts(of path: Substring, decoding: Bool) -> [String] {
    // Decoded after the cut: an encoded slash is part of a name.
    var parts = path.split(separator: "/").map { decoding ? percentDecoded($0) : String($0) }
    if let last = parts.last, last.hasSuffix(".git"), last != ".git" {
      parts[parts.count - 1] = String(last.dropLast(4))
    }
    return parts
  }
}

func isLetterOrDigit(_ byte: UInt8) -> Bool {
  switch byte {
  case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
    UInt8(ascii: "0")...UInt8(ascii: "9"):
    true
  default: false
  }
}
