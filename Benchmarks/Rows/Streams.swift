import Agents
import ClaudeCode
import Processes
import SystemPackage

extension Row {
  /// Reading an agent's stream: CPU time against Python's JSON, and memory.
  static func stream(megabytes: Int, seconds: Double, wanted: String) -> Row {
    let name = "agent's stream of \(Text.count(megabytes)) MB, CPU"
    return Row(name: name, wanted: wanted, against: "python3 json.loads") { bench in
      try measureStream(bench, megabytes, seconds: seconds) {
        try StreamData.write($0, bytes: megabytes << 20, seed: bench.seed)
      }
    }
  }

  static func longLine(megabytes: Int, wanted: String) -> Row {
    let name = "agent's stream with a line of \(Text.count(megabytes)) MB, CPU"
    return Row(name: name, wanted: wanted, against: "python3 json.loads") { bench in
      try measureStream(bench, megabytes, seconds: 10) { try StreamData.writeLongLine($0, bytes: megabytes << 20) }
    }
  }

  private static func measureStream(
    _ bench: Bench, _ megabytes: Int, seconds: Double, _ write: (FilePath) throws -> Void
  ) throws -> Measurement {
    let folder = try bench.scratch.folder("stream")
    defer { try? bench.scratch.empty(folder) }
    let file = folder.appending("attempt-1.ndjson")
    try write(file)
    let ours = try bench.part(.readStream, [file.string], in: folder)
    guard (try? bench.capture(["python3", "--version"], in: folder)) != nil else {
      let cost = try ours.run()
      return Measurement(
        ours: perMegabyte(cost.cpu, megabytes), notes: ["memory \(Text.bytes(cost.peak))", "python3 is not here"])
    }
    let reading = "import json, sys\nfor line in open(sys.argv[1], 'rb'): json.loads(line)"
    let other = bench.command(["python3", "-c", reading, file.string], in: folder)
    let pairs = try Pairs(bench.size(full: 7, smoke: 1), seconds: seconds) {
      try other.run()
    } ours: {
      try ours.run()
    }
    var measurement = pairs.measurement(\.cpu) { perMegabyte($0, megabytes) }
    measurement.notes.append("memory \(Text.bytes(pairs.peak)), theirs \(Text.bytes(pairs.otherPeak))")
    return measurement
  }

  private static func perMegabyte(_ seconds: Double, _ megabytes: Int) -> String {
    "\(Text.number(seconds * 1000 / Double(megabytes))) ms a MB"
  }
}

extension MeasuredPart {
  /// Reads a stream as one that supervises an agent does, up to the end that it has now.
  static func readStream(_ path: FilePath) throws {
    var stream = AgentStream(reader: ClaudeStreamReader())
    var (texts, tools, results) = (0, 0, 0)
    func note(_ event: AgentEvent) {
      switch event {
      case .text: texts += 1
      case .toolUse: tools += 1
      case .result: results += 1
      default: break
      }
    }
    let follower = try FileFollower(path: path)
    while !follower.readAvailable({ stream.feed($0, note) }) {}
    stream.finish(note)
    guard results == 1, stream.counts.badLines == 0, stream.counts.unknownTypes == 0 else {
      throw BenchError.failed("\(stream.counts), \(texts) texts, \(tools) tool calls, \(results) results")
    }
  }
}
