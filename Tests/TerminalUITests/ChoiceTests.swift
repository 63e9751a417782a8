import Testing

@testable import Basics
@testable import TerminalUI

@Suite(.timeLimit(.minutes(5))) struct ChoiceTests {
  @Test(
    arguments: [
      ("1", [0]), ("1,3", [0, 2]), ("2-4", [1, 2, 3]), ("1, 3-5", [0, 2, 3, 4]), (" 7 ", [6]), ("3,1", [2, 0]),
      ("3,1,3,1-2", [2, 0, 1]), ("1 3", [0, 2]), ("2 - 4", [1, 2, 3]), ("2 -4", [1, 2, 3]), ("2- 4", [1, 2, 3]),
      ("1 2 - 3 5", [0, 1, 2, 4]), ("4-4", [3]), ("1,,3,", [0, 2]), (",2", [1]), ("007", [6]), ("1\t,\t2", [0, 1]),
      ("all", [0, 1, 2, 3, 4, 5, 6]), (" ALL ", [0, 1, 2, 3, 4, 5, 6]), ("1-7", [0, 1, 2, 3, 4, 5, 6]), ("2\r", [1]),
    ])
  func `numbers, ranges and all are indices in the order written, each once`(line: String, picked: [Int]) throws {
    #expect(try Choice.parse(line, count: 7) == .picked(picked))
  }

  @Test(arguments: ["q", "Q", " quit ", "QUIT", "q,"])
  func `q quits`(line: String) throws {
    #expect(try Choice.parse(line, count: 7) == .quit)
  }

  @Test(
    arguments: [
      ("", "please type numbers such as 1,3 or 2-4, 'all', or 'q' to quit"),
      (" , ", "please type numbers such as 1,3 or 2-4, 'all', or 'q' to quit"),
      ("0", "there is no 0; the numbers go from 1 to 7"), ("8", "there is no 8; the numbers go from 1 to 7"),
      ("1,9", "there is no 9; the numbers go from 1 to 7"), ("5-8", "there is no 8; the numbers go from 1 to 7"),
      ("0-3", "there is no 0; the numbers go from 1 to 7"),
      ("1-9223372036854775807", "there is no 9223372036854775807; the numbers go from 1 to 7"),
      ("99999999999999999999999", "there is no 9999999999999999999…; the numbers go from 1 to 7"),
      ("4-2", "'4-2' runs backwards; write 2-4"), ("1,q", "'q' must be alone"), ("all 2", "'all' must be alone"),
      ("x", "'x' is neither a number nor a range such as 2-4"),
      ("-1", "'-1' is neither a number nor a range such as 2-4"),
      ("1,-3", "'-3' is neither a number nor a range such as 2-4"),
      ("1-", "'1-' is neither a number nor a range such as 2-4"),
      ("-", "'-' is neither a number nor a range such as 2-4"),
      ("1-2-3", "'1-2-3' is neither a number nor a range such as 2-4"),
      ("+1", "'+1' is neither a number nor a range such as 2-4"),
      ("#2", "'#2' is neither a number nor a range such as 2-4"),
      ("1.5", "'1.5' is neither a number nor a range such as 2-4"),
      ("１", "'１' is neither a number nor a range such as 2-4"),
      ("٣", "'٣' is neither a number nor a range such as 2-4"),
      ("\u{1B}[A", "'^[[a' is neither a number nor a range such as 2-4"),
      ("\(String(repeating: "y", count: 500))", "'yyyyyyyyyyyyyyyyyyy…' is neither a number nor a range such as 2-4"),
    ])
  func `what is not an answer is reported in words`(line: String, words: String) {
    let fault = #expect(throws: ChoiceFault.self) { try Choice.parse(line, count: 7) }
    #expect(fault?.description == words)
  }

  @Test func `lists of one and of none have words of their own`() throws {
    #expect(try Choice.parse("all", count: 1) == .picked([0]))
    #expect(throws: ChoiceFault("there is no 2; the only number is 1")) { try Choice.parse("2", count: 1) }
    for line in ["1", "all", "1-2"] {
      #expect(throws: ChoiceFault("there is nothing to choose from")) { try Choice.parse(line, count: 0) }
    }
  }
}
