import Discovery
import Foundation
import OrchTestSupport
import SystemPackage

/// A folder with files, all of them tracked; no repository is needed to read it.
struct Fixture {
  let folder: TemporaryDirectory
  private(set) var tracked: [String] = []

  init(_ files: [String: String] = [:]) throws {
    folder = try TemporaryDirectory()
    for (path, content) in files { try add(path, content) }
  }

  var root: FilePath { folder.path.appending("checkout") }

  mutating func add(_ path: String, _ content: String, isTracked: Bool = true) throws {
    let file = root.appending(path)
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try Data(content.utf8).write(to: URL(filePath: file.string))
    if isTracked { tracked.append(path) }
  }

  mutating func link(_ path: String, to destination: String) throws {
    let file = root.appending(path)
    try FileManager.default.createDirectory(
      atPath: file.removingLastComponent().string, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(atPath: file.string, withDestinationPath: destination)
    tracked.append(path)
  }

  var files: ProjectFiles { ProjectFiles(root: root, tracked: tracked.sorted()) }

  func project(_ history: ProjectHistory = ProjectHistory()) -> Project {
    Discovery.project(in: files, history: history, repositoryName: "folder")
  }
}
