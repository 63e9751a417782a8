import Basics
import SystemPackage

/// Gets the text of a settings file, whatever somebody may have put in its place.
enum SettingsFileText {
  private static let limit = 256 << 10

  /// nil when there is no such file.
  static func read(_ path: FilePath, followsLinks: Bool, name: String) throws(SettingsError) -> String? {
    do {
      return try path.readText(limit: limit, followsLinks ? .regularOnly : .plainFile).withoutByteOrderMark
    } catch {
      if error == .missing { return nil }
      let line: Int? = if case .notUTF8(_, let line) = error { line } else { nil }
      throw .badFile([SettingsFileProblem(file: name, line: line, column: nil, message: message(error))])
    }
  }

  private static func message(_ error: FileReadError) -> String {
    switch error {
    case .directory: "it is a folder"
    case .link: "it is a symbolic link; a committed one could point anywhere, so a plain file is needed"
    case .notUTF8: "it is not UTF-8"
    case .tooLarge: "it is larger than \(limit >> 10) KiB"
    case .unreadable(let errno): "cannot read it: \(errno)"
    default: "it \(error.summary)"
    }
  }
}
