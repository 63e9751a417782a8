import Basics
import Diagnosis
import Engine
import TerminalUI

/// What a doctor found, as people read it.
enum DoctorText {
  /// A line for each finding; below it, what fixes it.
  static func lines(_ findings: [DoctorFinding], palette: Palette) -> [String] {
    findings.flatMap { finding in
      [
        "\(palette.paint(finding.state.symbol, finding.state.style)) \(sanitized(finding.name)): "
          + sanitized(finding.message)
      ]
        + finding.fixes.map { "  Run: \(palette.paint(sanitized($0), .bold))" }
        + finding.hints.map { "  \(sanitized($0.prefix(1).uppercased() + $0.dropFirst()))" }
    }
  }
}

extension DoctorFinding.State {
  fileprivate var symbol: String {
    switch self {
    case .ok: "✓"
    case .warning: "!"
    case .fault: "✗"
    case .skipped: "–"
    }
  }

  fileprivate var style: Style {
    switch self {
    case .ok: .green
    case .warning: .yellow
    case .fault: .red
    case .skipped: .dim
    }
  }
}
