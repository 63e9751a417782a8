// What Swift cannot call itself: functions that C libraries show to GNU sources only, and variadic ones.
#pragma once
#include <spawn.h>
#include <sys/types.h>

// The child's working folder; its path must be absolute or relative to ours.
int orch_spawn_in(posix_spawn_file_actions_t *actions, const char *directory);

// Lets the child inherit no descriptor from `first` on; does nothing where the C library has no such action.
int orch_spawn_closing_from(posix_spawn_file_actions_t *actions, int first);

// A descriptor that becomes readable when the process ends, and closes at exec; -1 where there is none (Linux 5.3).
int orch_pidfd(pid_t pid);

// A new file with a name made from the template, which closes at exec.
int orch_temporary_file(char *path_template);

// A copy of the descriptor that is not below `lowest`, and closes at exec.
int orch_duplicate(int descriptor, int lowest);
