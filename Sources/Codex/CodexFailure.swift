import Agents
import Basics

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// What the client's own sentences about a failure mean: it has no other way to tell. They come in events of their own, in
/// which no words of a model stand.
struct CodexFailure {
  let message: String
  private let words: String

  init(_ message: String) {
    self.message = message
    words = message.lowercased()
  }

  var failure: AgentFailure {
    AgentFailure(kind: kind(now: .now, in: .current), message: plainText(message, limit: 500))
  }

  /// The HTTP status that it tells: "unexpected status 401 Unauthorized: …".
  var status: Int? {
    guard let range = words.firstRange(of: "unexpected status ") else { return nil }
    let digits = words[range.upperBound...].prefix { $0.isASCII && $0.isNumber }
    return digits.count == 3 ? Int(digits) : nil
  }

  /// "Reconnecting... 2/5 (…)": which of how many tries; zeros where it tries without end.
  var reconnection: (attempt: Int, of: Int)? {
    guard words.hasPrefix("reconnecting") else { return nil }
    let word = words.split(separator: " ").dropFirst().first ?? ""
    let numbers = word.split(separator: "/").map { Int($0) ?? 0 }
    return numbers.count == 2 ? (numbers[0], numbers[1]) : (0, 0)
  }

  /// What is said in brackets of a reconnection: why.
  var reconnectionReason: String {
    guard let open = message.firstIndex(of: "("), message.hasSuffix(")") else { return message }
    return String(message[message.index(after: open)...].dropLast())
  }

  func kind(now: Date, in zone: TimeZone) -> AgentFailure.Kind {
    if words.contains("usage limit") { return .usageLimit(resetsAt: reset(now: now, in: zone)) }
    if words.contains("quota exceeded") || words.contains("insufficient_quota") { return .usageLimit(resetsAt: nil) }
    if words.contains("at capacity") { return .overloaded }
    if words.contains("context window") { return .promptTooLong }
    let isAboutModel =
      words.contains("model")
      && ["not supported", "does not exist", "not found", "not available"].contains { words.contains($0) }
    switch status {
    case 401?, 403?: return .invalidKey
    case 404? where isAboutModel: return .unknownModel
    case 429?: return .rateLimited(retryAfter: nil)
    case 400?: return isAboutModel ? .unknownModel : .badRequest
    case (500...)?: return .serverError
    default: break
    }
    if words.contains("not logged in") || words.contains("log in") || words.contains("login") { return .notLoggedIn }
    if words.contains("invalid_request_error") || words.hasPrefix("{") {
      return isAboutModel ? .unknownModel : .badRequest
    }
    if isAboutModel { return .unknownModel }
    let isOfServer = ["high demand", "stream disconnected", "timed out", "timeout", "connection", "error sending"]
    return isOfServer.contains { words.contains($0) } ? .serverError : .other
  }

  /// When it may be tried again, by the user's clock: "… try again at 2:33 PM." today, or "… try again at Dec 1st, 2026
  /// 2:33 PM.".
  private func reset(now: Date, in zone: TimeZone) -> Date? {
    guard let range = words.firstRange(of: "try again at ") else { return nil }
    let parts = words[range.upperBound...].split { " ,.".contains($0) }.map(String.init)
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = zone
    guard let half = parts.firstIndex(where: { $0 == "am" || $0 == "pm" }), half > 0 else { return nil }
    let time = parts[half - 1].split(separator: ":").compactMap { Int($0) }
    guard time.count == 2, (1...12).contains(time[0]), (0...59).contains(time[1]) else { return nil }
    var day = calendar.dateComponents([.year, .month, .day], from: now)
    if half == 4 {
      let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]
      let number = parts[1].prefix { $0.isNumber }
      guard let month = months.firstIndex(of: String(parts[0].prefix(3))), let date = Int(number),
        let year = Int(parts[2])
      else { return nil }
      (day.year, day.month, day.day) = (year, month + 1, date)
    } else if half != 1 {
      return nil
    }
    day.hour = time[0] % 12 + (parts[half] == "pm" ? 12 : 0)
    day.minute = time[1]
    return calendar.date(from: day)
  }
}
