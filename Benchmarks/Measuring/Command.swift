import SystemPackage

/// A program to run and measure.
struct Command {
  var arguments: [String]
  var directory: FilePath
  var environment: [String: String]
  /// Where standard output and error go; the reasons for failures are read from the latter.
  var output: FilePath = "/dev/null"
  var errors: FilePath
  var input: FilePath = "/dev/null"
  var limits = Limits()
  /// Exit statuses by which it says that it did what was asked.
  var accepted: Set<Int32> = [0]

  /// What a child may use before it is stopped, so that a fault of the suite does not take the machine along.
  struct Limits {
    var seconds = 120.0
    /// Of the program or one of its own children, in bytes.
    var memory = min(Machine.memory / 4, 3_000_000_000)
  }
}

/// What a process cost, with all of its children that it waited for.
struct Cost {
  /// In seconds.
  var wall: Double
  /// User and system time, in seconds.
  var cpu: Double
  /// The largest resident memory among the process and its children, in bytes. No smaller than ours was when it began,
  /// since Linux counts from the fork: we stay small.
  var peak: Int
  /// Why it was stopped before its end: a limit of ours.
  var stopped: String?
}
