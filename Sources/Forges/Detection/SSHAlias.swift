import Basics
import Processes

/// Names that ssh's configuration gives to hosts.
enum SSHAlias {
  /// The host that ssh would connect to for that name; nil when ssh is not there, does not answer within five seconds,
  /// or means the name itself.
  static func host(behind alias: HostName, environment: [String: String]) async -> HostName? {
    guard let ssh = ExecutableSearch(environment).locate("ssh") else { return nil }
    let program = Invocation(executable: ssh, arguments: ["-G", alias.description], environment: environment)
    guard let output = try? await program.run(timeout: .seconds(5)), output.status == 0 else { return nil }
    let lines = String(decoding: output.standardOutput, as: UTF8.self).split(whereSeparator: \.isNewline)
    guard let line = lines.first(where: { $0.lowercased().hasPrefix("hostname ") }) else { return nil }
    let real = HostName(line.dropFirst("hostname ".count))
    return real == alias ? nil : real
  }
}
