/// Paths by number, so that two branches are compared by numbers.
struct PathTable: Sendable {
  private var numbers: [[UInt8]: Int] = [:]
  private(set) var paths: [[UInt8]] = []

  mutating func number(of path: [UInt8]) -> Int {
    if let number = numbers[path] { return number }
    numbers[path] = paths.count
    paths.append(path)
    return paths.count - 1
  }

  /// As people read it; bytes that are not UTF-8 are replaced.
  func text(_ number: Int) -> String { String(decoding: paths[number], as: UTF8.self) }

  /// The folders that a path is in, the outermost first, without the top.
  static func folders(of path: [UInt8]) -> [[UInt8]] {
    path.indices.filter { path[$0] == UInt8(ascii: "/") }.map { Array(path[..<$0]) }
  }
}

/// Whether two sorted lists have a number in common.
func haveCommon(_ one: [Int], _ other: [Int]) -> Bool {
  var (first, second) = (0, 0)
  while first < one.count, second < other.count {
    if one[first] == other[second] { return true }
    if one[first] < other[second] { first += 1 } else { second += 1 }
  }
  return false
}
