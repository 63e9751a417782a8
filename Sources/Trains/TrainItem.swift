package import Git
package import Journal

/// A branch that is to land.
package struct TrainItem: Sendable, Equatable {
  package let header: TaskHeader
  package let tip: ObjectID
  /// Its own commits, oldest first: those that are neither the base's nor those of branches that it builds on.
  package let commits: [BranchCommit]
  /// What its changes are seen against where that is not the commit at which it parts from the base: it builds on a
  /// branch that lands, or has landed, by other commits than its own.
  package let fork: ObjectID?
  /// The others without which it cannot land.
  package let needs: [String]

  package init(header: TaskHeader, tip: ObjectID, commits: [BranchCommit], fork: ObjectID?, needs: [String]) {
    self.header = header
    self.tip = tip
    self.commits = commits
    self.fork = fork
    self.needs = needs
  }

  package var id: String { header.id }
  package var branch: String { header.branch }
}

/// In which order branches land.
package enum TrainOrder {
  /// What is needed comes before what needs it; then fewer conflicts with the others, then the given order, which is that
  /// of their age.
  /// - Parameter conflicts: with how many of the others it conflicts, by id.
  package static func sorted(_ items: [TrainItem], conflicts: [String: Int] = [:]) -> [TrainItem] {
    let known = Set(items.map(\.id))
    var placed: Set<String> = []
    var left = Array(items.enumerated())
    var result: [TrainItem] = []
    while !left.isEmpty {
      let ready = left.filter { $0.element.needs.allSatisfy { !known.contains($0) || placed.contains($0) } }
      // A circle cannot be: each has the commits of what it needs. Were there one, the order is as given.
      let next = (ready.isEmpty ? left : ready).min { one, other in
        (conflicts[one.element.id] ?? 0, one.offset) < (conflicts[other.element.id] ?? 0, other.offset)
      }
      guard let next else { break }
      left.removeAll { $0.offset == next.offset }
      placed.insert(next.element.id)
      result.append(next.element)
    }
    return result
  }
}
