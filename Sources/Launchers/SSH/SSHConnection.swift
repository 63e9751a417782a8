import Basics
import Platform
import Processes
import SystemPackage

/// A host as ssh calls it, and what is asked of it: scripts for a POSIX shell, which come over standard input, so that
/// nobody sees them in a list of processes, and whatever the user's own shell is there.
///
/// Each question is a connection of its own to ssh, and all of them share one to the host. Nothing stays that could go on
/// when we die, but for that one connection, for a moment.
struct SSHConnection: Sendable {
  let host: String
  let environment: [String: String]

  /// How long a short question may take. Of a long one, ssh itself notices when the host is gone.
  static let patience = Duration.seconds(25)
  static let longPatience = Duration.seconds(3600)

  /// Stands before the answer: what a user's own start-up files print is before it.
  static let mark = "\u{1}git-orch\n"

  /// - Parameter input: what the script finds on its standard input.
  func ask(
    _ script: String, patience: Duration = Self.patience, outputLimit: Int = 64 << 20
  ) async throws(LaunchError) -> ArraySlice<UInt8> {
    let text = Self.prepared(script)
    let output: ProcessOutput
    do throws(ProcessFailure) {
      let invocation = try invocation(for: text)
      output = try await RunMark.$run.withValue(nil) {
        () async -> Result<ProcessOutput, ProcessFailure> in
        do throws(ProcessFailure) {
          let output = try await invocation.run(input: Array(text.utf8), outputLimit: outputLimit, timeout: patience)
          return .success(output)
        } catch {
          return .failure(error)
        }
      }.get()
    } catch {
      throw failure(error)
    }
    guard let answer = Self.answer(in: output.standardOutput), output.exit == .code(0) else {
      throw failure(output.exit, output.standardError)
    }
    return answer
  }

  /// The same with a file as the rest of the input, and one that gets all of the output: for more than memory should hold.
  /// - Parameter parcel: begins with the script, as ``prepared(_:)`` has it.
  func ask(_ script: String, parcel: FilePath?, into file: FilePath) async throws(LaunchError) {
    let text = Self.prepared(script)
    let (exit, errors): (ExitDescription, [UInt8])
    do throws(ProcessFailure) {
      let invocation = try invocation(for: text)
      (exit, errors) = try await RunMark.$run.withValue(nil) {
        () async -> Result<(ExitDescription, [UInt8]), ProcessFailure> in
        do throws(ProcessFailure) {
          let result = try await invocation.run(from: parcel, into: file, timeout: Self.longPatience)
          return .success(result)
        } catch {
          return .failure(error)
        }
      }.get()
    } catch {
      throw failure(error)
    }
    guard exit == .code(0) else { throw failure(exit, errors) }
  }

  /// With the mark before what it prints.
  static func prepared(_ script: String) -> String { "printf '\\001git-orch\\n'\n\(script)\nexit 0\n" }

  static func answer(in bytes: [UInt8]) -> ArraySlice<UInt8>? {
    let mark = Array(Self.mark.utf8)
    guard bytes.count >= mark.count else { return nil }
    // What stands before is short.
    for start in 0...min(bytes.count - mark.count, 1 << 16) where bytes[start] == 1 {
      if bytes[start..<(start + mark.count)].elementsEqual(mark) { return bytes[(start + mark.count)...] }
    }
    return nil
  }

  // MARK: - ssh

  private func invocation(for text: String) throws(ProcessFailure) -> Invocation {
    guard let ssh = ExecutableSearch(environment).locate("ssh") else { throw .notStarted("'ssh' is not found on PATH") }
    var options = [
      // Nobody is there who could be asked.
      "BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3",
      // Of the user's own settings for that host, those that are about sessions at a terminal.
      "RequestTTY=no", "RemoteCommand=none", "ClearAllForwardings=yes", "ForwardAgent=no", "ForwardX11=no",
      "PermitLocalCommand=no",
    ]
    if let folder = Self.socketFolder(environment) {
      options += ["ControlMaster=auto", "ControlPersist=15", "ControlPath=\(folder)/%C"]
    }
    // Exactly the script is read by the shell, and the rest is left to it.
    let command = "exec sh -c 'eval \"$(dd bs=1 count=\(text.utf8.count) 2>/dev/null)\"'"
    return Invocation(
      executable: ssh, arguments: ["-T"] + options.flatMap { ["-o", $0] } + ["--", host, command],
      environment: environment)
  }

  /// A folder of the user's own with a short path, as those of sockets must be; nil where there is none: then each question
  /// has a connection of its own.
  private static func socketFolder(_ environment: [String: String]) -> String? {
    let runtime = environment["XDG_RUNTIME_DIR"].flatMap { $0.utf8.count <= 30 && $0.hasPrefix("/") ? $0 : nil }
    let folder = runtime.map { "\($0)/git-orch" } ?? "/tmp/git-orch-\(getuid())"
    mkdir(folder, 0o700)
    var status = stat()
    guard lstat(folder, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == getuid(),
      status.st_mode & 0o077 == 0
    else { return nil }
    return folder
  }

  // MARK: - What goes wrong

  private func failure(_ error: ProcessFailure) -> LaunchError {
    switch error {
    case .timedOut(let limit): .unavailable("\(host) does not answer (nothing within \(limit.components.seconds) s)")
    case .notStarted: .refused("ssh: \(error)")
    default: .unavailable("ssh to \(host): \(error)")
    }
  }

  private func failure(_ exit: ExitDescription, _ errors: [UInt8]) -> LaunchError {
    let lines = String(decoding: errors, as: UTF8.self).split(whereSeparator: \.isNewline).map(String.init)
      .filter { !$0.isBlank && !$0.hasPrefix("Warning: Permanently added") }
    // One that all share says nothing when it breaks.
    let silence = exit == .code(255) ? "the connection broke" : "ssh: \(exit)"
    let last = lines.last.map { plainText($0, limit: 300) } ?? silence
    let words = last.contains(host) ? last : "\(host): \(last)"
    let lower = lines.joined(separator: "\n").lowercased()
    // These are the user's to fix; the others pass.
    let lasting = [
      "permission denied", "host key verification failed", "no matching", "bad configuration option",
      "bad owner or permissions", "could not resolve hostname",
    ]
    return lasting.contains(where: lower.contains) ? .refused(words) : .unavailable(words)
  }
}

extension SSHConnection {
  /// The answer's lines, each a word and what follows it.
  func lines(
    _ script: String, patience: Duration = Self.patience
  ) async throws(LaunchError) -> [(word: String, value: String)] {
    let answer = try await ask(script, patience: patience)
    return try lines(ofAnswer: answer)
  }

  /// The same of what a file has got.
  func lines(in bytes: ArraySlice<UInt8>) throws(LaunchError) -> [(word: String, value: String)] {
    guard let answer = Self.answer(in: Array(bytes)) else {
      throw .unavailable("\(host): the answer cannot be read")
    }
    return try lines(ofAnswer: answer)
  }

  func lines(ofAnswer answer: ArraySlice<UInt8>) throws(LaunchError) -> [(word: String, value: String)] {
    var lines: [(word: String, value: String)] = []
    for line in String(decoding: answer, as: UTF8.self).split(separator: "\n") {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      let value = parts.count > 1 ? parts[1] : ""
      if parts.first == "error" { throw .refused("\(host): \(plainText(value, limit: 400))") }
      lines.append((word: parts.first ?? "", value: value))
    }
    return lines
  }
}
