import Basics

/// Refuses text for a terminal that could do something there, or hide something.
func checkShown(_ lines: [String], _ what: String, tabs: Bool = false) throws {
  for line in lines {
    for scalar in line.unicodeScalars {
      let isFine =
        switch scalar.value {
        case 0x09: tabs
        case 0..<0x20, 0x7f..<0xa0, 0x202a...0x202e, 0x2066...0x2069, 0x200e...0x200f, 0x2028...0x2029: false
        default: true
        }
      guard isFine else {
        throw Violation("\(what) shows U+\(hex(scalar.value, digits: 4)): \(sanitized(line, limit: 200))")
      }
    }
  }
}

/// The same for a text of several lines.
func checkShown(text: String, _ what: String) throws {
  try checkShown(text.split(separator: "\n").map(String.init), what, tabs: true)
}

/// The same for what is written in colors.
func checkPainted(_ lines: [String], _ what: String) throws {
  try checkShown(lines.map { $0.replacing(#/\u{1B}\[[0-9;]*[A-Za-z]/#, with: "") }, what)
}

/// No sum of what is counted is below zero, and none is no number.
func checkSum(_ value: Double, _ what: String) throws {
  guard value.isFinite, value >= 0 else { throw Violation("\(what) is \(value)") }
}
