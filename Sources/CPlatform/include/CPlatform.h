// Calls that are variadic in C, or macros, or whose types differ from system to system: Swift sees some of them on some
// systems only.
#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "processes.h"

// open(2). Returns a descriptor, or -1 with errno set. `mode` counts if the file is created.
int platform_open(const char *path, int flags, uint32_t mode);

// openat(2), likewise.
int platform_open_at(int folder, const char *name, int flags, uint32_t mode);

// Copies what is left of one file to another: shares its blocks where the file system can, else in the kernel, else by
// reading and writing. Returns 0, or -1 with errno set.
int platform_copy_contents(int from, int to);

// RTLD_DEEPBIND of dlopen(3); 0 where there is none, and under a sanitizer, which ends a program that asks for it.
int platform_deep_binding(void);

// Keeps a descriptor from the programs that this one starts. Returns 0, or -1 with errno set.
int platform_close_on_exec(int descriptor);

// Returns once what was written is on the disk itself: fsync(2), and on macOS, where that leaves it in the disk's cache,
// F_FULLFSYNC. Returns 0, or -1 with errno set.
int platform_sync(int descriptor);

// Whether the descriptor is a terminal that knows the size of its window, in characters.
bool platform_window_size(int descriptor, uint16_t *columns, uint16_t *rows);

// Makes orphaned descendants the children of this process (Linux). False where the system cannot.
bool platform_become_subreaper(void);

// Keeps other processes of the same user from reading this one's memory and environment (Linux). False where the system
// cannot.
bool platform_hide_process(void);

// How many files this process may have open, and up to which number it may raise that. UINT64_MAX is "no limit".
bool platform_file_limit(uint64_t *present, uint64_t *highest);
bool platform_set_file_limit(uint64_t present);

#endif
