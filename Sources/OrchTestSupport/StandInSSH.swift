import Foundation
package import SystemPackage

/// `ssh` as a script in a folder of a test's own: every host is this machine with another home folder, and nothing of the
/// caller's environment. What hosts do is in files that a test can change:
///
/// | file of `state` | makes |
/// |---|---|
/// | `away-HOST` | nobody answer there |
/// | `denied-HOST` | it refuses the login |
/// | `lost-HOST` | the answer of the next delivery get lost, which is made |
/// | `cut-HOST` | the next connection break after 2,000 bytes of its answer |
/// | `path-HOST` | it have further programs, in the folder that the file names |
/// | `units-HOST` | it have systemd for the user, by stand-ins; else it has none |
/// | `units-result` | units end as the file says, such as `oom-kill` |
/// | `units` | has a line for each unit: what systemd-run was asked |
/// | `HOST` | its home folder |
/// | `questions` | has a line for each connection: the host, and ssh's options |
package struct StandInSSH: Sendable {
  package let programs: FilePath
  package let state: FilePath

  package init(in scratch: FilePath) throws {
    programs = scratch.appending("ssh-programs")
    state = scratch.appending("ssh-state")
    for folder in [programs, state] {
      try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    }
    let there = state.appending("programs")
    try FileManager.default.createDirectory(atPath: there.string, withIntermediateDirectories: true)
    for (path, text) in [
      (programs.appending("ssh"), Self.ssh), (there.appending("systemctl"), Self.systemctl),
      (there.appending("systemd-run"), Self.systemdRun), (there.appending("loginctl"), "echo yes\n"),
    ] {
      try Data("#!/bin/sh\nstate='\(state)'\n\(text)".utf8).write(to: URL(filePath: path.string))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path.string)
    }
  }

  package func set(_ name: String, _ text: String = "") throws {
    try Data(text.utf8).write(to: URL(filePath: state.appending(name).string))
  }

  package func unset(_ name: String) { try? FileManager.default.removeItem(atPath: state.appending(name).string) }

  /// What is left of jobs on a host: their folders, and those of their worktrees.
  package func left(on host: String) -> [String] {
    let root = "\(state)/\(host)/.cache/git-orch"
    let repositories = (try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []
    return repositories.flatMap { repository in
      ["jobs", "work"].flatMap { kind in
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/\(repository)/\(kind)")) ?? []).map {
          "\(kind)/\($0)"
        }
      }
    }
  }

  /// A line for each unit that was started.
  package var units: [String] {
    let data = FileManager.default.contents(atPath: state.appending("units").string) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// A line for each connection.
  package var questions: [String] {
    let data = FileManager.default.contents(atPath: state.appending("questions").string) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static let systemctl = #"""
    [ -e "$state/units-${HOME##*/}" ] && [ "$1" = --user ] || exit 1
    for unit in "$@"; do :; done
    case $* in
      *ControlGroup*) echo /none ;;
      *ActiveState*) if [ -e "$state/unit-$unit" ]; then echo active; else echo inactive; fi ;;
      *kill*)
        for file in $(grep -lszxF "STAND_IN_UNIT=$unit" /proc/[0-9]*/environ); do
          process=${file#/proc/}
          kill -KILL "${process%/environ}" 2>/dev/null
        done
        ;;
    esac
    exit 0

    """#

  private static let systemdRun = #"""
    [ "$1" = --help ] && { echo '  --collect'; exit; }
    echo "$*" >>"$state/units"
    while :; do
      case $1 in
        --unit=*) unit=${1#*=} ;;
        --property=ExecStopPost=*) post=${1#*ExecStopPost=} ;;
        --property=StandardError=file:*) errors=${1#*file:} ;;
        --*) ;;
        *) break ;;
      esac
      shift
    done
    mkdir "$state/unit-$unit" 2>/dev/null || {
      echo "Failed to start transient service unit: Unit $unit was already loaded or has a fragment file." >&2
      exit 1
    }
    post=$post errors=$errors result=$state/units-result setsid sh -c '
      unit=$1
      shift
      env STAND_IN_UNIT="${unit##*/unit-}" "$@" </dev/null >/dev/null 2>"$errors"
      SERVICE_RESULT=$(cat "$result" 2>/dev/null || echo success)
      export SERVICE_RESULT
      eval "$post" 2>/dev/null
      rm -rf "$unit"
    ' unit "$state/unit-$unit" "$@" </dev/null >/dev/null 2>&1 &

    """#

  private static let ssh = #"""
    options=
    while [ $# -gt 0 ]; do
      case $1 in
        -o) options="$options $2"; shift 2 ;;
        --) shift; break ;;
        *) shift ;;
      esac
    done
    host=$1 command=$2
    echo "$host$options $command" >>"$state/questions"
    if [ -e "$state/away-$host" ]; then
      echo "ssh: connect to host $host port 22: Connection refused" >&2
      exit 255
    fi
    if [ -e "$state/denied-$host" ]; then
      echo "me@$host: Permission denied (publickey)." >&2
      exit 255
    fi
    home=$state/$host
    mkdir -p "$home"
    cd "$home" || exit 255
    more=$(cat "$state/path-$host" 2>/dev/null)
    enter() { env -i HOME="$home" PATH="${more:+$more:}$state/programs:/usr/local/bin:/usr/bin:/bin" GIT_CONFIG_NOSYSTEM=1 sh -c "$command"; }
    if [ -e "$state/lost-$host" ]; then
      cat >"$state/input.$$"
      if grep -q 'cannot be unpacked' "$state/input.$$"; then
        rm "$state/lost-$host"
        enter <"$state/input.$$" >/dev/null
        echo "Connection to $host closed by remote host." >&2
        exit 255
      fi
      enter <"$state/input.$$"
      exit
    fi
    if [ -e "$state/cut-$host" ]; then
      rm "$state/cut-$host"
      enter >"$state/output.$$"
      head -c 2000 "$state/output.$$"
      echo "Connection to $host closed by remote host." >&2
      exit 255
    fi
    enter

    """#
}
