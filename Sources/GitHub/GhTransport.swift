import Basics
import Forges
import HTTP
import Processes
import SystemPackage

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// GitHub's REST API through `gh api`, which keeps the login: no token passes through here.
struct GhTransport: Sendable {
  /// nil when it is not installed.
  private let gh: FilePath?
  private let environment: [String: String]
  private let directory: FilePath
  private let login: GitHubLogin
  let address: GitHubAddress

  init(site: ForgeRepository, environment: [String: String], directory: FilePath) {
    gh = ExecutableSearch(environment).locate("gh")
    login = GitHubLogin(host: site.host, environment: environment)
    address = GitHubAddress(host: site.host)
    self.directory = directory
    var environment = environment
    // A trace would hold other people's text, colours and pagers would change what is read.
    for name in ["GH_DEBUG", "DEBUG", "GH_FORCE_TTY", "CLICOLOR_FORCE", "GH_PAGER"] { environment[name] = nil }
    environment.merge(
      ["GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "GH_PAGER": "cat", "NO_COLOR": "1"]
    ) { $1 }
    self.environment = environment
  }

  /// One exchange; redirects of reading requests are followed by `gh`.
  /// - Throws: `HTTPFailure`, `ForgeError` when there is no `gh` or no login, `CancellationError`.
  func send(_ request: HTTPRequest) async throws -> HTTPResponse {
    guard let gh else {
      throw ForgeError(.clientMissing, "'gh' is not installed: it is needed to reach GitHub", hints: login.installHints)
    }
    guard let path = address.path(of: request.url) else {
      throw ForgeError(.serverError, "'\(request.url.host() ?? "?")' is not the host of \(address.host)'s API")
    }
    // The host must be said, or the default host would be asked, whatever the repository is.
    var arguments = ["api", "--hostname", address.host, "-i", "-X", request.method, path]
    // Its input is a file that is whole before gh starts, has no name and is for us alone. Opened as a file, not read as
    // a stream, its length is known and sent: a request that is cut short can be taken for nothing else.
    if request.body != nil { arguments += ["--input", "/dev/stdin"] }
    let output: ProcessOutput
    do {
      output = try await Invocation(
        executable: gh, arguments: arguments, environment: environment, directory: directory
      ).run(input: request.body.map { Array($0) }, outputLimit: 64 << 20, timeout: request.timeout)
    } catch {
      switch error {
      case .cancelled: throw CancellationError()
      case .timedOut(let limit): throw HTTPFailure.timedOut(limit)
      case .outputTooLarge(let limit): throw HTTPFailure.bodyTooLarge(limit: limit)
      case .notStarted, .exhausted: throw ForgeError(.clientMissing, "'\(gh)' cannot be started: \(error)")
      }
    }
    return try response(output)
  }

  private func response(_ output: ProcessOutput) throws -> HTTPResponse {
    let complaint = String(decoding: output.standardError, as: UTF8.self)
    guard let response = Self.response(in: output.standardOutput) else {
      // 4 is its status for this; `gh auth` is in its advice when a host is unknown to it.
      if output.status == 4 || complaint.contains("gh auth login") || complaint.contains("host configurations") {
        throw login.missing
      }
      throw HTTPFailure.connection(Self.reason(complaint, status: output.status))
    }
    // With a status of success, gh fails only when the body does not come to its end.
    if output.status != 0, (200..<300).contains(response.status) {
      throw HTTPFailure.connection(Self.reason(complaint, status: output.status))
    }
    return response
  }

  /// What `gh api -i` prints: the status line, the headers, an empty line, the body. nil when it is not that.
  static func response(in output: [UInt8]) -> HTTPResponse? {
    var rest = output[...]
    func line() -> String? {
      guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
      defer { rest = rest[(end + 1)...] }
      let bytes = rest[..<end]
      return String(decoding: bytes.last == UInt8(ascii: "\r") ? bytes.dropLast() : bytes, as: UTF8.self)
    }
    guard let words = line()?.split(separator: " "), words.count >= 2, words[0].hasPrefix("HTTP/"),
      let status = Int(words[1])
    else { return nil }
    var headers: [String: String] = [:]
    while let header = line() {
      guard !header.isEmpty else { return HTTPResponse(status: status, headers: headers, body: Data(rest)) }
      guard let colon = header.firstIndex(of: ":") else { return nil }
      headers[String(header[..<colon])] = String(header[colon...].dropFirst())
    }
    return nil
  }

  /// The first line of what gh says, without its `gh: `; what follows is advice for people at a terminal.
  private static func reason(_ complaint: String, status: Int32) -> String {
    let line = complaint.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
    let reason = line.hasPrefix("gh: ") ? String(line.dropFirst(4)) : line
    return reason.isEmpty ? "'gh api' ended with status \(status) and no message" : reason
  }
}

/// Where the API of a GitHub is.
struct GitHubAddress: Sendable {
  let host: String

  /// `https://api.github.com`, `https://git.example.com/api/v3`.
  private var base: String { host == "github.com" ? "https://api.github.com" : "https://\(host)/api/v3" }

  /// `path` is percent-encoded.
  func url(_ path: String) -> URL? { URL(string: "\(base)/\(path)") }

  /// What `gh api` is to be asked for, and nil for a URL of another host: no login may go there.
  func path(of url: URL) -> String? {
    guard url.user() == nil, url.port == nil, let authority = url.host()?.lowercased() else { return nil }
    guard authority == host || authority == "api.\(host)" else { return nil }
    var path = url.path(percentEncoded: true)
    if authority == host {
      guard path.hasPrefix("/api/v3/") else { return nil }
      path.removeFirst("/api/v3".count)
    }
    guard path.hasPrefix("/"), !path.hasPrefix("//") else { return nil }
    return path.dropFirst() + (url.query(percentEncoded: true).map { "?\($0)" } ?? "")
  }
}
