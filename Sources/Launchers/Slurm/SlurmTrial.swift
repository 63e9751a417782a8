import Basics
import Processes
package import SystemPackage

extension Slurm {
  package enum Trial: Sendable, Equatable {
    /// It ran on that node, which lacks these: folders that it does not see, programs that it does not have.
    case ran(node: String, missing: [String])
    /// It has not begun in time; in Slurm's words.
    case pending(String)
    case failed(String)
  }

  /// Runs a job as an agent's would be, which looks for folders and programs.
  /// - Parameters:
  ///   - folder: a new folder's path, in a folder that jobs share with us, or with the host by which the cluster is
  ///     reached; there it is relative to the user's home. It is gone afterwards.
  ///   - programs: as paths here or by name.
  package func trial(
    in folder: FilePath, folders: [FilePath], programs: [String], within limit: Duration
  ) async throws(LaunchError) -> Trial {
    let place = try await TrialFolder.make(
      folder, on: self.programs.login, path: self.programs.environment["PATH"] ?? "/usr/bin:/bin",
      Self.script(folders, programs))
    let job = Job(key: "git-orch-\(folder.lastComponent?.string ?? "trial")", folder: JobFolder(place.path))
    let result: Result<Trial, LaunchError>
    do throws(LaunchError) {
      let handle = try await start(job)
      let trial = await follow(handle, place, within: limit)
      // Whoever does not want to wait any longer leaves no job behind either. One that is over is no error.
      await Task { _ = try? await ask("scancel", [handle.id]) }.value
      result = .success(trial)
    } catch {
      result = .failure(error)
    }
    await Task { await place.remove() }.value
    return try result.get()
  }

  /// What comes after the folder and the search path.
  private static func script(_ folders: [FilePath], _ programs: [String]) -> String {
    """
    export PATH
    {
      echo "${SLURMD_NODENAME:-$(hostname)}"
      for folder in \(folders.map { shellQuoted(path: $0.string) }.joined(separator: " ")); do
        [ -d "$folder" ] && [ -w "$folder" ] || echo "the folder $folder"
      done
      for program in \(programs.map { shellQuoted($0) }.joined(separator: " ")); do
        [ -x "$program" ] || command -v "${program##*/}" >/dev/null || echo "the program $program"
      done
    } >seen.tmp
    mv seen.tmp seen

    """
  }

  private func follow(_ handle: JobHandle, _ place: TrialFolder, within limit: Duration) async -> Trial {
    let stopwatch = Stopwatch()
    var reason = ""
    var end: Duration?
    while stopwatch.elapsed < limit, !Task.isCancelled {
      let (seen, errors) = await place.contents()
      if let node = seen.first { return .ran(node: node, missing: Array(seen.dropFirst())) }
      switch try? await state(handle) {
      case .pending(let words): reason = words
      case .ended:
        // The file may be seen a moment later.
        if let end, stopwatch.elapsed - end > .seconds(3) {
          return .failed(
            "the trial job ended, and nothing of it is seen in '\(place.path.removingLastComponent())'"
              + (errors.isEmpty ? "" : ": \(errors)"))
        }
        end = end ?? stopwatch.elapsed
      case .running, .unknown, nil: break
      }
      try? await Task.sleep(for: place.login == nil ? .milliseconds(200) : .seconds(1))
    }
    return .pending(reason)
  }
}

/// Where a trial job is, and what it leaves there.
private struct TrialFolder: Sendable {
  let login: SSHConnection?
  /// On that host, or here.
  let path: FilePath

  /// - Parameters:
  ///   - search: where jobs find programs here. Those of a host have what a session there has.
  ///   - script: what the job is to do in the folder.
  static func make(
    _ path: FilePath, on login: SSHConnection?, path search: String, _ script: String
  ) async throws(LaunchError) -> TrialFolder {
    guard let login else {
      let folder = JobFolder(path)
      do {
        try FileSystem.createFolder(path, permissions: 0o700)
        let start =
          "#!/bin/sh\ncd \(shellQuoted(path: path.string)) || exit 1\nPATH=\(shellQuoted(search))\n"
        try FileSystem.create(folder.script, containing: start + script)
      } catch {
        throw .refused("cannot write '\(path)': \(FileSystem.reason(error))")
      }
      return TrialFolder(login: nil, path: path)
    }
    let lines = try await login.lines(FarScript.text(making, ["folder": path.string, "script": script]))
    guard let there = lines.first(where: { $0.word == "path" }), there.value.hasPrefix("/") else {
      throw .unavailable("\(login.host): the answer cannot be read")
    }
    return TrialFolder(login: login, path: FilePath(there.value))
  }

  private static let making = #"""
    umask 077
    cd && mkdir -p "$folder" && cd "$folder" || { echo "error the folder '$folder' cannot be made"; exit 0; }
    # Those of whoever was killed.
    find .. -maxdepth 1 -type d -name 'trial-*' -mmin +60 -exec rm -rf {} + 2>/dev/null
    quoted() { printf '%s' "$1" | sed "s/'/'\\\\''/g"; }
    here=$(pwd -P)
    {
      printf "#!/bin/sh\ncd '%s' || exit 1\n" "$(quoted "$here")"
      printf "PATH='%s'\n" "$(quoted "$PATH:$HOME/.local/bin:$HOME/bin:/usr/local/bin")"
      printf '%s' "$script"
    } >job.sh || { echo "error the folder '$here' is not writable"; exit 0; }
    printf 'path %s\n' "$here"
    """#

  /// What the job saw, and what Slurm had to say of it.
  func contents() async -> (seen: [String], errors: String) {
    let folder = JobFolder(path)
    guard let login else {
      let seen = path.appending("seen").readTail(limit: 16 << 10).split(whereSeparator: \.isNewline).map {
        plainText(String($0), limit: 300)
      }
      return (seen, plainText(folder.schedulerErrors.readTail(limit: 400).trimmed, limit: 300))
    }
    let script = #"""
      cd "$folder" || exit 0
      [ ! -e seen ] || head -c 16000 seen | sed 's/^/seen /'
      [ ! -e scheduler.err ] || tail -c 400 scheduler.err | sed 's/^/err /'
      """#
    let lines = (try? await login.lines(FarScript.text(script, ["folder": path.string]))) ?? []
    func values(_ word: String) -> [String] {
      lines.filter { $0.word == word }.map { plainText($0.value, limit: 300) }
    }
    return (values("seen"), values("err").joined(separator: " "))
  }

  func remove() async {
    guard let login else {
      try? path.removeTree()
      return
    }
    _ = try? await login.lines(FarScript.text(#"cd && rm -rf "$folder""#, ["folder": path.string]))
  }
}
