package import Basics
package import Plans

/// A source that was tried without success.
package struct SourceFailure: Sendable, Equatable, CustomStringConvertible {
  package let source: PlanSource
  /// One line; never holds the key.
  package let reason: String

  package init(source: PlanSource, reason: String) {
    self.source = source
    self.reason = reason
  }

  package var description: String { "\(source.rawValue): \(reason)" }
}

/// How far the making of a plan is.
package enum PlanningProgress: Sendable, Equatable {
  case asked(PlanSource)
  case failed(SourceFailure)
}

extension PlanSource {
  /// The sources that are asked in turn.
  package var tried: [PlanSource] { self == .auto ? [.api, .claude, .markdown] : [self] }
}

/// A plan and where it comes from.
package struct GeneratedPlan: Sendable, Equatable {
  package let plan: TaskPlan
  /// Never `auto`.
  package let source: PlanSource
  /// The sources that `auto` tried before, in order.
  package let failures: [SourceFailure]
  /// What `markdown` left out of the to-do list, or understood otherwise; a model's plan has none.
  package let notes: [TodoNote]
}

/// Why there is no plan.
package struct PlanGenerationError: Error, Equatable, CustomStringConvertible {
  package enum Kind: Sendable, Equatable {
    /// Every source that was asked for failed.
    case failed
    /// The task that waited was cancelled.
    case cancelled
  }

  package let kind: Kind
  package let failures: [SourceFailure]

  package init(_ kind: Kind, _ failures: [SourceFailure]) {
    self.kind = kind
    self.failures = failures
  }

  package var description: String {
    switch kind {
    case .cancelled: "planning was interrupted"
    case .failed: (["no plan could be made"] + failures.map { "  \($0)" }).joined(separator: "\n")
    }
  }
}
