import Basics

/// A job as a transient unit of systemd's, where its host has that for the user: its limits hold, and logging out does not
/// end it.
enum UnitScript {
  /// Shell functions: `units` says whether there are any, and by which `$manager`; `as_unit` starts the script of the job
  /// in whose folder it is called as one, `of_unit` reads which one that is, and `kill_unit` kills all of it.
  static let functions = #"""
    units() {
      command -v systemd-run >/dev/null 2>&1 || return 1
      if [ "$(id -u)" = 0 ] && systemctl show-environment >/dev/null 2>&1; then
        manager=--system
      else
        XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
        export XDG_RUNTIME_DIR
        manager=--user
        systemctl --user show-environment >/dev/null 2>&1 || return 1
        # Without lingering, all of them end with the user's last session.
        [ "$(loginctl show-user "$(id -un)" --property=Linger --value 2>/dev/null)" = yes ] || return 2
      fi
      systemd-run --help 2>/dev/null | grep -q -e --collect
    }
    as_unit() {
      unit=git-orch-$(basename "$PWD" | tr -c 'A-Za-z0-9_.\n-' _)-$(printf '%s' "$PWD" | cksum | cut -d ' ' -f 1).service
      printf '%s %s\n' "$manager" "$unit" >unit.tmp && mv -f unit.tmp unit
      said=$(systemd-run "$manager" --quiet --collect --no-ask-password --unit="$unit" --property=KillMode=mixed \
        --property=TimeoutStopSec=30 --property=StandardOutput=null --property=StandardError="file:$PWD/scheduler.err" \
        --property=ExecStopPost="/bin/sh -c 'echo \$SERVICE_RESULT >$PWD/result'" "$@" \
        /bin/sh "$PWD/job.sh" </dev/null 2>&1 9>&-) && return
      # Whoever died had started it.
      case $said in *already*) return 0 ;; esac
      rm -f unit
      return 1
    }
    of_unit() {
      read -r manager unit <unit || return 1
      XDG_RUNTIME_DIR=${XDG_RUNTIME_DIR:-/run/user/$(id -u)}
      export XDG_RUNTIME_DIR
    } 2>/dev/null
    kill_unit() { of_unit && systemctl "$manager" kill --signal=KILL "$unit" 2>/dev/null; }
    """#

  /// Waits until the unit of a job that is over has told why; it does so a moment after its script.
  static let result = #"""
    \#(functions)
    tries=0
    while of_unit && [ ! -e result ] && [ "$tries" -lt 100 ]; do
      case $(systemctl "$manager" show --property=ActiveState --value "$unit" 2>/dev/null) in
        active | activating | deactivating) sleep 0.1 ;;
        *) break ;;
      esac
      tries=$((tries + 1))
    done
    [ ! -s result ] || printf 'result %s\n' "$(head -n 1 result)"
    """#

  /// What can be known before: `units <manager> <controllers>…`, or `units none` and why.
  static let probe = #"""
    if units; then
      group=$(systemctl "$manager" show --property=ControlGroup --value 2>/dev/null)
      [ "$manager" = --user ] || group=
      if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
        echo "units $manager $(cat "/sys/fs/cgroup$group/cgroup.controllers" 2>/dev/null)"
      elif [ "$manager" = --system ]; then
        echo "units $manager $(cut -f 1 /proc/cgroups | tr '\n' ' ')"
      else
        # Before cgroup v2, users have none.
        echo "units $manager"
      fi
    else
      case $? in 2) echo 'units none linger' ;; *) echo 'units none' ;; esac
    fi
    """#
}
