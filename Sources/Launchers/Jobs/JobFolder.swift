package import Agents
package import Basics
package import Processes
package import SystemPackage

/// What a job and we tell each other, as files of a folder that both see: it outlives the scheduler's memory, and tells
/// what the scheduler cannot.
///
/// | file | by | says |
/// |---|---|---|
/// | `job.sh` | us | what is submitted |
/// | `environment` | us | the agent's variables (mode 600), as an agent's login must not be in the scheduler's records |
/// | `owner` | us | the launcher and the key, of a job that no journal tells of |
/// | `claim` | the job | a folder: the first job of the key that makes it is the only one to start an agent |
/// | `started` | the job | its node, and its number there |
/// | `alive` | the job | changes every few seconds while the agent runs |
/// | `stop`, `kill` | us | what the job does about its agent, also when the scheduler is down |
/// | `exit` | the job | the end of the agent, put in place as a whole, as the last act |
/// | `scheduler.err` | the scheduler | what it has to say of the job |
///
/// A job on a machine that shares no files with us has such a folder there, and what it says is brought into ours; the
/// scheduler's part is ours then. See ``FarJob``.
package struct JobFolder: Sendable, Equatable {
  package let path: FilePath

  package init(_ path: FilePath) { self.path = path }

  package var script: FilePath { path.appending("job.sh") }
  package var environment: FilePath { path.appending("environment") }
  package var schedulerErrors: FilePath { path.appending("scheduler.err") }
  package var claim: FilePath { path.appending("claim") }

  /// The launcher and the key of a job that no journal tells of; nil where there is none.
  package var owner: (launcher: String, key: String)? {
    let lines = path.appending("owner").readTail(limit: 4096).split(whereSeparator: \.isNewline).map(String.init)
    return lines.count == 2 ? (lines[0], lines[1]) : nil
  }

  /// Whether it is a program of the project's, and no agent.
  package var isProgram: Bool { path.appending("owner").exists }

  /// Says whose the job is, before it is handed to anybody.
  func claim(for launcher: any Launcher, key: String) throws {
    try FileSystem.createFolder(path, permissions: 0o700)
    try FileSystem.create(path.appending("owner"), containing: "\(launcher.name)\n\(key)\n")
  }

  /// Whether a job has begun, or has said so.
  package var isClaimed: Bool { !FileSystem.isAbsent(claim) }

  /// The agent's end; nil while it has none.
  package var exit: JobExit? {
    let text = path.appending("exit").readTail(limit: 256)
    return text.isEmpty ? nil : JobExit(text)
  }

  /// The node on which the agent runs or ran; nil before it began.
  package var node: String? {
    let text = path.appending("started").readTail(limit: 512)
    return text.split(whereSeparator: \.isWhitespace).first.map { plainText(String($0), limit: 80) }
  }

  /// Changes while the job lives; nil before it has begun.
  package var sign: FileStamp? { FileStamp(path.appending("alive")) }

  /// Whether the job may be at work, or may come to be: nothing says that it is over.
  package var isOpen: Bool { FileSystem.isAbsent(path.appending("exit")) }

  /// Lets no agent start any more, and asks one that runs to end, or to die.
  package func forbid(killing: Bool) {
    // The folder may be gone, and with it what could be asked.
    for name in killing ? ["stop", "kill"] : ["stop"] where FileSystem.isAbsent(path.appending(name)) {
      try? FileSystem.create(path.appending(name), containing: "")
    }
  }

  /// Removes the agent's variables, which nobody needs any more.
  package func forgetEnvironment() {
    try? FileSystem.remove(environment)
    // Packed to be sent, by a process that was killed.
    try? parcel.removeTree()
  }

  /// Where a job is packed that is sent.
  var parcel: FilePath { path.appending("parcel") }

  /// Says that the job is over, for one that was killed before it could.
  package func close() {
    forgetEnvironment()
    try? FileSystem.create(path.appending("exit"), containing: "137 TERM 0\n")
  }

  /// Writes all that the job needs.
  package func prepare(_ invocation: Invocation, _ files: AttemptFiles) throws {
    try FileSystem.createFolder(path, permissions: 0o700)
    try FileSystem.create(environment, containing: JobScript.environment(invocation.finalEnvironment))
    try FileSystem.create(script, containing: JobScript.text(invocation, files, in: self))
  }
}

/// What the exit file says: `<status> <TERM or none> <seconds>`.
package struct JobExit: Sendable, Equatable {
  package let exit: ExitDescription
  /// Whether the job was asked to end, by whomever.
  package let wasAsked: Bool
  /// How long the job ran.
  package let seconds: Int

  package init(exit: ExitDescription, wasAsked: Bool, seconds: Int) {
    self.exit = exit
    self.wasAsked = wasAsked
    self.seconds = seconds
  }

  init?(_ text: String) {
    let fields = text.split(whereSeparator: \.isWhitespace)
    guard fields.count == 3, let status = Int32(fields[0]), let seconds = Int(fields[2]) else { return nil }
    // As a shell counts.
    self.init(
      exit: (129...192).contains(status) ? .signal(status - 128) : .code(status), wasAsked: fields[1] == "TERM",
      seconds: seconds)
  }
}
