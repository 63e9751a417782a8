import Foundation
package import SystemPackage

/// A cluster of one node that is this machine: `sbatch`, `squeue`, `scancel` and `sinfo` as scripts in a folder of a test's
/// own, for the ordinary tests. What they know of jobs is in files that a test can change:
///
/// | file of `state` | makes |
/// |---|---|
/// | `hold` | jobs wait, for the reason in it |
/// | `down` | every question fails, as without a controller |
/// | `lost` | the next submission is taken, and its answer is not given |
/// | `full` | submissions fail with the text in it, but for those that only ask |
/// | `refuse` | submissions fail with the text in it |
/// | `forgetful` | nothing is known of any job |
/// | `blind` | the node sees no folder of ours: jobs fail at once |
/// | `submissions` | has a line for each that was taken, with all arguments |
package struct StandInSlurm: Sendable {
  package let programs: FilePath
  package let state: FilePath

  package init(in scratch: FilePath) throws {
    programs = scratch.appending("slurm-programs")
    state = scratch.appending("slurm-state")
    for folder in [programs, state] {
      try FileManager.default.createDirectory(atPath: folder.string, withIntermediateDirectories: true)
    }
    for (name, text) in [
      ("sbatch", Self.sbatch), ("squeue", Self.squeue), ("scancel", Self.scancel), ("sinfo", Self.sinfo),
      ("run-job", Self.runJob),
    ] {
      let path = "\(programs)/\(name)"
      try Data("#!/bin/sh\nstate='\(state)' programs='\(programs)'\n\(text)".utf8).write(to: URL(filePath: path))
      try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }
  }

  package func set(_ name: String, _ text: String = "") throws {
    try Data(text.utf8).write(to: URL(filePath: state.appending(name).string))
  }

  package func unset(_ name: String) { try? FileManager.default.removeItem(atPath: state.appending(name).string) }

  /// A line for each job that was taken.
  package var submissions: [String] {
    let data = FileManager.default.contents(atPath: state.appending("submissions").string) ?? Data()
    return String(decoding: data, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  /// `RUNNING`, `COMPLETED`, …; nil when there is no such job.
  package func state(of job: Int) -> String? {
    let data = FileManager.default.contents(atPath: "\(state)/job-\(job)/state")
    return data.map { String(decoding: $0, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines) }
  }

  /// What all of them begin with.
  private static let common = """
    if [ -e "$state/down" ]; then
      echo "${0##*/}: error: Unable to contact slurm controller (connect failure)" >&2
      exit 1
    fi

    """

  private static let sbatch = """
    [ "$1" = --version ] && { echo 'slurm-wlm 22.05.8'; exit; }
    \(common)
    if [ -e "$state/refuse" ]; then
      echo "sbatch: error: Batch job submission failed: $(cat "$state/refuse")" >&2
      exit 1
    fi
    all=$* test= name= comment= error=/dev/null
    while [ $# -gt 0 ]; do
      case $1 in
        --test-only) test=1 ;;
        --job-name=*) name=${1#*=} ;;
        --comment=*) comment=${1#*=} ;;
        --error=*) error=${1#*=} ;;
        --*) ;;
        *) script=$1 ;;
      esac
      shift
    done
    [ -n "$test" ] && exit 0
    if [ -e "$state/full" ]; then
      echo "sbatch: error: Batch job submission failed: $(cat "$state/full")" >&2
      exit 1
    fi
    number=1
    until mkdir "$state/job-$number" 2>/dev/null; do number=$((number + 1)); done
    job=$state/job-$number
    cp "$script" "$job/script"
    echo "$name" >"$job/name"
    echo "$comment" >"$job/comment"
    echo "$error" >"$job/error"
    echo PENDING >"$job/state"
    echo "$number $all" >>"$state/submissions"
    env -i PATH="$PATH" setsid "$programs/run-job" "$number" </dev/null >/dev/null 2>&1 &
    if [ -e "$state/lost" ]; then
      rm "$state/lost"
      echo 'sbatch: error: Batch job submission failed: Socket timed out on send/recv operation' >&2
      exit 1
    fi
    echo "$number"

    """

  /// Stays with one job; ends with the test's folder.
  private static let runJob = """
    job=$state/job-$1
    put() { echo "$1" >"$job/state.tmp" && mv "$job/state.tmp" "$job/state"; }
    while [ -e "$state/hold" ] && [ ! -e "$job/canceled" ]; do sleep 0.05; done
    [ -d "$job" ] || exit
    [ -e "$job/canceled" ] && { put CANCELLED; exit; }
    [ -e "$state/blind" ] && { put FAILED; exit; }
    put RUNNING
    env -i PATH=/usr/local/bin:/usr/bin:/bin SLURM_JOB_ID="$1" SLURMD_NODENAME=node1 STAND_IN_JOB="$job" setsid sh "$job/script" \\
      </dev/null >/dev/null 2>"$(cat "$job/error")" &
    process=$!
    echo "$process" >"$job/pid"
    wait "$process"
    status=$?
    [ -d "$job" ] || exit
    if [ -e "$job/canceled" ]; then
      put CANCELLED
    elif [ -e "$job/end" ]; then
      put "$(cat "$job/end")"
    elif [ "$status" = 0 ]; then
      put COMPLETED
    else
      put FAILED
    fi

    """

  private static let squeue = """
    \(common)
    [ -e "$state/forgetful" ] && exit
    for job in "$state"/job-*; do
      [ -e "$job/state" ] || continue
      node= reason=None
      known=$(cat "$job/state")
      [ "$known" = PENDING ] && reason=$(cat "$state/hold" 2>/dev/null)
      [ "$known" = RUNNING ] && node=node1
      echo "${job##*-}|$known|$node|${reason:-None}|$(cat "$job/name")|$(cat "$job/comment")"
    done

    """

  private static let scancel = """
    \(common)
    how=
    for word in "$@"; do
      case $word in
        --batch) how=batch ;;
        --full) how=full ;;
        --signal=*) signal=${word#*=} ;;
        *) number=$word ;;
      esac
    done
    job=$state/job-$number
    echo "$*" >>"$state/cancellations"
    everything() {
      for file in $(grep -lszxF "STAND_IN_JOB=$job" /proc/[0-9]*/environ); do
        process=${file#/proc/}
        kill "-$1" "${process%/environ}" 2>/dev/null
      done
    }
    case $(cat "$job/state" 2>/dev/null) in
      PENDING) [ -n "$how" ] || : >"$job/canceled" ;;
      RUNNING)
        case $how in
          batch) kill "-$signal" "$(cat "$job/pid")" ;;
          full) everything "$signal" ;;
          *)
            : >"$job/canceled"
            everything TERM
            sleep 0.2
            everything KILL
            ;;
        esac
        ;;
    esac
    exit 0

    """

  private static let sinfo = """
    \(common)
    echo 'agents*|up|1'

    """
}
