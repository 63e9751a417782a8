#!/bin/sh
# Shows git-orch at work in a throwaway repository: four tasks and four agents in parallel, one of which hangs and is
# resumed. The agents follow a script (demo-agents.json), without a key or a network. `make demo` runs this.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
command -v git-orch >/dev/null || { echo "demo: git-orch is not on PATH; run 'make demo'" >&2; exit 1; }
agent=$(command -v scripted-agent) || { echo "demo: scripted-agent is not on PATH; run 'make demo'" >&2; exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# The user's own configuration is neither used nor changed.
HOME=$scratch/home
GIT_CONFIG_GLOBAL=$HOME/.gitconfig
GIT_CONFIG_NOSYSTEM=1
SCRIPTED_AGENT_SCRIPT=$here/demo-agents.json
export HOME GIT_CONFIG_GLOBAL GIT_CONFIG_NOSYSTEM SCRIPTED_AGENT_SCRIPT
unset ANTHROPIC_API_KEY GIT_DIR GIT_WORK_TREE 2>/dev/null || :
mkdir "$HOME"
git config --global user.name "A Shopkeeper"
git config --global user.email shop@example.com
git config --global init.defaultBranch main

say() { printf '\n\033[1m$ %s\033[0m\n' "$*"; }
show() { say "$*"; "$@"; }

git init --quiet --bare "$scratch/shop.git"
git init --quiet "$scratch/shop"
cd "$scratch/shop"
echo "Helo, and welcome" >greeting.txt
cp "$here/todo.md" todo.md
git add .
git commit --quiet -m "Open the shop"
git remote add origin "$scratch/shop.git"
git push --quiet -u origin main

# The replacement for Claude Code; with the real one this line is not needed.
git config orchestrator.agent.command "$agent"
# Short, so that you see how the hanging agent is detected. The default is 5 minutes.
git config orchestrator.agent.inactivityTimeout 4s
git config orchestrator.agent.retryDelay 1s

show cat todo.md
show git orch run todo.md --source markdown --yolo
show git orch log write-the-opening-hours-into-hours-txt
show git orch status --porcelain
show git --git-dir "$scratch/shop.git" log --oneline --graph --all
