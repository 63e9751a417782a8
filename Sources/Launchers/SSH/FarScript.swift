import Basics

/// What runs on the other host, each a script for a POSIX shell; what they need to know comes before them, as variables.
///
/// `<folder>/<repository>/` there has `repository.git`, a bare store in which objects stay for the next job; for each job a
/// folder `jobs/<run>.<task>.<attempt>`, which is a ``JobFolder``, with `stream` and `errors`; and for each task
/// `work/<run>/<task>/<name>`, the worktree, a repository of its own that has the store's objects. Its path is the same
/// for all attempts of a task on that host: agents find conversations by it.
enum FarScript {
  /// Variables before a script.
  static func text(_ script: String, _ variables: KeyValuePairs<String, String>) -> String {
    variables.map { "\($0.key)=\(shellQuoted($0.value))\n" }.joined() + script
  }

  /// Makes the folders, and tells which commits are there. Prints `root`, `work`, `has`…, `end`; or `error`.
  static let prepare = #"""
    umask 077
    fail() {
      printf 'error %s\n' "$*"
      exit 0
    }
    cd || fail 'there is no home folder'
    mkdir -p "$folder" 2>/dev/null && cd "$folder" || fail "the folder '$folder' cannot be made"
    root=$(pwd -P)
    case $root in *[!A-Za-z0-9._/+@,=-]*) fail "the folder '$root' has characters that it must not have" ;; esac
    git --version >/dev/null 2>&1 || fail 'git is not found'
    base=$root/$repository
    mkdir -p "$base/jobs" "$base/work/$run" 2>/dev/null || fail "the folder '$root' is not writable"
    store=$base/repository.git
    if [ ! -d "$store" ]; then
      new=$base/new.$$.git
      git init -q --bare "$new" && git -C "$new" config gc.auto 0 && mv -T "$new" "$store" 2>/dev/null || rm -rf "$new"
      [ -d "$store" ] || fail "git cannot make a repository in '$base'"
    fi
    n=1
    while :; do
      work=$base/work/$run/$task
      [ "$n" -eq 1 ] || work=$work-$n
      if mkdir "$work" 2>/dev/null; then
        printf '%s\n' "$key" >"$work/owner"
        break
      fi
      [ "$(cat "$work/owner" 2>/dev/null)" = "$key" ] && break
      n=$((n + 1))
      [ "$n" -le 50 ] || fail "the folder '$base/work/$run' is not writable"
    done
    printf 'root %s\nwork %s\n' "$root" "$work"
    [ ! -d "$base/jobs/$key" ] || printf 'job\n'
    git -C "$store" for-each-ref --sort=-committerdate --count=300 --format='has %(objectname)'
    printf 'end\n'
    """#

  /// Takes in what came, makes the worktree, and starts the job by `launch`; what is done is not done again.
  static let deliver = #"""
    umask 077
    fail() {
      printf 'error %s\n' "$*"
      exit 0
    }
    store=$base/repository.git
    job=$base/jobs/$key
    # An earlier one of the same job may still be at it: whoever sent it died.
    command -v flock >/dev/null 2>&1 && exec 9>"$work/lock" && flock -w 120 9
    if [ ! -d "$job" ]; then
      new=$base/jobs/.$key.$$
      trap 'rm -rf "$new"' EXIT
      mkdir "$new" && cd "$new" || fail "the folder '$base/jobs' is not writable"
      tar -xof - || fail 'what was sent cannot be unpacked'
      if [ -s bundle ]; then
        said=$(git -C "$store" fetch -q "$new/bundle" "+$reference:refs/sent/$key" 2>&1) || fail "git fetch: $said"
        rm -f bundle
      else
        said=$(git -C "$store" update-ref "refs/sent/$key" "$sent" 2>&1) || fail "git update-ref: $said"
      fi
      # Of the user's session there; a job that is not its child has none.
      {
        for variable in HOME USER LOGNAME SHELL PATH; do
          eval "value=\${$variable-}"
          [ -z "$value" ] || printf "export %s='%s'\n" "$variable" "$(printf '%s' "$value" | sed "s/'/'\\\\''/g")"
        done
        cat environment
      } >environment.tmp && mv -f environment.tmp environment || fail "the folder '$base/jobs' is not writable"
      printf '%s\n' "$work" >work
      : >stream
      : >errors
      cd "$base" && mv -T "$new" "$job" 2>/dev/null || [ -d "$job" ] || fail "the folder '$job' cannot be made"
    fi
    cd "$job" || fail "the folder '$job' is gone"
    if [ ! -e claim ] && [ ! -e exit ]; then
      tree=$work/$name
      if [ ! -e "$work/ready" ]; then
        said=$({
          rm -rf "$tree" &&
            git -c init.defaultBranch=none init -q --template= "$tree" &&
            cd "$tree" &&
            mkdir -p .git/objects/info .git/info &&
            printf '%s\n' "$store/objects" >.git/objects/info/alternates &&
            git config gc.auto 0 &&
            git config core.hooksPath /dev/null &&
            git update-ref "refs/heads/$branch" "$tip" &&
            case $head in
              refs/heads/*) git update-ref "$head" "$commit" && git symbolic-ref HEAD "$head" ;;
              *) git update-ref --no-deref HEAD "$commit" ;;
            esac &&
            git read-tree --reset -u "$sent" &&
            git read-tree "$staged" &&
            { git update-index -q --refresh >/dev/null || :; } &&
            { [ ! -d "$job/ignored" ] || cp -R "$job/ignored/." .; } &&
            rm -rf .git/logs &&
            : >"$work/ready"
        } 2>&1) || fail "its worktree cannot be made: $said"
      fi
      launch
    fi
    printf 'started\n'
    """#

  /// A function that tells how a job is: `job <index> <state> <exit> <bytes> <bytes> <number> <node> <sign of life>`, and
  /// then what is new of its stream and of its errors.
  static let look = #"""
    look() {
      job=$2 state=absent end=- more=0 errors=0 number=- node=- sign=-
      if cd "$job" 2>/dev/null; then
        state=waiting
        if [ -e exit ]; then
          state=over
          end=$(tr ' ' , <exit)
        elif [ -e claim ]; then
          state=begun
          [ -e ready ] && state=running
          lives || state=dead
        fi
        read -r node process number <started 2>/dev/null
        [ -s number ] && read -r number <number
        sign=$(wc -c <alive 2>/dev/null)
        more=$(($(wc -c <stream) - $3))
        errors=$(($(wc -c <errors) - $4))
        [ "$more" -gt "$limit" ] && more=$limit
        [ "$errors" -gt "$limit" ] && errors=$limit
        [ "$more" -lt 0 ] && more=0
        [ "$errors" -lt 0 ] && errors=0
      fi
      printf 'job %s %s %s %s %s %s %s %s\n' "$1" "$state" "$end" "$more" "$errors" "${number:--}" "${node:--}" "${sign:--}"
      [ "$more" -gt 0 ] && tail -c "+$(($3 + 1))" stream | head -c "$more"
      [ "$errors" -gt 0 ] && tail -c "+$(($4 + 1))" errors | head -c "$errors"
    }
    """#

  /// Has the agent end (`stop`), kills it (`kill`), or says that it has ended where nobody else can (`bury`).
  static let stop = #"""
    umask 077
    job=$base/jobs/$key
    # What has been removed is not made again: its worktree went first.
    if [ "$(cat "$work/owner" 2>/dev/null)" = "$key" ] && mkdir "$job" 2>/dev/null; then
      # It has not come yet, and must not any more.
      cd "$job" || exit 0
      : >stream
      : >errors
      : >withdrawn
      printf '143 TERM 0\n' >exit
    fi
    cd "$job" 2>/dev/null || exit 0
    [ -e exit ] && exit 0
    : >stop
    if [ "$deed" = stop ]; then
      stop_job
      exit 0
    fi
    : >kill
    kill_job
    put() { printf '%s\n' "$1" >exit.tmp && mv exit.tmp exit; }
    # One that has not begun by now does not any more.
    if mkdir claim 2>/dev/null; then
      rm -f environment
      : >withdrawn
      if [ "$deed" = bury ]; then put '137 none 0'; else put '143 TERM 0'; fi
    elif [ "$deed" = bury ] && [ ! -e exit ]; then
      put '137 none 0'
    fi
    """#
}
