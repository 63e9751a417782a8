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
    let path = "\(programs)/ssh"
    try Data("#!/bin/sh\nstate='\(state)'\n\(Self.ssh)".utf8).write(to: URL(filePath: path))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
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

  /// A line for each connection.
  package var questions: [String] {
    let data = FileManager.default.contents(atPath: state.appending("questions").string) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

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
    enter() { env -i HOME="$home" PATH="${more:+$more:}/usr/local/bin:/usr/bin:/bin" GIT_CONFIG_NOSYSTEM=1 sh -c "$command"; }
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
