#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// A conversation and what it has cost, kept between processes as the client keeps its transcripts.
struct Session {
  let id: String
  var cost = 0.0
  private let file: String

  private static func folder(_ environment: [String: String]) -> String {
    environment["SCRIPTED_AGENT_STATE"] ?? (environment["HOME"] ?? "/tmp") + "/.scripted-agent"
  }

  /// Begins a session; `nil` when the id is in use.
  init?(new id: String, _ environment: [String: String]) {
    self.id = id
    file = Self.folder(environment) + "/\(id).json"
    guard !FileManager.default.fileExists(atPath: file) else { return nil }
    save()
  }

  /// Takes a session up; `nil` when there is none.
  init?(resumed id: String, _ environment: [String: String]) {
    self.id = id
    file = Self.folder(environment) + "/\(id).json"
    guard let data = try? Data(contentsOf: URL(fileURLWithPath: file)),
      let json = try? JSONDecoder().decode(JSON.self, from: data)
    else { return nil }
    cost = json["cost"]?.double ?? 0
  }

  func save() {
    let folder = String(file[..<(file.lastIndex(of: "/") ?? file.startIndex)])
    try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    try? Data((["cost": .number(cost)] as JSON).text.utf8).write(to: URL(fileURLWithPath: file))
  }
}
