import Basics
import Logging
import Platform

/// Writes lines such as `12:34:56.123456 git-orch[4711] process: …`, without secrets and safe to show.
struct TraceHandler: LogHandler {
  let target: TraceTarget
  let secrets: Secrets
  var metadata: Logger.Metadata = [:]
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    target.write(
      Self.line(time: Self.time(), subject: event.source, secrets.masking(event.message.description)))
  }

  static func line(time: String, subject: String, _ words: String) -> String {
    "\(time) git-orch[\(getpid())] \(subject): \(sanitized(words))\n"
  }

  private static func time() -> String {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    var parts = tm()
    localtime_r(&now.tv_sec, &parts)
    func padded(_ number: Int, _ width: Int) -> String {
      let digits = String(number)
      return String(repeating: "0", count: max(0, width - digits.count)) + digits
    }
    let clock = [parts.tm_hour, parts.tm_min, parts.tm_sec].map { padded(Int($0), 2) }.joined(separator: ":")
    return "\(clock).\(padded(now.tv_nsec / 1000, 6))"
  }
}
