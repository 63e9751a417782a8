import SystemPackage

/// The full size takes up to ten minutes; the smoke size only shows that everything can still be measured.
enum Size {
  case full, smoke

  func callAsFunction<Value>(full: Value, smoke: Value) -> Value { self == .full ? full : smoke }
}

struct Options {
  static let usage = """
    usage: bench [options]

        --smoke           the smoke size: everything is measured, of little data
        --only TEXT       only the rows whose names contain TEXT
        --list            list the rows
        --bin DIR         the programs to measure (default: the folder of this program)
        --scratch DIR     where to work (default: a tmpfs with room, else the folder for temporary files)
        --output FILE     write the results to FILE, too
        --offline         do not fetch the Python tool to compare with
        --seed NUMBER     the seed of the data
        -h                show this
    """

  var size = Size.full
  var only: String?
  var isList = false
  var bin: FilePath?
  var scratch: FilePath?
  var output: FilePath?
  var isOffline = false
  var seed: UInt64 = 20_260_101

  /// `nil` when the usage is asked for.
  init?(_ arguments: [String]) throws {
    var rest = arguments[...]
    func value(of option: String) throws -> String {
      guard let value = rest.popFirst() else { throw BenchError.usage("option '\(option)' needs a value") }
      return value
    }
    while let option = rest.popFirst() {
      switch option {
      case "--smoke": size = .smoke
      case "--only": only = try value(of: option)
      case "--list": isList = true
      case "--bin": bin = FilePath(try value(of: option))
      case "--scratch": scratch = FilePath(try value(of: option))
      case "--output": output = FilePath(try value(of: option))
      case "--offline": isOffline = true
      case "--seed":
        let text = try value(of: option)
        guard let number = UInt64(text) else { throw BenchError.usage("'\(text)' is not a seed") }
        seed = number
      case "-h", "--help": return nil
      default: throw BenchError.usage("unknown option '\(option)'")
      }
    }
  }
}
