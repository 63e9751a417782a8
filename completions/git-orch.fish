# fish completion for git-orch. fish's own completion of git asks the one of `git-orch` for `git orch …`; that of fish
# 3.6.0 does not know how: there, source this file in ~/.config/fish/config.fish.

# The commands of the suite.
set -g __fish_git_orch_own generate log review run status yolo

function __fish_git_orch_words -d 'The words before the cursor without git-orch'
    set -l words (commandline -opc)
    set -e words[1]
    string join -- \n $words
end

function __fish_git_orch_needs_command
    test (count (__fish_git_orch_words)) -eq 0
end

# Whether the command is one of those given.
function __fish_git_orch_using
    set -l words (__fish_git_orch_words)
    test (count $words) -gt 0; and contains -- $words[1] $argv
end

function __fish_git_orch_others -d 'Commands that others have put on PATH'
    for path in $PATH/git-orch-*
        set -l name (string replace -r '.*/git-orch-' '' -- $path)
        if test -x $path; and not contains -- $name $__fish_git_orch_own
            echo $name
        end
    end
end

# The value that an option has in the command line so far.
function __fish_git_orch_value -a long short
    set -l words (commandline -opc)
    for i in (seq (count $words))
        if string match -q -- "--$long=*" $words[$i]
            string replace -- "--$long=" '' $words[$i]
        else if contains -- $words[$i] "--$long" "-$short"; and test $i -lt (count $words)
            echo $words[(math $i + 1)]
        end
    end | tail -n 1
end

function __fish_git_orch_runs -d 'Ids of runs, the newest first'
    set -l folder (git rev-parse --absolute-git-dir 2>/dev/null); or return
    if test -f $folder/commondir
        set folder $folder/(cat $folder/commondir)
    end
    set -l runs $folder/orchestrator/runs/*/
    string replace -r '.*/([^/]+)/$' '$1' -- $runs | sort -r
end

function __fish_git_orch_run_tasks -d 'Ids of the tasks of a run'
    git orch status --porcelain (__fish_git_orch_value run '') 2>/dev/null |
        string match -r '^task\t[^\t]+\t[^\t]+' | string replace -r '^task\t' ''
end

function __fish_git_orch_pull_requests -d 'Pull requests of the newest run or review; no forge is asked for others'
    git orch status --porcelain 2>/dev/null |
        string replace -rf '^task(?:\t[^\t]*){2}\t([^\t]*)(?:\t[^\t]*){6}\t([0-9]+)(?:\t.*)?$' '$2\t$1'
end

# Whether the pull requests of a run are to be reviewed.
function __fish_git_orch_from_run
    contains -- --from-run (commandline -opc)
end

function __fish_git_orch_plan_tasks -d 'Ids of the tasks of the plan, as a list with commas'
    set -l plan (__fish_git_orch_value config c)
    test -n "$plan"; or set plan (git rev-parse --show-toplevel 2>/dev/null)/task_config.yaml
    test -f "$plan"; or return
    set -l current (commandline -ct | string replace -r '^--tasks=' '')
    set -l listed (string match -r '.*,' -- $current)
    set -l chosen (string split , -- $listed)
    for id in (string match -rg '^ *(?:- *)?id: *[\'"]?([A-Za-z0-9._-]+)' <$plan)
        contains -- $id $chosen; or echo "$listed$id"
    end
end

function __fish_git_orch_files -d 'Folders, and files of some extensions'
    set -l current (commandline -ct | string replace -r '^--[^=]*=' '')
    __fish_complete_path $current | string match -r "^[^\t]*(?:/|\.(?:"(string join '|' $argv)"))(?=\t|\$)"
end

complete -c git-orch -f
complete -c git-orch -n __fish_git_orch_needs_command -s h -d 'List the commands'
complete -c git-orch -n __fish_git_orch_needs_command -l help -d 'Open the manual page'
complete -c git-orch -n __fish_git_orch_needs_command -s v -l version -d 'Print the version'
for condition in __fish_git_orch_needs_command 'test (count (__fish_git_orch_words)) -eq 1; and __fish_git_orch_using help'
    complete -c git-orch -n $condition -a generate -d 'Turn a to-do list into a plan'
    complete -c git-orch -n $condition -a log -d 'Show what the agent of a task said and did'
    complete -c git-orch -n $condition -a review -d 'Have agents review, test, mend and merge pull requests'
    complete -c git-orch -n $condition -a run -d 'Make a plan from a to-do list, or execute a plan'
    complete -c git-orch -n $condition -a status -d 'Show what a run did, or is doing'
    complete -c git-orch -n $condition -a yolo -d 'Make a plan and execute it without asking'
    complete -c git-orch -n $condition -a '(__fish_git_orch_others)' -d 'Found on PATH'
end
complete -c git-orch -n __fish_git_orch_needs_command -a help -d 'Read about a command'

# fish 3.6.0 looks for `git git-orch` instead of `git orch`.
if test "$version" = 3.6.0
    function __fish_git_orch_below_git
        set -l words (commandline -opc)
        set -l place (contains -i -- orch $words); or return
        complete -C "git-orch "(string join ' ' -- (string escape -- $words[(math $place + 1)..]) (commandline -ct))
    end
    complete -c git -f -n '__fish_git_using_command orch' -a '(__fish_git_orch_below_git)'
end

# Each command under both of its names: `git-orch run`, and `git-orch-run`.
function __fish_git_orch_option -a commands
    for command in (string split ' ' -- $commands)
        complete -c git-orch -n "__fish_git_orch_using $command" $argv[2..]
        complete -c git-orch-$command $argv[2..]
    end
end

for command in $__fish_git_orch_own
    complete -c git-orch-$command -f
end
__fish_git_orch_option 'generate log review run status yolo' -s h -d 'Show the options'

# What is to be done.
__fish_git_orch_option 'generate run yolo' -k -a '(__fish_git_orch_files md markdown)' -d 'To-do list'
__fish_git_orch_option 'generate run yolo' -l from-todo -x -k -a '(__fish_git_orch_files md markdown)' -d 'The to-do list'
__fish_git_orch_option 'generate run yolo' -l source -x -a 'auto api claude markdown' -d 'Who makes the plan'
__fish_git_orch_option 'generate run yolo' -l force -d 'Replace an edited plan, keeping a backup'
__fish_git_orch_option generate -s o -l output -x -k -a '(__fish_git_orch_files yaml yml)' -d 'Where the plan is written'

# How it is done.
__fish_git_orch_option 'run yolo' -s c -l config -x -k -a '(__fish_git_orch_files yaml yml)' -d 'The plan'
__fish_git_orch_option 'run yolo' -l tasks -x -a '(__fish_git_orch_plan_tasks)' -d 'Only these tasks'
__fish_git_orch_option 'run yolo' -s j -l jobs -x -d 'How many agents work at a time'
__fish_git_orch_option 'run yolo' -s s -l sequential -d 'One agent at a time'
__fish_git_orch_option 'run yolo' -s n -l dry-run -d 'Show what would be done, and do nothing'
__fish_git_orch_option 'run yolo' -l no-push -d 'Keep the branches here'
__fish_git_orch_option 'run yolo' -l no-pr -d 'Open no pull requests'
__fish_git_orch_option 'run yolo' -l with-review -d 'Review the pull requests afterwards'
__fish_git_orch_option 'run yolo' -l keep-worktrees -d 'Keep the worktrees of tasks that succeeded, too'
__fish_git_orch_option 'run yolo' -l json -d 'Answer in JSON'
__fish_git_orch_option run -s e -l execute -d 'Execute the plan right after making it'
__fish_git_orch_option run -s y -l auto-approve -d 'Execute the plan without asking'
__fish_git_orch_option run -l yolo -d 'Make the plan and execute it without asking'
__fish_git_orch_option run -l continue -d 'Take up the last run'

# What is reviewed.
__fish_git_orch_option review -l pr -x -k -a '(__fish_git_orch_pull_requests)' -d 'Review this pull request'
__fish_git_orch_option review -l from-run -d 'Review the pull requests of the last run, or of the one named'
__fish_git_orch_option review -s m -l automerge -d 'Merge those that pass'
__fish_git_orch_option review -l no-automerge -d 'Merge none'
__fish_git_orch_option review -s y -l auto-approve -d 'Ask nothing'
__fish_git_orch_option review -l parallel -d 'Review several at a time'
__fish_git_orch_option review -s s -l sequential -d 'Review one at a time'
__fish_git_orch_option review -s j -l jobs -x -d 'How many are reviewed at a time'
__fish_git_orch_option review -l json -d 'Answer in JSON'
for command in git-orch git-orch-review
    set -l condition __fish_git_orch_from_run
    if test $command = git-orch
        set condition '__fish_git_orch_using review; and __fish_git_orch_from_run'
    end
    complete -c $command -n $condition -k -a '(__fish_git_orch_runs)' -d Run
end

# What was done.
__fish_git_orch_option status -k -a '(__fish_git_orch_runs)' -d Run
__fish_git_orch_option status -l watch -d 'Show it again every second'
__fish_git_orch_option status -l json -d 'Answer in JSON'
__fish_git_orch_option status -l porcelain -d 'Answer in lines for scripts'
__fish_git_orch_option status -l all -d 'List all runs'
__fish_git_orch_option log -a '(__fish_git_orch_run_tasks)'
__fish_git_orch_option log -s f -l follow -d 'Go on showing what is added'
__fish_git_orch_option log -l raw -d 'Show the stream as it came'
__fish_git_orch_option log -l attempt -x -d 'Show this attempt'
__fish_git_orch_option log -l run -x -k -a '(__fish_git_orch_runs)' -d 'A run'
