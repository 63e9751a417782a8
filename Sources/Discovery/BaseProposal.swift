/// Which of two branches a team starts its work from.
package enum BaseProposal {
  /// How much older than the default's the newest commit of `develop` may be: one that nobody has touched for so long
  /// was given up.
  package static let mostLag = 90 * 24 * 3600

  /// What is known of a branch named `develop` on the remote.
  package struct Develop: Sendable, Equatable {
    /// How many commits it has that the default branch lacks.
    package var ahead: Int
    /// When its newest commit, and that of the default branch, were made; in seconds since 1970.
    package var newest: Int
    package var newestOfDefault: Int

    package init(ahead: Int, newest: Int, newestOfDefault: Int) {
      self.ahead = ahead
      self.newest = newest
      self.newestOfDefault = newestOfDefault
    }

    /// Whether work goes there: it has commits that the default branch lacks, and was not given up.
    package var isUsed: Bool { ahead > 0 && newest >= newestOfDefault - BaseProposal.mostLag }
  }
}
