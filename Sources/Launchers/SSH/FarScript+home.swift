/// Bringing home what was done, and looking at a host.
extension FarScript {
  /// Once the agent has ended: makes a bundle of all that is there and was not sent, and tells what is what. Of a program
  /// there is only to tell why it was never started.
  static let collect = #"""
    umask 077
    fail() {
      printf 'error %s\n' "$*"
      exit 0
    }
    job=$base/jobs/$key
    cd "$job" 2>/dev/null || fail "the folder '$job' is gone"
    [ ! -s scheduler.err ] || tail -c 4000 scheduler.err | sed 's/^/said /'
    tell_result
    if [ -n "$program" ] && [ -e claim ] && [ ! -e ready ] && [ ! -e withdrawn ]; then
      tail -n 5 stream | sed 's/^/unready /'
    fi
    if [ -n "$program" ] || [ -e withdrawn ]; then
      printf 'nothing\nend\n'
      exit 0
    fi
    command -v flock >/dev/null 2>&1 && exec 9>lock && flock -w 600 9
    work=$(cat work)
    tree=$work/$name
    if [ ! -e home ]; then
      cd "$tree" 2>/dev/null || fail "its worktree '$tree' is gone"
      [ -d .git ] || fail "its worktree '$tree' has no repository any more"
      find .git -name '*.lock' -type f -exec rm -f {} +
      export GIT_AUTHOR_NAME=git-orch GIT_AUTHOR_EMAIL=git-orch@localhost GIT_COMMITTER_NAME=git-orch GIT_COMMITTER_EMAIL=git-orch@localhost
      export GIT_DIR="$tree/.git" GIT_WORK_TREE="$tree"
      g() { git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c commit.gpgSign=false "$@"; }
      commit=$(g rev-parse -q --verify 'HEAD^{commit}') || commit=$tip
      head=$(g symbolic-ref -q HEAD) || head=$commit
      at=$(g rev-parse -q --verify "refs/heads/$branch^{commit}") || at=none
      staged=$(g write-tree 2>/dev/null) || staged=none
      cp .git/index .git/index.home 2>/dev/null
      said=$(GIT_INDEX_FILE=.git/index.home g -c advice.addEmbeddedRepo=false -c core.safecrlf=false add -A . 2>&1) ||
        fail "git add: $said"
      all=$(GIT_INDEX_FILE=.git/index.home g write-tree 2>&1) || fail "git write-tree: $all"
      rm -f .git/index.home
      {
        g for-each-ref --format='%(if)%(*objectname)%(then)%(*objectname)%(else)%(objectname)%(end)'
        cat .git/logs/HEAD ".git/logs/refs/heads/$branch" .git/logs/refs/stash 2>/dev/null | cut -d ' ' -f 1,2 | tr ' ' '\n'
        for name in ORIG_HEAD MERGE_HEAD CHERRY_PICK_HEAD REVERT_HEAD REBASE_HEAD rebase-merge/orig-head; do
          [ -e ".git/$name" ] && cat ".git/$name"
        done
      } | grep -E '^[0-9a-f]{40,64}$' | sort -u >"$job/remembered"
      {
        cat "$job/remembered"
        printf '^%s\n' "$commit" "$sent"
        [ "$at" = none ] || printf '^%s\n' "$at"
      } | g rev-list --ignore-missing --stdin 2>/dev/null | grep -Fxf "$job/remembered" | head -n 100 >"$job/others"
      parents="-p $commit"
      [ "$at" = none ] || [ "$at" = "$commit" ] || parents="$parents -p $at"
      [ "$staged" = none ] || parents="$parents -p $(g commit-tree -m staged "$staged")"
      for other in $(cat "$job/others"); do parents="$parents -p $other"; done
      keep=$(g commit-tree -m 'work on another host' $parents "$all") || fail 'git commit-tree failed'
      g update-ref refs/orchestrator/home "$keep" || fail 'git update-ref failed'
      said=$(g bundle create "$job/bundle" refs/orchestrator/home "^$sent" 2>&1) || fail "git bundle: $said"
      nested=$(find . -mindepth 2 -name .git -prune | head -n 20 | sed 's|^\./||; s|/\.git$||')
      cd "$job"
      {
        printf 'head %s\ncommit %s\ntip %s\ntree %s\nstaged %s\nkeep %s\n' "$head" "$commit" "$at" "$all" "$staged" "$keep"
        sed 's/^/other /' others
        [ -z "$nested" ] || printf '%s\n' "$nested" | sed 's/^/nested /'
      } >home.tmp
      mv home.tmp home
    fi
    cat home
    printf 'end\n'
    """#

  /// Removes a job and its worktree, once all is home.
  static let remove = #"""
    job=$base/jobs/$key
    work=$(cat "$job/work" 2>/dev/null)
    case $work in
      "$base/work/"*)
        [ "$(cat "$work/owner" 2>/dev/null)" = "$key" ] && rm -rf "$work"
        rmdir "${work%/*}" 2>/dev/null
        ;;
    esac
    rm -rf "$job"
    git -C "$base/repository.git" for-each-ref --sort=-committerdate --format='%(refname)' refs/sent | sed 1,50d |
      while read -r name; do
        [ -d "$base/jobs/${name#refs/sent/}" ] || git -C "$base/repository.git" update-ref -d "$name"
      done
    printf 'removed\n'
    """#

  /// What can be known of a host before agents are paid. Prints `git`, `free`, `lacks`…, `end`; or `error`.
  static let probe = #"""
    umask 077
    cd || { echo 'error there is no home folder'; exit 0; }
    mkdir -p "$folder" 2>/dev/null && cd "$folder" 2>/dev/null && : >.probe 2>/dev/null && rm -f .probe ||
      { echo "error the folder '$folder' is not writable"; exit 0; }
    case $(pwd -P) in *[!A-Za-z0-9._/+@,=-]*) echo "error the folder '$(pwd -P)' has characters that it must not have"; exit 0 ;; esac
    echo "git $(git --version 2>/dev/null | sed 's/^git version //')"
    echo "free $(df -Pk . | awk 'NR == 2 { print $4 }')"
    for program in tar sed grep awk $needs; do command -v "$program" >/dev/null || echo "lacks $program"; done
    [ -r /proc/self/stat ] || echo 'lacks /proc'
    probe_units
    [ -z "$setup" ] || command -v timeout >/dev/null || echo 'lacks timeout'
    PATH=$PATH:$HOME/.local/bin:$HOME/bin:/usr/local/bin
    IFS='
    '
    for program in $programs; do
      [ -x "$program" ] || command -v "${program##*/}" >/dev/null || echo "lacks ${program##*/}"
    done
    echo end
    """#
}
