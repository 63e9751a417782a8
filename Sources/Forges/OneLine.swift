/// The text in one line: without control characters and what else would change how the rest of it looks, and short.
func oneLine(_ text: String) -> String {
  var line = ""
  var wasSpace = true
  for scalar in text.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .spaceSeparator, .surrogate, .privateUse, .unassigned:
      if !wasSpace { line += " " }
      wasSpace = true
    default:
      line.unicodeScalars.append(scalar)
      wasSpace = false
    }
  }
  if line.hasSuffix(" ") { line.removeLast() }
  return line.count > 500 ? "\(line.prefix(500))…" : line
}
