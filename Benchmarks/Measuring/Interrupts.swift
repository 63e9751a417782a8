import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Ctrl-C and its like: noted here, so that children are ended and the scratch folder is removed on the way out.
enum Interrupts {
  private static let received = Atomic<Int32>(0)

  /// The signal that came; `nil` when none did.
  static var signal: Int32? {
    let number = received.load(ordering: .relaxed)
    return number == 0 ? nil : number
  }

  static func install() {
    // Made here, since a signal handler must not be the first to use it.
    received.store(0, ordering: .relaxed)
    for number in [SIGINT, SIGTERM, SIGHUP] {
      Self.handle(number) { Interrupts.received.store($0, ordering: .relaxed) }
    }
    // Who reads our output may have gone: that is an error of a write then.
    Self.handle(SIGPIPE) { _ in }
  }

  private static func handle(_ number: Int32, _ handler: @escaping @convention(c) (Int32) -> Void) {
    #if canImport(Darwin)
      _ = Darwin.signal(number, handler)
    #elseif canImport(Musl)
      _ = Musl.signal(number, handler)
    #else
      _ = Glibc.signal(number, handler)
    #endif
  }

  /// Throws once a signal has come. Called wherever something takes long.
  static func check() throws {
    if let signal { throw BenchError.interrupted(signal: signal) }
  }
}
