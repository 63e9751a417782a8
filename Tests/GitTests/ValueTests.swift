import Basics
import Git
import OrchTestSupport
import Processes
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

@Suite(.timeLimit(.minutes(5))) struct `Names and values` {
  static let hex = "0123456789abcdef0123456789abcdef01234567"

  @Test func `an object id is forty hexadecimal digits, in lower case`() throws {
    let id = try #require(ObjectID(Self.hex.uppercased()))
    #expect(id.description == Self.hex)
    #expect(id.abbreviated == "0123456789")
    #expect(ObjectID(Self.hex) == id)
  }

  @Test(arguments: ["", "HEAD", String(hex.dropLast()), hex + "0", String(hex.dropLast()) + "g", hex + hex.prefix(24)])
  func `nothing else is an object id`(_ text: String) { #expect(ObjectID(text) == nil) }

  @Test func `an object id is coded as one string`() throws {
    let id = try #require(ObjectID(Self.hex))
    #expect(String(decoding: try JSONEncoder().encode([id]), as: UTF8.self) == "[\"\(Self.hex)\"]")
    #expect(try JSONDecoder().decode([ObjectID].self, from: Data("[\"\(Self.hex)\"]".utf8)) == [id])
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([ObjectID].self, from: Data("[\"x\"]".utf8)) }
  }

  @Test(arguments: [
    "a", "feature/a", "@", "HEAD", "-x", "a..b", "a.lock", "a/", "/a", "a//b", "a b", "a~1", "a^", "a:b", "a@{b", "x.",
    "refs/heads/x", ".a", "a/.b", "ä", "a\\b", "a*", "a?", "a[", "a\tb", "", "日本/語",
  ])
  func `a branch name is valid when git says so`(_ name: String) async throws {
    let repository = try await TemporaryRepository()
    let byGit = (try? await repository.git("check-ref-format", "--branch", name)) != nil
    #expect(BranchName.isValid(name) == byGit)
  }

  @Test func `a branch name holds no zero byte`() { #expect(!BranchName.isValid("a\0b")) }

  @Test func `an error describes itself by its message`() {
    #expect("\(GitError(.exists, "a branch named 'a' already exists"))" == "a branch named 'a' already exists")
  }
}
