import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Measures the suite: `make bench`. Nothing here asserts a time; a row that cannot be measured makes it exit with 1.
@main
struct Entrypoint {
  static func main() async {
    let arguments = Array(CommandLine.arguments.dropFirst())
    // The parts of the suite that are measured on their own run as children of ours, so that each is a whole process.
    if let part = arguments.first.flatMap(MeasuredPart.init(rawValue:)) {
      exit(await part.run(Array(arguments.dropFirst())))
    }
    do {
      guard let options = try Options(arguments) else {
        print(Options.usage)
        return
      }
      exit(try Session(options).run())
    } catch let error as BenchError {
      complain("\(error)")
      if case .interrupted(let signal) = error { exit(128 + signal) }
      exit(1)
    } catch {
      complain("\(error)")
      exit(1)
    }
  }
}

/// A line on standard error.
func complain(_ line: String) {
  narrate("bench: \(line)")
}

/// A line on standard error that says what is being done.
func narrate(_ line: String) {
  _ = try? FileDescriptor.standardError.writeAll("\(line)\n".utf8)
}
