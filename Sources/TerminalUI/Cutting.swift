/// A name of parts cut to `width` cells: whole parts go from its middle (`replace-…-temporal`), or, where too little would
/// be left, cells (`translate…japanese`).
/// - Parameter favorsEnd: cuts by cells, and keeps more of the end: for names that would look alike otherwise.
package func cutName(_ name: String, to width: Int, favorsEnd: Bool = false) -> String {
  guard displayWidth(name) > width else { return name }
  guard width > 2 else { return truncated(name, to: width) }
  let parts = name.split(separator: "-", omittingEmptySubsequences: false)
  if !favorsEnd, parts.count > 2 {
    var best = ""
    for head in 1..<parts.count {
      for tail in stride(from: parts.count - head - 1, through: 1, by: -1) {
        let text = parts.prefix(head).joined(separator: "-") + "-…-" + parts.suffix(tail).joined(separator: "-")
        let used = displayWidth(text)
        if used <= width {
          if used > displayWidth(best) { best = text }
          break
        }
      }
    }
    if displayWidth(best) * 10 >= width * 6 { return best }
  }
  let head = favorsEnd ? (width - 1) / 3 : width / 2
  return cells(name, head) + "…" + String(cells(String(name.reversed()), width - 1 - head).reversed())
}

/// The names, each cut to `width` cells, no two alike if that can be: then what they differ in stays.
package func cutNames(_ names: [String], to width: Int) -> [String] {
  var cut = names.map { cutName($0, to: width) }
  for index in alike(cut).joined() { cut[index] = cutName(names[index], to: width, favorsEnd: true) }
  for group in alike(cut) {
    let first = names[group[0]]
    let common = group.map { zip(first, names[$0]).prefix { $0 == $1 }.count }.min() ?? 0
    for index in group { cut[index] = cutName(names[index], to: width, from: common) }
  }
  return cut
}

/// Where the same text stands several times.
private func alike(_ texts: [String]) -> [[Int]] {
  Dictionary(grouping: texts.indices) { texts[$0] }.values.filter { $0.count > 1 }
}

/// A name of which the text from a character on is shown, with a little of its beginning.
private func cutName(_ name: String, to width: Int, from start: Int) -> String {
  guard width > 2 else { return truncated(name, to: width) }
  let beginning = String(name.prefix(start))
  let head = cells(beginning, (width - 1) / 3)
  let gap = head == beginning ? "" : "…"
  return head + gap + truncated(String(name.dropFirst(start)), to: width - displayWidth(head + gap))
}

/// A path with ever fewer of its folders, which go from the left: `a/b/c.ts`, `…/b/c.ts`, `…/c.ts`, `c.ts`.
package func shorterPaths(_ path: String) -> [String] {
  let parts = path.split(separator: "/")
  guard parts.count > 1 else { return [path] }
  return [path] + (1..<parts.count).map { "…/" + parts.dropFirst($0).joined(separator: "/") }
    + [String(parts[parts.count - 1])]
}

/// The first of the texts that fits; the last one cut at its end where none does.
package func fitting(_ texts: [String], to width: Int) -> String {
  texts.first { displayWidth($0) <= width } ?? truncated(texts.last ?? "", to: width)
}

/// A text in lines no wider than `width` cells, broken at blanks where there are any.
package func wrapped(_ text: String, to width: Int, indent: Int = 0) -> [String] {
  guard width > indent, displayWidth(text) > width else { return [text] }
  var lines: [String] = []
  let margin = String(repeating: " ", count: indent)
  var line = ""
  // The line up to its last blank, and what came after that.
  var whole: String?
  var rest = ""
  var used = 0
  for character in text {
    let cells = displayWidth(character)
    if used + cells > width {
      lines.append(whole ?? line)
      line = margin + (whole == nil ? "" : rest)
      used = displayWidth(line)
      (whole, rest) = (nil, String(line.dropFirst(indent)))
    }
    if character == " ", line.contains(where: { $0 != " " }) {
      (whole, rest) = (line, "")
    } else {
      rest.append(character)
    }
    line.append(character)
    used += cells
  }
  lines.append(line)
  return lines
}

private func cells(_ text: String, _ width: Int) -> String {
  var result = ""
  var used = 0
  for character in text {
    let next = displayWidth(character)
    if used + next > width { break }
    used += next
    result.append(character)
  }
  return result
}
