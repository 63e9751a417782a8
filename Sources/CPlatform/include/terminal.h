// A terminal's keyboard, key by key, and a process that puts the terminal back when this one dies.
#pragma once
#include <stdbool.h>

// Turns off echo and lines; Ctrl-C and Ctrl-Z stay signals. Remembers how the terminal was: one at a time.
// Returns 0, or -1 with errno set.
int platform_take_keyboard(int terminal);

// Puts it back as it was before ``platform_take_keyboard``; does nothing when it was not taken.
void platform_give_keyboard_back(int terminal);

// Whether the process is in the terminal's foreground: one that is not must leave the terminal alone.
bool platform_is_in_foreground(int terminal);

// Starts a process that puts `terminal` back once this one has died, however it did, and ends with it. To be called after
// ``platform_take_keyboard``. Returns a descriptor, or -1 with errno set. What is written to it is told to that process:
//   'a' the alternate screen is shown, 'n' the normal one, 'q' all is as it was: end without doing anything.
int platform_guard_terminal(int terminal);
