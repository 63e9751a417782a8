import Foundation
import HTTP
import Testing

@testable import HTTPClient

@Suite(.timeLimit(.minutes(5))) struct AnswerTests {
  func add(_ lines: [String], to answer: inout Answer) -> Bool {
    lines.allSatisfy { line in Array("\(line)\r\n".utf8).withUnsafeBytes { answer.addHeader($0) } }
  }

  @Test func `an interim answer leaves no headers, and several of one name are joined`() {
    var answer = Answer(bodyLimit: 10)
    let isTaken = add(
      [
        "HTTP/1.1 100 Continue", "X-Interim: 1", "", "HTTP/1.1 200 OK", "Link: <a>", "LINK: <b>", "X-Time: 12:30",
        "no colon", "",
      ], to: &answer)
    #expect(isTaken)
    #expect(HTTPResponse(status: 200, headers: answer.headers).headers == ["link": "<a>, <b>", "x-time": "12:30"])
  }

  @Test func `headers without end are cut off`() {
    var answer = Answer(bodyLimit: 10)
    let line = "x: " + String(repeating: "y", count: 1_000)
    #expect(add(Array(repeating: line, count: 200), to: &answer))
    #expect(!add(Array(repeating: line, count: 200), to: &answer))
    #expect(answer.failure == .connection("the headers of the answer are larger than 256 KiB"))
  }

  @Test func `a body may be as large as its limit`() {
    var answer = Answer(bodyLimit: 5)
    func add(_ text: String) -> Bool { Array(text.utf8).withUnsafeBytes { answer.addBody($0) } }
    #expect(add("abc"))
    #expect(add("de"))
    #expect(answer.failure == nil)
    #expect(!add("f"))
    #expect(answer.failure == .bodyTooLarge(limit: 5))
    #expect(answer.body == Data("abcde".utf8))
  }
}

@Suite(.timeLimit(.minutes(5))) struct CurlLibraryTests {
  @Test func `a library that is missing has the name of its package in the message`() {
    let error = #expect(throws: HTTPFailure.self) { try CurlLibrary.load(["libnothing-of-the-kind.so.4"]) }
    #expect(
      error
        == .libraryMissing("libcurl is missing: install 'libcurl4' (Debian, Ubuntu) or 'libcurl' (elsewhere)"))
    #expect(error?.isWorthRetrying == false)
  }

  @Test func `a library without what is needed is too old`() throws {
    // Any library will do that is surely there and is not libcurl.
    #if canImport(Darwin)
      let name = "/usr/lib/libSystem.B.dylib"
    #else
      let name = "libc.so.6"
    #endif
    let error = #expect(throws: HTTPFailure.self) { try CurlLibrary.load([name]) }
    #expect(error?.description.hasPrefix("libcurl is too old: it has no curl_") == true)
  }

  @Test(
    arguments: [
      ([:], nil, nil), (["SSL_CERT_FILE": "/f", "SSL_CERT_DIR": "/d"], "/f", "/d"),
      (["CURL_CA_BUNDLE": "/b", "SSL_CERT_FILE": "/f", "SSL_CERT_DIR": "/d"], "/b", nil),
      (["CURL_CA_BUNDLE": "", "SSL_CERT_DIR": "/d"], nil, "/d"),
    ] as [([String: String], String?, String?)])
  func `certificate authorities are named as for curl`(environment: [String: String], file: String?, folder: String?) {
    let authorities = CertificateAuthorities(environment: environment)
    #expect(authorities.file == file)
    #expect(authorities.folder == folder)
  }
}
