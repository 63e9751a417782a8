#ifndef GIT_ORCH_CLIBGIT2_SHIM_H
#define GIT_ORCH_CLIBGIT2_SHIM_H

#include <git2.h>
#include <git2/sys/repository.h>

/* Swift cannot call C variadics: each option of git_libgit2_opts that we need gets a function here. */

#ifdef __APPLE__

/* Linked as usual. */
static inline const char *git_orch_libgit2_fault(void) { return NULL; }

static inline int git_orch_set_extensions(const char *const *extensions, size_t count) {
  return git_libgit2_opts(GIT_OPT_SET_EXTENSIONS, extensions, count);
}

static inline int git_orch_set_owner_validation(int enabled) {
  return git_libgit2_opts(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

#else

/* Loads the library, once. Returns why it cannot be loaded, or NULL. Any thread. */
const char *git_orch_libgit2_fault(void);

/* GIT_OPT_SET_EXTENSIONS: extensions.* besides libgit2's own with which a repository may still be opened. */
int git_orch_set_extensions(const char *const *extensions, size_t count);

/* GIT_OPT_SET_OWNER_VALIDATION: whether opening a repository of another owner is refused (safe.directory). */
int git_orch_set_owner_validation(int enabled);

#endif

#endif
