import Basics
import Platform
package import SystemPackage

/// In which folders processes are at one moment, as far as the system tells: those of other users it mostly does not.
package struct WorkingFolders: Sendable {
  private let folders: [(pid: Int32, path: String)]

  package static func present() -> WorkingFolders {
    WorkingFolders(
      folders: ProcessSnapshot.take().records.compactMap { record in
        guard !record.isZombie, let path = path(of: record.pid) else { return nil }
        return (record.pid, path)
      })
  }

  private init(folders: [(pid: Int32, path: String)]) { self.folders = folders }

  /// A process that is in the folder or below it; `nil` when none is.
  package func process(in folder: FilePath) -> Int32? {
    let folder = (folder.realPath ?? folder).string
    return folders.first { pathLies($0.path, in: folder) }?.pid
  }

  private static func path(of pid: Int32) -> String? {
    #if os(Linux)
      return linkTarget(at: "/proc/\(pid)/cwd")
    #else
      var information = proc_vnodepathinfo()
      let size = Int32(MemoryLayout<proc_vnodepathinfo>.size)
      guard proc_pidinfo(pid, PROC_PIDVNODEPATHINFO, 0, &information, size) == size else { return nil }
      return withUnsafeBytes(of: information.pvi_cdir.vip_path) { path in
        String(decoding: path.prefix { $0 != 0 }, as: UTF8.self)
      }
    #endif
  }
}
