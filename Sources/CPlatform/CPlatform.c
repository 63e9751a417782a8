// copy_file_range and RTLD_DEEPBIND are shown to GNU sources only.
#define _GNU_SOURCE
#include "CPlatform.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#ifdef __linux__
#include <linux/fs.h>
#include <sys/prctl.h>
#endif
#ifdef __APPLE__
#include <copyfile.h>
#endif

int platform_open(const char *path, int flags, uint32_t mode) { return open(path, flags, (mode_t)mode); }

int platform_open_at(int folder, const char *name, int flags, uint32_t mode) {
  return openat(folder, name, flags, (mode_t)mode);
}

int platform_copy_contents(int from, int to) {
#ifdef __APPLE__
  return fcopyfile(from, to, NULL, COPYFILE_DATA);
#else
#ifdef FICLONE
  if (ioctl(to, FICLONE, from) == 0) return 0;
#endif
#ifdef __linux__
  ssize_t copied;
  // Of files that have no size, such as those of /proc, it copies nothing: then they are read.
  while ((copied = copy_file_range(from, NULL, to, NULL, 1 << 30, 0)) > 0) {
  }
#endif
  char buffer[1 << 16];
  while (true) {
    ssize_t count = read(from, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return (int)count;
    for (ssize_t done = 0; done < count;) {
      ssize_t written = write(to, buffer + done, (size_t)(count - done));
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return -1;
      done += written;
    }
  }
#endif
}

void platform_open_up(int parent, const char *name) {
#ifdef O_PATH
  // fchmodat(2) follows links on Linux.
  int folder = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder < 0) return;
  char path[64];
  snprintf(path, sizeof path, "/proc/self/fd/%d", folder);
  chmod(path, 0700);
  close(folder);
#else
  fchmodat(parent, name, 0700, AT_SYMLINK_NOFOLLOW);
#endif
}

int platform_punch_hole(int descriptor, int64_t offset, int64_t length) {
#if defined(__linux__)
  return fallocate(descriptor, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, offset, length);
#elif defined(F_PUNCHHOLE)
  int64_t start = (offset + 4095) / 4096 * 4096, end = (offset + length) / 4096 * 4096;
  if (end <= start) return 0;
  struct fpunchhole hole = {.fp_offset = start, .fp_length = end - start};
  return fcntl(descriptor, F_PUNCHHOLE, &hole);
#else
  errno = ENOTSUP;
  return -1;
#endif
}

int64_t platform_next_hole(int descriptor, int64_t offset) {
#ifdef SEEK_HOLE
  return lseek(descriptor, offset, SEEK_HOLE);
#else
  return -1;
#endif
}

int64_t platform_next_data(int descriptor, int64_t offset) {
#ifdef SEEK_DATA
  return lseek(descriptor, offset, SEEK_DATA);
#else
  return -1;
#endif
}

#ifndef __has_feature
#define __has_feature(x) 0
#endif

int platform_deep_binding(void) {
#if defined(RTLD_DEEPBIND) && !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer)
  return RTLD_DEEPBIND;
#else
  return 0;
#endif
}

int platform_close_on_exec(int descriptor) { return fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

int platform_sync(int descriptor) {
#ifdef F_FULLFSYNC
  // Network file systems and some others know no F_FULLFSYNC.
  if (fcntl(descriptor, F_FULLFSYNC) == 0) return 0;
#endif
  return fsync(descriptor);
}

bool platform_window_size(int descriptor, uint16_t *columns, uint16_t *rows) {
  struct winsize size = {0};
  if (ioctl(descriptor, TIOCGWINSZ, &size) != 0 || size.ws_col == 0 || size.ws_row == 0) return false;
  *columns = size.ws_col;
  *rows = size.ws_row;
  return true;
}

bool platform_become_subreaper(void) {
#ifdef PR_SET_CHILD_SUBREAPER
  return prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL) == 0;
#else
  return false;
#endif
}

bool platform_hide_process(void) {
#ifdef PR_SET_DUMPABLE
  return prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) == 0;
#else
  return false;
#endif
}

static uint64_t number(rlim_t limit) { return limit == RLIM_INFINITY ? UINT64_MAX : (uint64_t)limit; }

bool platform_file_limit(uint64_t *present, uint64_t *highest) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  *present = number(limit.rlim_cur);
  *highest = number(limit.rlim_max);
  return true;
}

bool platform_set_file_limit(uint64_t present) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return false;
  limit.rlim_cur = present == UINT64_MAX ? RLIM_INFINITY : (rlim_t)present;
  return setrlimit(RLIMIT_NOFILE, &limit) == 0;
}

bool platform_set_file_limit_of(int pid, uint64_t present) {
#ifdef __linux__
  struct rlimit limit;
  if (prlimit(pid, RLIMIT_NOFILE, NULL, &limit) != 0) return false;
  limit.rlim_cur = present == UINT64_MAX ? RLIM_INFINITY : (rlim_t)present;
  return prlimit(pid, RLIMIT_NOFILE, &limit, NULL) == 0;
#else
  (void)pid;
  (void)present;
  return false;
#endif
}
