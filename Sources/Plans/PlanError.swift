package import Basics

/// One fault of a plan and the place of it.
package struct PlanProblem: Sendable, Equatable, CustomStringConvertible {
  /// The file as the user named it; `nil` for what does not come from a file (`--tasks`).
  package let file: String?
  /// From 1; `nil` where the fault is the file as a whole.
  package let line: Int?
  /// From 1, in Unicode scalars.
  package let column: Int?
  /// What is wrong and, where it is not plain, what to do.
  package let message: String

  package init(file: String?, line: Int? = nil, column: Int? = nil, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  /// `file:line:column: message`, as compilers write it, so that editors can jump there.
  package var description: String {
    let place = [file, line.map(String.init), column.map(String.init)].compactMap(\.self).joined(separator: ":")
    return place.isEmpty ? message : "\(place): \(message)"
  }
}

/// Why a plan cannot be used: all its faults at once.
package struct PlanError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// The file could not be read as text.
    case unreadable(FileReadError)
    /// The text is there, and is no valid plan.
    case invalid
    /// A selection of tasks names something that the plan does not have.
    case unknownTask
  }

  package let kind: Kind
  /// At least one, in the order of the file.
  package let problems: [PlanProblem]

  package init(_ kind: Kind, _ problems: [PlanProblem]) {
    self.kind = kind
    self.problems = problems
  }

  static let mostShown = 50

  /// One line a problem, at most 50.
  package var description: String {
    let shown = problems.prefix(Self.mostShown).map(\.description)
    let rest = problems.count - shown.count
    return (shown + (rest > 0 ? ["and \(rest) more"] : [])).joined(separator: "\n")
  }
}
