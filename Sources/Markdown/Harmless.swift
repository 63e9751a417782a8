import Basics

/// Text of strangers and of agents, made fit to be posted in the user's name.
///
/// It says what it said, and nothing more: outside of code no mention, no reference to an issue, a pull request or a
/// commit of another repository (and so nothing for a closing word to close), no command that a bot obeys, no trailer
/// of a commit; nowhere images, HTML, comments, or characters that hide or reorder text. What is code is found as
/// GitHub and Bitbucket find it, by CommonMark's rules, and stays as it is.
///
/// A text without any of this is returned as it came, and a result is returned as it is when it comes again.
///
/// - Parameter limit: the most UTF-16 code units of the result; "(shortened)" stands for what was left out.
package func harmless(_ markdown: String, limit: Int = .max) -> String {
  let text = visibleLines(markdown)
  let whole = wholeHarmless(text)
  guard whole.utf16.count > limit else { return whole }
  let mark = "\n\n(shortened)"
  var length = limit - mark.utf16.count
  while length > 0 {
    let shortened = wholeHarmless(prefix(of: text, length)) + mark
    let excess = shortened.utf16.count - limit
    guard excess > 0 else { return shortened }
    length -= max(excess, length / 20, 1)
  }
  return ""
}

/// The same with words before it: in the same paragraph, if all of it is one, otherwise above it.
package func harmless(_ markdown: String, after lead: String, limit: Int = .max) -> String {
  let text = harmless(markdown, limit: limit - lead.utf16.count)
  let joined = lead + text
  let isParagraph = [text, joined].allSatisfy { text in
    MarkdownNode.parse(text).map { $0.children.count == 1 && $0.children[0].kind == .paragraph } ?? false
  }
  return isParagraph ? joined : lead.trimmed + "\n\n" + text
}

/// The same for one line that becomes a part of a paragraph, with what is written around it.
package func harmlessLine(_ markdown: String, limit: Int = .max) -> String {
  let text = visibleLine(markdown, limit: limit)
  let front = "x "
  func words(_ line: String) -> [MarkdownNode]? {
    guard let document = MarkdownNode.parse(front + line), document.children.count == 1,
      document.children[0].kind == .paragraph, var first = document.children[0].children.first, first.kind == .text,
      first.literal.hasPrefix(front)
    else { return nil }
    first.literal.removeFirst(front.count)
    return [first] + document.children[0].children.dropFirst()
  }
  guard let nodes = words(text) else { return InlineWriter.write(plain: text, isLineStart: false) }
  let closes = MarkdownNode.parse(front + text + " `x`")?.children.first?.children.last?.kind == .code
  if closes, nodes.allSatisfy({ $0.isHarmless(isLineStart: false) }) { return text }
  let result = visibleLine(InlineWriter.write(nodes, as: .oneLine, isLineStart: false), limit: .max)
  let isHarmless = words(result)?.allSatisfy { $0.isHarmless(isLineStart: false) } == true
  return isHarmless ? result : InlineWriter.write(plain: text, isLineStart: false)
}

/// The same for a title, and for the subject of a commit: one line that is not Markdown, so that nothing in it is code.
package func harmlessSubject(_ text: String, limit: Int = .max) -> String {
  let line = visibleLine(text, limit: limit)
  return Triggers.defused(line, isLineStart: true, isSubject: true)
}

/// Of so many UTF-16 code units at most, whole scalars only.
private func prefix(of text: String, _ length: Int) -> String {
  String(text.utf16.prefix(length)) ?? String(text.utf16.prefix(length - 1)) ?? ""
}

private func wholeHarmless(_ text: String) -> String {
  guard let document = MarkdownNode.parse(text) else { return fenced(text) }
  if document.isHarmless(isLineStart: true), standsAlone(text, document) { return text }
  // Once more, since a text that is written is read again: what comes out must be what goes in.
  var written = MarkdownWriter.write(document)
  for _ in 0..<3 {
    guard let again = MarkdownNode.parse(written), again.isHarmless(isLineStart: true), !hasCommandLine(written) else {
      break
    }
    let rewritten = MarkdownWriter.write(again)
    if rewritten == written || standsAlone(written, again) { return written }
    written = rewritten
  }
  return fenced(text)
}

private func fenced(_ text: String) -> String { Code.block(text).joined(separator: "\n") }

/// Whether what is written after the text is no part of it, and the text defines nothing for what is.
private func standsAlone(_ text: String, _ document: MarkdownNode) -> Bool {
  guard !text.contains("]:"), !hasCommandLine(text),
    let longer = MarkdownNode.parse(text + "\n\nx"), longer.children.count == document.children.count + 1,
    let last = longer.children.last
  else { return false }
  return last.kind == .paragraph && last.plainText == "x"
}

private func hasCommandLine(_ text: String) -> Bool {
  text.split(separator: "\n").contains { Triggers.isCommand($0) }
}

extension MarkdownNode {
  /// Whether nothing in it acts.
  func isHarmless(isLineStart: Bool) -> Bool {
    switch kind {
    case .text: visible(literal) == literal && Triggers.defused(literal, isLineStart: isLineStart) == literal
    case .code, .codeBlock, .softBreak, .lineBreak, .rule: true
    case .html, .htmlBlock, .image, .footnote, .footnoteReference, .other: false
    case .link(let address, let hasTitle):
      !hasTitle && !Triggers.isReference(address) && visible(address) == address
        && (automaticLink != nil
          ? InlineWriter.isHarmless(address: address)
          : children.allSatisfy { $0.isHarmless(isLineStart: false) })
    default: childrenAreHarmless(isLineStart: isLineStart)
    }
  }

  private func childrenAreHarmless(isLineStart: Bool) -> Bool {
    var isLineStart = isLineStart
    for child in children {
      guard child.isHarmless(isLineStart: isLineStart) else { return false }
      switch child.kind {
      case .softBreak, .lineBreak: isLineStart = true
      case .text, .code, .emphasis, .strong, .strike, .link: isLineStart = false
      default: break
      }
    }
    return true
  }
}
