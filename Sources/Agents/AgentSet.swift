/// The agents of a run: the usual one, and those that its tasks name.
package struct AgentSet: Sendable {
  package let usual: any Agent
  private let named: [String: any Agent]
  private let reader: @Sendable (_ kind: String) -> any Agent

  /// - Parameters:
  ///   - named: by the names that tasks use.
  ///   - reader: an agent of a kind that is only asked to read streams, such as an earlier process began.
  package init(
    usual: any Agent, named: [String: any Agent] = [:], reader: @escaping @Sendable (_ kind: String) -> any Agent
  ) {
    self.usual = usual
    self.named = named
    self.reader = reader
  }

  /// A run whose tasks all have the same.
  package init(_ agent: any Agent) {
    self.init(usual: agent) { _ in agent }
  }

  /// The agent of a task that names one, or the usual one.
  package subscript(_ name: String?) -> any Agent { name.flatMap { named[$0] } ?? usual }

  /// All of them, each once: the usual one first, then by name.
  package var all: [any Agent] {
    [usual] + named.sorted { $0.key < $1.key }.map(\.value).filter { $0.name != usual.name }
  }

  /// What reads the streams of that kind.
  package func reading(_ kind: String) -> any Agent {
    kind == usual.kind ? usual : named.values.first { $0.kind == kind } ?? reader(kind)
  }
}
