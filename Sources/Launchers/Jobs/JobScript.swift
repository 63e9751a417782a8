import Agents
import Basics
import Processes
import SystemPackage

/// The script that runs on the node, for any POSIX shell.
enum JobScript {
  /// The variables as assignments for a shell. What a shell cannot have as a variable, the agent does without.
  static func environment(_ variables: [String: String]) -> String {
    variables.sorted { $0.key < $1.key }.filter { isName($0.key) }
      .map { "export \($0.key)=\(shellQuoted($0.value))\n" }.joined()
      // Of our machine; a node may have no such folder.
      + "[ -d \"${TMPDIR-/}\" ] || unset TMPDIR\n"
  }

  private static func isName(_ text: String) -> Bool {
    guard let first = text.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first) else { return false }
    return text.utf8.allSatisfy { byte in
      byte == UInt8(ascii: "_") || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
        || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20) && byte < 0x80
    }
  }

  /// What the script does besides on a machine that shares no files with us.
  struct Far: Sendable, Equatable {
    /// The command that sets up the worktree, and how many seconds it has.
    var setup: String?
    var setupSeconds = 600

    /// By which the process is known from any other of the same number.
    fileprivate static let process = """
      put "$$ $(sed 's/.*) //' /proc/$$/stat | cut -d ' ' -f 20) $(cat /proc/sys/kernel/random/boot_id)" process

      """

    fileprivate var preparation: String {
      guard let setup else { return "  : >\"$job/ready\"\n" }
      return """
          timeout \(setupSeconds) sh -c \(shellQuoted(setup)) </dev/null >"$job/setup.log" 2>&1 || {
            status=$?
            echo "the set-up command failed there (exit status $status):" >&2
            tail -n 5 "$job/setup.log" >&2
            exit 125
          }
          : >"$job/ready"

        """
    }
  }

  static func text(
    _ invocation: Invocation, _ files: AttemptFiles, in folder: JobFolder, far: Far? = nil
  ) -> String {
    func path(_ path: FilePath) -> String { shellQuoted(path: path.string) }
    let command = ([invocation.executable.string] + invocation.arguments).map { shellQuoted($0) }.joined(separator: " ")
    let mark = invocation.mark.map { "\(RunMark.variable)=\($0.value)" } ?? ""
    return """
      #!/bin/sh
      # Written by git-orch: one attempt of an agent.
      umask 077
      cd \(path(folder.path)) || exit 125
      # Only one job of an attempt ever starts its agent, however often it was submitted.
      mkdir claim 2>/dev/null || exit 0
      put() { printf '%s\\n' "$1" >"$2.tmp" && mv -f "$2.tmp" "$2"; }
      job=$PWD
      \(far == nil ? "" : Far.process)began=$(date +%s)
      asked=none
      finish() {
        rm -f environment
        put "$1 $asked $(($(date +%s) - began))" exit
        exit "$1"
      }
      trap 'asked=TERM; [ -n "${agent-}" ] && kill -TERM "$agent" 2>/dev/null' TERM INT
      put "${SLURMD_NODENAME:-$(hostname)} $$ ${SLURM_JOB_ID-}" started
      : >alive
      [ -e stop ] && { asked=TERM; finish 143; }
      # What carries the mark and is still there: the agent's tools live in sessions of their own.
      sweep() {
        found=1
        for file in $(grep -lszxF \(shellQuoted(mark)) /proc/[0-9]*/environ 2>/dev/null); do
          process=${file#/proc/}
          kill "-$1" "${process%/environ}" 2>/dev/null && found=0
        done
        return $found
      }
      (
        trap - TERM INT
        . ./environment
        cd \(path(invocation.directory ?? "/")) || exit 125
      \(far?.preparation ?? "")  exec \(command)
      ) <\(path(files.prompt)) >>\(path(files.stream)) 2>>\(path(files.errors)) &
      agent=$!
      # A sign of life, and the way to end the agent that needs no scheduler.
      (
        trap - TERM INT
        while sleep 2 && kill -0 "$$" 2>/dev/null; do
          printf . >alive
          [ -e stop ] && [ ! -e stopped ] && { : >stopped; kill -TERM "$agent" 2>/dev/null; }
          [ -e kill ] && { kill -KILL "$agent" 2>/dev/null; sweep KILL; }
        done
      ) </dev/null >/dev/null 2>&1 &
      watch=$!
      while :; do
        wait "$agent"
        status=$?
        kill -0 "$agent" 2>/dev/null || break
      done
      kill "$watch" 2>/dev/null
      sweep TERM && { sleep 1; sweep KILL; }
      finish "$status"

      """
  }
}
