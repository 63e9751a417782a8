import SystemPackage

/// One call of the program: the rows one after another, and the results.
struct Session {
  /// Ten minutes are all that it may take; the last few seconds of them are for tidying up.
  private static let seconds = 580.0

  let options: Options

  init(_ options: Options) { self.options = options }

  /// Returns the exit status: 1 when a row could not be measured.
  func run() throws -> Int32 {
    let rows = allRows(options.size).filter { options.only.map($0.name.contains) ?? true }
    if options.isList {
      for row in rows { print(row.name) }
      return 0
    }
    guard !rows.isEmpty else { throw BenchError.usage("no row's name contains '\(options.only ?? "")'") }
    Interrupts.install()
    let scratch = try Scratch(options)
    defer { scratch.remove() }
    let bench = try Bench(options, scratch: scratch, seconds: Self.seconds)
    var report = Report(bench)
    for row in rows {
      narrate("\(row.name) …")
      report.add(row, try result(of: row, bench))
    }
    let text = report.markdown
    print(text, terminator: "")
    if let output = options.output { try Files.write(Machine.currentFolder.pushing(output), text) }
    return report.hasFailures ? 1 : 0
  }

  private func result(of row: Row, _ bench: Bench) throws -> Report.Result {
    guard bench.secondsLeft > row.needs else { return .notMeasured("too little was left of the ten minutes") }
    defer { bench.scratch.endProcesses() }
    do {
      let measurement = try row.measure(bench)
      narrate("  \(measurement.ratio.map(Text.ratio) ?? measurement.ours)")
      return .measured(measurement)
    } catch BenchError.interrupted(let signal) {
      throw BenchError.interrupted(signal: signal)
    } catch BenchError.notHere(let reason) {
      narrate("  not measured: \(reason)")
      return .notMeasured(reason)
    } catch {
      complain("\(row.name): \(error)")
      return .failed("\(error)")
    }
  }
}
