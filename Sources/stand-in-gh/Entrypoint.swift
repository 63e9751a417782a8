import Platform

/// What `gh api` does of all that tests make git-orch ask of it, in a tenth of the time: `gh` takes 70 ms of a processor for
/// each start. It talks to the forge of the tests through the socket that gh's own settings name; whatever else it is asked
/// for, the real `gh` answers, which `GIT_ORCH_TEST_GH` names. `StandInGhTests` hold it to the real one.
@main enum Entrypoint {
  static func main() {
    guard let call = APICall(Array(CommandLine.arguments.dropFirst())), let socket = socketPath(),
      let token = variable("GH_TOKEN") ?? variable("GITHUB_TOKEN"), call.host == "github.com"
    else { becomeGh() }
    var path = call.path
    // As Go's client follows them: reading requests alone.
    for _ in 0..<10 {
      guard let answer = exchange(call, path, socket, token) else {
        complain("error connecting to \(call.host)\n")
        exit(1)
      }
      if call.method == "GET", [301, 302, 307, 308].contains(answer.status), let next = answer.redirection {
        path = next
        continue
      }
      write(answer.head + "\r\n", answer.body)
      guard answer.isWhole else {
        complain("unexpected EOF\n")
        exit(1)
      }
      if answer.status >= 300 {
        complain("gh: HTTP \(answer.status)\n")
        exit(1)
      }
      exit(0)
    }
    complain("stopped after 10 redirects\n")
    exit(1)
  }

  static func variable(_ name: String) -> String? {
    guard let value = getenv(name), value.pointee != 0 else { return nil }
    return String(cString: value)
  }

  /// `http_unix_socket: PATH` in gh's settings.
  private static func socketPath() -> String? {
    guard let folder = variable("GH_CONFIG_DIR"), let file = fopen("\(folder)/config.yml", "r") else { return nil }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 512)
    let key = "http_unix_socket: "
    while fgets(&line, Int32(line.count), file) != nil {
      let text = String(decoding: line.prefix { $0 != 0 && $0 != 10 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      if text.hasPrefix(key) { return String(text.dropFirst(key.count)) }
    }
    return nil
  }

  private static func exchange(_ call: APICall, _ path: String, _ socket: String, _ token: String) -> Answer? {
    guard let descriptor = connect(to: socket) else { return nil }
    defer { close(descriptor) }
    var request = "\(call.method) /\(path) HTTP/1.1\r\nHost: api.\(call.host)\r\nAuthorization: token \(token)\r\n"
    request += "Accept: */*\r\nUser-Agent: stand-in-gh\r\nConnection: close\r\n"
    if let input = call.input {
      request += "Content-Type: application/json; charset=utf-8\r\nContent-Length: \(input.count)\r\n"
    }
    request += "\r\n"
    guard send(Array(request.utf8) + (call.input ?? []), to: descriptor) else { return nil }
    return Answer(readAll(descriptor))
  }

  private static func connect(to path: String) -> Int32? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = Array(path.utf8)
    guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    #if canImport(Darwin)
      let descriptor = socket(AF_UNIX, SOCK_STREAM, 0)
    #else
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    #endif
    let isConnected = withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Platform.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size)) == 0
      }
    }
    if isConnected { return descriptor }
    close(descriptor)
    return nil
  }

  private static func send(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Platform.write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  static func readAll(_ descriptor: Int32) -> [UInt8] {
    var all: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &buffer, buffer.count)
      guard count > 0 else { return all }
      all += buffer.prefix(count)
    }
  }

  private static func write(_ head: String, _ body: [UInt8]) {
    _ = send(Array(head.utf8) + body, to: 1)
  }

  private static func complain(_ words: String) {
    _ = send(Array(words.utf8), to: 2)
  }

  private static func becomeGh() -> Never {
    guard let program = variable("GIT_ORCH_TEST_GH") else {
      complain("stand-in-gh: GIT_ORCH_TEST_GH does not name the real gh\n")
      exit(127)
    }
    var arguments: [UnsafeMutablePointer<CChar>?] = [strdup("gh")]
    for argument in CommandLine.arguments.dropFirst() { arguments.append(strdup(argument)) }
    arguments.append(nil)
    execv(program, arguments)
    complain("stand-in-gh: '\(program)' cannot be started\n")
    exit(127)
  }
}
