import Basics
import Testing

/// How a shell command line is cut into words and what is between them.
@Suite struct ShellLineTests {
  /// Words as they are, in `«»` where quoted, in `‹›` where something is expanded; the rest in brackets, nested after `-`.
  private func shown(_ text: String) -> String {
    ShellLine(text).tokens.map { token in
      let nested = token.isNested ? "-" : ""
      switch token.kind {
      case .word(let word):
        let marked = token.isExpanded ? "‹\(word)›" : token.isQuoted ? "«\(word)»" : word
        return nested + marked
      case .redirection(let mark), .end(let mark): return "\(nested)[\(mark == "\n" ? "nl" : mark)]"
      case .bracket: return "\(nested)[\(text[token.range])]"
      }
    }.joined(separator: " ")
  }

  @Test(
    arguments: [
      ("a  b\tc", "a b c"), ("a 'b c' \"d e\" f\\ g", "a «b c» «d e» «f g»"), ("a'b'\"c\"d", "«abcd»"),
      ("a '' \"\"", "a «» «»"), ("a \\\n b\\\nc", "a bc"), ("a\nb\r\nc", "a [nl] b [nl] c"),
      ("a && b || c; d | e |& f & g;; h", "a [&&] b [||] c [;] d [|] e [|&] f [&] g [;;] h"),
      (
        "a >b >>c >|d &>e &>>f <g <<h <<<i <<-j <&3 >&- <>k",
        "a [>] b [>>] c [>|] d [&>] e [&>>] f [<] g [<<] h [<<<] i [<<-] j [<&] 3 [>&] - [<>] k"
      ),
      ("a 2>&1 2 >x a2>y \"2\">z", "a [>&] 1 2 [>] x a2 [>] y «2» [>] z"),
      ("a$b ${c} {d,e} # f", "‹a$b› ‹${c}› ‹{d,e}› ‹#› f"), ("a#b '#c'", "a#b «#c»"),
      ("\"a$b\" \"c\\\"d\" '$e'", "‹a$b› ‹c\"d› «$e»"),
      ("a $(b; c) `d | e` (f)", "a ‹$› [(] -b -[;] -c [)] [`] -d -[|] -e -[`] [(] -f [)]"),
      ("{ a; }", "‹{› -a -[;] -‹}›"),
    ])
  func `tokens`(line: String, tokens: String) {
    #expect(shown(line) == tokens)
    #expect(ShellLine(line).isComplete)
  }

  @Test(arguments: ["a 'b", "a \"b", "a\\", "(a", "a)", "`a", "{ a", "\"a\\\""])
  func `an open quote or bracket is noticed`(line: String) {
    #expect(!ShellLine(line).isComplete)
  }

  @Test func `what combines with an operator does not hide it`() {
    #expect(shown("a;\u{301}b") == "a [;] \u{301}b")
    #expect(shown("a|\u{200D}b") == "a [|] \u{200D}b")
  }

  @Test func `a range is the token's text`() {
    let text = "make 'a b' 2>>log"
    #expect(ShellLine(text).tokens.map { String(text[$0.range]) } == ["make", "'a b'", "2>>", "log"])
  }
}
