import Basics
import Testing

@Suite(.timeLimit(.minutes(5))) struct SpellingTests {
  private let commands = ["generate", "log", "run", "status", "yolo"]

  @Test(arguments: [("a", "a", 0), ("", "abc", 3), ("abc", "", 9), ("stauts", "status", 0), ("rum", "run", 2)])
  func `distances weigh as git's do`(typed: String, known: String, distance: Int) {
    #expect(editDistance(from: typed, to: known) == distance)
  }

  @Test(
    arguments: [
      ("stauts", ["status"]), ("gen", ["generate"]), ("rnu", ["run"]), ("lgo", ["log"]), ("xyzzyplugh", []),
    ] as [(String, [String])])
  func `a slip finds the command that was meant`(typed: String, meant: [String]) {
    #expect(likelyMeant(typed, among: commands) == meant)
  }

  @Test func `nothing typed means nothing`() {
    #expect(likelyMeant("", among: commands) == [])
  }
}
