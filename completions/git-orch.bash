# bash completion for git-orch: `git orch …`, `git orch-run …`, `git-orch …` and `git-orch-run …`.
#
# git's own completion calls _git_orch, when it is loaded; the names with a hyphen complete without it, and without
# bash-completion. To load by hand: source this file in ~/.bashrc. Works with bash 3.2 and later.

# The commands of the suite; Tools/check-docs compares them and their options with the programs.
__git_orch_own_commands="generate log review run status yolo"

# The options of a command, those that take a value followed by "=".
__git_orch_options() {
  local planning="--force --from-todo= --source="
  local running="--config= --dry-run --jobs= --json --keep-worktrees --no-pr --no-push --sequential --tasks= --with-review"
  case $1 in
  "") echo "--help --version" ;;
  generate) echo "$planning --output=" ;;
  log) echo "--attempt= --follow --raw --run=" ;;
  review) echo "--auto-approve --automerge --from-run --jobs= --json --no-automerge --parallel --pr= --sequential" ;;
  run) echo "$planning $running --auto-approve --continue --execute --yolo" ;;
  status) echo "--all --json --porcelain --watch" ;;
  yolo) echo "$planning $running" ;;
  esac
}

# The long name of the option that a word is, if the option takes a value.
__git_orch_option_with_value() {
  local command=$1 word=$2 option
  case $command:$word in
  run:-c | yolo:-c) word=--config ;;
  review:-j | run:-j | yolo:-j) word=--jobs ;;
  generate:-o) word=--output ;;
  esac
  for option in $(__git_orch_options "$command"); do
    [ "$option" = "$word=" ] && echo "$word" && return
  done
  return 1
}

# git where the words before `orch` say (-C, --git-dir).
__git_orch_git() {
  local global=()
  global=(${__git_C_args[@]+"${__git_C_args[@]}"})
  [ -n "${__git_dir-}" ] && global=(${global[@]+"${global[@]}"} "--git-dir=$__git_dir")
  git ${global[@]+"${global[@]}"} "$@" 2>/dev/null
}

# The commands, also those that others have put on PATH.
__git_orch_commands() {
  local name
  {
    printf '%s\n' $__git_orch_own_commands help
    compgen -c git-orch- | while read -r name; do echo "${name#git-orch-}"; done
  } | sort -u
}

__git_orch_runs() {
  local folder
  folder=$(__git_orch_git rev-parse --absolute-git-dir) || return
  if [ -f "$folder/commondir" ]; then folder=$folder/$(cat "$folder/commondir"); fi
  ls "$folder/orchestrator/runs" 2>/dev/null
}

# The ids in a plan file.
__git_orch_plan_tasks() {
  local plan=$1
  [ -n "$plan" ] || plan=$(__git_orch_git rev-parse --show-toplevel)/task_config.yaml
  [ -f "$plan" ] || return
  sed -n "s/^ *\(- *\)\{0,1\}id: *['\"]\{0,1\}\([A-Za-z0-9._-]*\).*/\2/p" "$plan"
}

# The ids in a run; in the newest when none is named.
__git_orch_run_tasks() {
  __git_orch_git orch status --porcelain ${1:+"$1"} | awk -F '\t' '$1 == "task" { print $2 }'
}

# The pull requests of the newest run or review, by number. No forge is asked for others: that would take seconds.
__git_orch_pull_requests() {
  __git_orch_git orch status --porcelain | awk -F '\t' '$1 == "task" && $11 ~ /^[0-9]+$/ { print $11 }'
}

# Offers those of the words (one a line) that begin with $cur; nothing in them is ever expanded.
# A space follows a word, but not one that ends in "=" or ",", nor any when $2 is "nospace".
__git_orch_offer() {
  local word
  COMPREPLY=()
  while IFS= read -r word; do
    case $word in
    "") ;;
    "$cur"*) COMPREPLY[${#COMPREPLY[@]}]=$word ;;
    esac
  done <<<"$1"
  case ${2-}:${#COMPREPLY[@]}:${COMPREPLY[0]-} in
  nospace:* | :1:*=)
    compopt -o nospace 2>/dev/null
    ;;
  :1:*)
    # git's completion adds its spaces itself; bash 3.2 has no compopt to change that.
    compopt +o nospace 2>/dev/null || [ -z "${__git_orch_by_git-}" ] || COMPREPLY[0]="${COMPREPLY[0]} "
    ;;
  esac
  return 0
}

# Offers folders, and the files of the extensions given.
__git_orch_offer_files() {
  local IFS=$'\n' extension found=()
  compopt -o filenames +o nospace 2>/dev/null
  for extension; do
    found=(${found[@]+"${found[@]}"} $(compgen -f -X "!*.$extension" -- "$cur"))
  done
  COMPREPLY=(${found[@]+"${found[@]}"} $(compgen -d -- "$cur"))
}

__git_orch_offer_options() {
  local option
  __git_orch_offer "$(for option in $(__git_orch_options "$1"); do echo "$option"; done)"
}

# Offers the values of an option; the words before the last comma of a list stay.
__git_orch_offer_values() {
  local command=$1 option=$2 plan=$3 run=$4 listed="" chosen id
  case $option in
  --source) __git_orch_offer "$(printf '%s\n' auto api claude markdown)" ;;
  --from-todo) __git_orch_offer_files md markdown ;;
  --config | --output) __git_orch_offer_files yaml yml ;;
  --run) __git_orch_offer "$(__git_orch_runs)" ;;
  --pr) __git_orch_offer "$(__git_orch_pull_requests)" ;;
  --tasks)
    case $cur in *,*) listed=${cur%,*}, ;; esac
    chosen=,$listed
    __git_orch_offer "$(__git_orch_plan_tasks "$plan" | while read -r id; do
      case $chosen in *,"$id",*) ;; *) echo "$listed$id" ;; esac
    done)" nospace
    ;;
  esac
}

# Completes the word $cur of a command whose arguments begin at words[$2]; $cword is the place of $cur.
__git_orch_complete_arguments() {
  local command=$1 i=$2 word option plan="" run="" arguments=0 optionless="" from_run=""
  # What the words before say.
  while [ "$i" -lt "$cword" ]; do
    word=${words[i]}
    i=$((i + 1))
    case $word in
    --) [ -z "$optionless" ] && optionless=yes && continue ;;
    --*=*)
      case $word in
      --config=*) plan=${word#*=} ;;
      --run=*) run=${word#*=} ;;
      esac
      continue
      ;;
    esac
    if [ -z "$optionless" ] && [ "$word" = --from-run ]; then from_run=yes; fi
    if [ -z "$optionless" ] && option=$(__git_orch_option_with_value "$command" "$word"); then
      if [ "$i" -eq "$cword" ]; then
        __git_orch_offer_values "$command" "$option" "$plan" "$run"
        return 0
      fi
      case $option in
      --config) plan=${words[i]} ;;
      --run) run=${words[i]} ;;
      esac
      i=$((i + 1))
    elif [ -n "$optionless" ] || [ "${word#-}" = "$word" ]; then
      arguments=$((arguments + 1))
    fi
  done

  if [ -z "$optionless" ]; then
    case $cur in
    --*=*)
      option=${cur%%=*}
      # Readline has cut the word at "=", unless the user took that out of COMP_WORDBREAKS.
      local prefix=""
      case $COMP_WORDBREAKS in *=*) ;; *) prefix=$option= ;; esac
      cur=${cur#*=}
      if __git_orch_option_with_value "$command" "$option" >/dev/null; then
        __git_orch_offer_values "$command" "$option" "$plan" "$run"
        for i in ${COMPREPLY[@]+"${!COMPREPLY[@]}"}; do COMPREPLY[i]=$prefix${COMPREPLY[i]}; done
      fi
      return 0
      ;;
    -*)
      __git_orch_offer_options "$command"
      return 0
      ;;
    esac
  fi
  [ "$arguments" -eq 0 ] || return 0
  case $command in
  generate | run | yolo) __git_orch_offer_files md markdown ;;
  log) __git_orch_offer "$(__git_orch_run_tasks "$run")" ;;
  review) [ -z "$from_run" ] || __git_orch_offer "$(__git_orch_runs)" ;;
  status) __git_orch_offer "$(__git_orch_runs)" ;;
  esac
}

# Completes after `git orch`, which stands at words[$1].
__git_orch_complete_suite() {
  local place=$1 command extension
  if [ "$cword" -le $((place + 1)) ]; then
    case $cur in
    -*) __git_orch_offer_options "" ;;
    *) __git_orch_offer "$(__git_orch_commands)" ;;
    esac
    return 0
  fi
  command=${words[place + 1]}
  case " $__git_orch_own_commands " in
  *" $command "*) __git_orch_complete_arguments "$command" $((place + 2)) ;;
  *)
    if [ "$command" = help ]; then
      [ "$cword" -eq $((place + 2)) ] && __git_orch_offer "$(__git_orch_commands)"
    else
      # Another's command may bring a function of its own, as git's commands do.
      extension=_git_orch_${command//-/_}
      declare -f "$extension" >/dev/null && "$extension"
    fi
    ;;
  esac
  return 0
}

# The place of the command's name in a line that git's completion hands over: it knows, or it is looked for.
__git_orch_place() {
  local i
  if [ -n "${__git_cmd_idx-}" ] && [ "$__git_cmd_idx" -gt 0 ]; then
    echo "$__git_cmd_idx"
    return
  fi
  for ((i = 1; i < cword; i++)); do
    case ${words[i]} in
    -C | -c | --git-dir | --work-tree | --namespace) i=$((i + 1)) ;;
    orch | orch-*) break ;;
    esac
  done
  echo "$i"
}

# Called by git's completion, with its cur, words and cword.
_git_orch() {
  local __git_orch_by_git=yes
  __git_orch_complete_suite "$(__git_orch_place)"
}
__git_orch_one() {
  local __git_orch_by_git=yes
  __git_orch_complete_arguments "$1" $(($(__git_orch_place) + 1))
}
_git_orch_generate() { __git_orch_one generate; }
_git_orch_log() { __git_orch_one log; }
_git_orch_review() { __git_orch_one review; }
_git_orch_run() { __git_orch_one run; }
_git_orch_status() { __git_orch_one status; }
_git_orch_yolo() { __git_orch_one yolo; }

# Called by bash for the names with a hyphen.
__git_orch_main() {
  local cur="" words=() cword=0 i joins=""
  local __git_C_args=() __git_dir=""
  COMPREPLY=()
  # Readline cuts --option=value into three words, and at every colon; whole words again.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    case ${COMP_WORDS[i]} in
    = | :)
      if [ "$i" -gt 0 ]; then
        words[cword]+=${COMP_WORDS[i]}
        joins=yes
        continue
      fi
      ;;
    esac
    if [ -z "$joins" ] && [ "$i" -gt 0 ]; then cword=$((cword + 1)); fi
    words[cword]=${words[cword]-}${COMP_WORDS[i]}
    joins=""
  done
  cur=${words[cword]}
  case ${words[0]##*/} in
  git-orch) __git_orch_complete_suite 0 ;;
  git-orch-*)
    i=${words[0]##*/}
    __git_orch_complete_arguments "${i#git-orch-}" 1
    ;;
  esac
}

for __git_orch_name in $__git_orch_own_commands; do
  complete -o bashdefault -F __git_orch_main "git-orch-$__git_orch_name"
done
complete -o bashdefault -F __git_orch_main git-orch
unset __git_orch_name
