import HTTP

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What has come of an answer, within its bounds.
struct Answer {
  static let headerLimit = 256 << 10

  /// By lower-case name; several of one name joined by commas, as RFC 9110 has it.
  private(set) var headers: [String: String] = [:]
  private(set) var body = Data()
  /// Why no more was taken.
  private(set) var failure: HTTPFailure?

  private let bodyLimit: Int
  private var headerSize = 0

  init(bodyLimit: Int) { self.bodyLimit = bodyLimit }

  /// One whole line; false when it is too much.
  mutating func addHeader(_ line: UnsafeRawBufferPointer) -> Bool {
    headerSize += line.count
    guard headerSize <= Self.headerLimit else {
      failure = .connection("the headers of the answer are larger than \(Self.headerLimit >> 10) KiB")
      return false
    }
    if line.starts(with: "HTTP/".utf8) {
      // The lines before were those of an interim answer, such as `100 Continue`.
      headers = [:]
    } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
      let name = String(decoding: line[..<colon], as: UTF8.self).lowercased()
      let value = String(decoding: line[(colon + 1)...], as: UTF8.self).split(whereSeparator: \.isNewline).joined()
      headers[name] = headers[name].map { "\($0),\(value)" } ?? value
    }
    return true
  }

  /// A piece, after decompression; false when it is too much.
  mutating func addBody(_ piece: UnsafeRawBufferPointer) -> Bool {
    guard piece.count <= bodyLimit - body.count else {
      failure = .bodyTooLarge(limit: bodyLimit)
      return false
    }
    body.append(contentsOf: piece)
    return true
  }
}
