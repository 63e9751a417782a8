#ifndef GIT_ORCH_CLIBGIT2_SHIM_H
#define GIT_ORCH_CLIBGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/repository.h>

/* Swift cannot call C variadics: each option of git_libgit2_opts that we need gets a wrapper here. */

/* GIT_OPT_SET_EXTENSIONS: extensions.* beside libgit2's own with which a repository may still be opened. */
static inline int git_orch_set_extensions(const char *const *extensions, size_t count) {
  return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, count);
}

/* GIT_OPT_SET_OWNER_VALIDATION: whether opening a repository of another owner is refused (safe.directory). */
static inline int git_orch_set_owner_validation(int enabled) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

#endif
