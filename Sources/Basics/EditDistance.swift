/// How far a typed word is from a known one, with the weights git uses for its "most similar command" (help.c):
/// swapped neighbours cost nothing, a substitution 2, a letter to add 1, a letter to drop 3.
///
/// - Returns: 0 for equal words; small numbers mean "probably a slip".
package func editDistance(from typed: String, to known: String) -> Int {
  let (swap, substitution, insertion, deletion) = (0, 2, 1, 3)
  let from = Array(typed.utf8)
  let to = Array(known.utf8)
  var beforePrevious = [Int](repeating: 0, count: to.count + 1)
  var previous = (0...to.count).map { $0 * insertion }
  var current = beforePrevious

  for i in from.indices {
    current[0] = (i + 1) * deletion
    for j in to.indices {
      var best = previous[j] + (from[i] == to[j] ? 0 : substitution)
      if i > 0, j > 0, from[i - 1] == to[j], from[i] == to[j - 1] {
        best = min(best, beforePrevious[j - 1] + swap)
      }
      best = min(best, previous[j + 1] + deletion)
      best = min(best, current[j] + insertion)
      current[j + 1] = best
    }
    (beforePrevious, previous, current) = (previous, current, beforePrevious)
  }
  return previous[to.count]
}

/// The known words a typed one was probably meant to be, in the order of `known` and whatever the case of their letters;
/// empty when nothing is near enough.
///
/// Words that begin with what was typed come before all others, unless every known word begins so; else the nearest
/// ones within git's similarity floor of 7, unless as much of the word changes as in writing it from scratch.
package func likelyMeant(_ typed: String, among known: some Sequence<String>) -> [String] {
  // Longer words are no slips, and comparing them takes time.
  let known = known.filter { $0.utf8.count <= 100 }
  guard typed.utf8.count <= 100 else { return [] }
  let typed = typed.lowercased()
  let completions = known.filter { $0.lowercased().utf8.starts(with: typed.utf8) }
  if !completions.isEmpty { return completions.count < known.count ? completions : [] }
  let scored = known.map { (word: $0, distance: editDistance(from: typed, to: $0.lowercased())) }
  guard let best = scored.map(\.distance).min(), best + 1 < 7 else { return [] }
  return scored.filter { $0.distance == best && best < 2 * min(typed.utf8.count, $0.word.utf8.count) }.map(\.word)
}

package enum NearestName {
  /// `, did you mean 'title'?`, or nothing when no name is near.
  package static func suggestion(for word: String, among names: some Sequence<String>) -> String {
    likelyMeant(word, among: names).first.map { ", did you mean \($0.quoted)?" } ?? ""
  }
}
