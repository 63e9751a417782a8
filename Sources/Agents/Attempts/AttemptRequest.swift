package import Processes
package import SystemPackage

/// Where an attempt's files stand. All but ``prompt`` and ``schema`` are made by the attempt and must not exist yet.
package struct AttemptFiles: Sendable, Equatable {
  package var prompt: FilePath
  /// The schema of its answer, for an agent that takes it so.
  package var schema: FilePath?
  /// The agent's standard output, byte for byte.
  package var stream: FilePath
  /// The agent's standard error.
  package var errors: FilePath
  /// The readable log.
  package var log: FilePath

  package init(prompt: FilePath, schema: FilePath? = nil, stream: FilePath, errors: FilePath, log: FilePath) {
    self.prompt = prompt
    self.schema = schema
    self.stream = stream
    self.errors = errors
    self.log = log
  }
}

package struct AttemptLimits: Sendable, Equatable {
  /// How long the agent may go without progress (``AgentEvent/isProgress``).
  package var inactivity: Duration
  /// How long it may run in all.
  package var maxRuntime: Duration
  /// How long it may stay after its result without printing a byte.
  package var lingering: Duration
  /// How long it has between SIGTERM and SIGKILL.
  package var killGrace: Duration

  package init(
    inactivity: Duration, maxRuntime: Duration, lingering: Duration = .seconds(30), killGrace: Duration = .seconds(10)
  ) {
    self.inactivity = inactivity
    self.maxRuntime = maxRuntime
    self.lingering = lingering
    self.killGrace = killGrace
  }
}

package struct AttemptRequest: Sendable {
  package var agent: any Agent
  package var session: AgentSession
  package var options: AgentOptions
  package var workingDirectory: FilePath
  package var files: AttemptFiles
  package var limits: AttemptLimits
  /// Ours, as we were started with it; the agent's is made from it.
  package var environment: [String: String]
  package var mark: RunMark
  package var sandbox: Sandbox?
  /// How it is started somewhere else; nil for this machine.
  package var launcher: (any AttemptLauncher)?
  /// What its streams may take, together with those of others; nil for whatever they take.
  package var streams: StreamBudget?
  /// What the limits are measured by.
  package var clock: any Clock<Duration>

  package init(
    agent: any Agent, session: AgentSession, options: AgentOptions, workingDirectory: FilePath, files: AttemptFiles,
    limits: AttemptLimits, environment: [String: String], mark: RunMark, sandbox: Sandbox? = nil,
    launcher: (any AttemptLauncher)? = nil, streams: StreamBudget? = nil, clock: any Clock<Duration> = SuspendingClock()
  ) {
    self.agent = agent
    self.session = session
    self.options = options
    self.workingDirectory = workingDirectory
    self.files = files
    self.limits = limits
    self.environment = environment
    self.mark = mark
    self.sandbox = sandbox
    self.launcher = launcher
    self.streams = streams
    self.clock = clock
  }
}
