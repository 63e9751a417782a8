// Calls that are variadic in C, or macros, or whose types differ from system to system: Swift sees some of them on some
// systems only.
#ifndef CPLATFORM_H
#define CPLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "processes.h"
#include "terminal.h"

// open(2). Returns a descriptor, or -1 with errno set. `mode` counts if the file is created.
int platform_open(const char *path, int flags, uint32_t mode);

// openat(2), likewise.
int platform_open_at(int folder, const char *name, int flags, uint32_t mode);

// Copies what is left of one file to another: shares its blocks where the file system can, else in the kernel, else by
// reading and writing. Returns 0, or -1 with errno set.
int platform_copy_contents(int from, int to);

// Gives the owner of a folder all permissions to it, and never that of what a symbolic link leads to.
void platform_open_up(int parent, const char *name);

// Gives a part of a file back to the disk; its bytes read as zeros, and all others stay where they are. macOS frees the
// whole blocks in it only. Returns 0, or -1 with errno set: ENOTSUP where the system or the file system cannot.
int platform_punch_hole(int descriptor, int64_t offset, int64_t length);

// Where the next part without blocks begins, from `offset` on, and where the next one with blocks: lseek(2), which moves
// the descriptor. -1 where there is none, or the file system does not tell.
int64_t platform_next_hole(int descriptor, int64_t offset);
int64_t platform_next_data(int descriptor, int64_t offset);

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

// The same of another process (Linux). False where the system cannot.
bool platform_set_file_limit_of(int pid, uint64_t present);

#endif
