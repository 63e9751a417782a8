/*
 * libgit2, loaded when it is first used.
 *
 * With what it brings along (two TLS libraries, SSH, Kerberos) it is twenty libraries, and linking them costs every
 * command several milliseconds, though most never call it. So nothing links it: each function that Swift calls is defined
 * here, and passes its arguments on to the one in the library. A function that is missing here is an error of the
 * linker; one whose parameters differ from those in git2.h is an error of the compiler.
 */
#include "shim.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

static const char *const name = "libgit2.so." LIBGIT2_SOVERSION;
static void *library;
static char fault[512];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void load(void) {
  /* Not with RTLD_DEEPBIND, for the two functions below. Where the program's symbols can be seen, calls of the library to
   * itself may come by our functions of the same names, which pass them on. */
  library = dlopen(name, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *reason = dlerror();
    snprintf(fault, sizeof fault, "%s", reason ? reason : "cannot load it");
  }
}

const char *git_orch_libgit2_fault(void) {
  pthread_once(&once, load);
  return library ? NULL : fault;
}

static void *function(const char *symbol) {
  void *found = git_orch_libgit2_fault() ? NULL : dlsym(library, symbol);
  if (found) return found;
  /* Libgit2.start() has looked for the library before; this is one that was built otherwise than its headers say. */
  fprintf(stderr, "fatal: %s has no function %s\n", name, symbol);
  abort();
}

/* Built with mbed TLS, libgit2 parses the certificates of all the world's authorities when it is made ready, which takes
 * longer than all that a short command does with it. We never let it near a network, so it finds these in place of
 * the TLS library's own, and trusts nobody. libcurl does not find them: see CurlLibrary. */
#define EXPORTED __attribute__((visibility("default"), used))
EXPORTED int mbedtls_x509_crt_parse_file(void *chain, const char *path) { return (void)chain, (void)path, 0; }
EXPORTED int mbedtls_x509_crt_parse_path(void *chain, const char *path) { return (void)chain, (void)path, 0; }

#define FORWARD(type, symbol, parameters, arguments)                                          \
  type symbol parameters {                                                                    \
    static _Atomic(void *) known;                                                             \
    void *real = atomic_load_explicit(&known, memory_order_relaxed);                          \
    if (!real) atomic_store_explicit(&known, real = function(#symbol), memory_order_relaxed); \
    return ((type(*) parameters)real)arguments;                                               \
  }

typedef int (*options)(int, ...);

int git_orch_set_extensions(const char *const *extensions, size_t count) {
  return ((options)function("git_libgit2_opts"))(GIT_OPT_SET_EXTENSIONS, extensions, count);
}

int git_orch_set_owner_validation(int enabled) {
  return ((options)function("git_libgit2_opts"))(GIT_OPT_SET_OWNER_VALIDATION, enabled);
}

FORWARD(void, git_blob_free, (git_blob *a), (a))
FORWARD(int, git_blob_lookup, (git_blob **a, git_repository *b, const git_oid *c), (a, b, c))
FORWARD(const void *, git_blob_rawcontent, (const git_blob *a), (a))
FORWARD(git_object_size_t, git_blob_rawsize, (const git_blob *a), (a))
FORWARD(void, git_branch_iterator_free, (git_branch_iterator *a), (a))
FORWARD(int, git_branch_iterator_new, (git_branch_iterator **a, git_repository *b, git_branch_t c), (a, b, c))
FORWARD(int, git_branch_name, (const char **a, const git_reference *b), (a, b))
FORWARD(int, git_branch_name_is_valid, (int *a, const char *b), (a, b))
FORWARD(int, git_branch_next, (git_reference **a, git_branch_t *b, git_branch_iterator *c), (a, b, c))
FORWARD(void, git_buf_dispose, (git_buf *a), (a))
FORWARD(int, git_checkout_head, (git_repository *a, const git_checkout_options *b), (a, b))
FORWARD(int, git_checkout_options_init, (git_checkout_options *a, unsigned int b), (a, b))
FORWARD(const git_signature *, git_commit_author, (const git_commit *a), (a))
FORWARD(const git_signature *, git_commit_committer, (const git_commit *a), (a))
FORWARD(int, git_commit_create, (git_oid *a, git_repository *b, const char *c, const git_signature *d, const git_signature *e, const char *f, const char *g, const git_tree *h, size_t i, const git_commit **j), (a, b, c, d, e, f, g, h, i, j))
FORWARD(void, git_commit_free, (git_commit *a), (a))
FORWARD(int, git_commit_lookup, (git_commit **a, git_repository *b, const git_oid *c), (a, b, c))
FORWARD(const char *, git_commit_message, (const git_commit *a), (a))
FORWARD(const char *, git_commit_message_encoding, (const git_commit *a), (a))
FORWARD(const char *, git_commit_message_raw, (const git_commit *a), (a))
FORWARD(const git_oid *, git_commit_parent_id, (const git_commit *a, unsigned int b), (a, b))
FORWARD(unsigned int, git_commit_parentcount, (const git_commit *a), (a))
FORWARD(const char *, git_commit_summary, (git_commit *a), (a))
FORWARD(git_time_t, git_commit_time, (const git_commit *a), (a))
FORWARD(int, git_commit_tree, (git_tree **a, const git_commit *b), (a, b))
FORWARD(const git_oid *, git_commit_tree_id, (const git_commit *a), (a))
FORWARD(int, git_config_add_file_ondisk, (git_config *a, const char *b, git_config_level_t c, const git_repository *d, int e), (a, b, c, d, e))
FORWARD(int, git_config_delete_multivar, (git_config *a, const char *b, const char *c), (a, b, c))
FORWARD(void, git_config_free, (git_config *a), (a))
FORWARD(int, git_config_get_bool, (int *a, const git_config *b, const char *c), (a, b, c))
FORWARD(int, git_config_get_string, (const char **a, const git_config *b, const char *c), (a, b, c))
FORWARD(int, git_config_get_string_buf, (git_buf *a, const git_config *b, const char *c), (a, b, c))
FORWARD(void, git_config_iterator_free, (git_config_iterator *a), (a))
FORWARD(int, git_config_iterator_new, (git_config_iterator **a, const git_config *b), (a, b))
FORWARD(int, git_config_new, (git_config **a), (a))
FORWARD(int, git_config_next, (git_config_entry **a, git_config_iterator *b), (a, b))
FORWARD(int, git_config_open_ondisk, (git_config **a, const char *b), (a, b))
FORWARD(int, git_config_snapshot, (git_config **a, git_config *b), (a, b))
FORWARD(void, git_diff_free, (git_diff *a), (a))
FORWARD(const git_diff_delta *, git_diff_get_delta, (const git_diff *a, size_t b), (a, b))
FORWARD(int, git_diff_get_stats, (git_diff_stats **a, git_diff *b), (a, b))
FORWARD(size_t, git_diff_num_deltas, (const git_diff *a), (a))
FORWARD(int, git_diff_options_init, (git_diff_options *a, unsigned int b), (a, b))
FORWARD(int, git_diff_patchid, (git_oid *a, git_diff *b, git_diff_patchid_options *c), (a, b, c))
FORWARD(size_t, git_diff_stats_deletions, (const git_diff_stats *a), (a))
FORWARD(void, git_diff_stats_free, (git_diff_stats *a), (a))
FORWARD(size_t, git_diff_stats_insertions, (const git_diff_stats *a), (a))
FORWARD(int, git_diff_tree_to_index, (git_diff **a, git_repository *b, git_tree *c, git_index *d, const git_diff_options *e), (a, b, c, d, e))
FORWARD(int, git_diff_tree_to_tree, (git_diff **a, git_repository *b, git_tree *c, git_tree *d, const git_diff_options *e), (a, b, c, d, e))
FORWARD(int, git_diff_tree_to_workdir_with_index, (git_diff **a, git_repository *b, git_tree *c, const git_diff_options *d), (a, b, c, d))
FORWARD(void, git_error_clear, (void), ())
FORWARD(const git_error *, git_error_last, (void), ())
FORWARD(int, git_graph_descendant_of, (git_repository *a, const git_oid *b, const git_oid *c), (a, b, c))
FORWARD(int, git_graph_reachable_from_any, (git_repository *a, const git_oid *b, const git_oid *c, size_t d), (a, b, c, d))
FORWARD(void, git_index_conflict_iterator_free, (git_index_conflict_iterator *a), (a))
FORWARD(int, git_index_conflict_iterator_new, (git_index_conflict_iterator **a, git_index *b), (a, b))
FORWARD(int, git_index_conflict_next, (const git_index_entry **a, const git_index_entry **b, const git_index_entry **c, git_index_conflict_iterator *d), (a, b, c, d))
FORWARD(size_t, git_index_entrycount, (const git_index *a), (a))
FORWARD(void, git_index_free, (git_index *a), (a))
FORWARD(const git_index_entry *, git_index_get_byindex, (git_index *a, size_t b), (a, b))
FORWARD(int, git_index_has_conflicts, (const git_index *a), (a))
FORWARD(int, git_index_write_tree_to, (git_oid *a, git_index *b, git_repository *c), (a, b, c))
FORWARD(int, git_libgit2_init, (void), ())
FORWARD(int, git_libgit2_version, (int *a, int *b, int *c), (a, b, c))
FORWARD(int, git_merge_base, (git_oid *a, git_repository *b, const git_oid *c, const git_oid *d), (a, b, c, d))
FORWARD(int, git_merge_commits, (git_index **a, git_repository *b, const git_commit *c, const git_commit *d, const git_merge_options *e), (a, b, c, d, e))
FORWARD(void, git_object_free, (git_object *a), (a))
FORWARD(const git_oid *, git_object_id, (const git_object *a), (a))
FORWARD(void, git_odb_free, (git_odb *a), (a))
FORWARD(int, git_odb_hash, (git_oid *a, const void *b, size_t c, git_object_t d), (a, b, c, d))
FORWARD(const void *, git_odb_object_data, (git_odb_object *a), (a))
FORWARD(void, git_odb_object_free, (git_odb_object *a), (a))
FORWARD(size_t, git_odb_object_size, (git_odb_object *a), (a))
FORWARD(git_object_t, git_odb_object_type, (git_odb_object *a), (a))
FORWARD(int, git_odb_read, (git_odb_object **a, git_odb *b, const git_oid *c), (a, b, c))
FORWARD(int, git_odb_write, (git_oid *a, git_odb *b, const void *c, size_t d, git_object_t e), (a, b, c, d, e))
FORWARD(int, git_oid_equal, (const git_oid *a, const git_oid *b), (a, b))
FORWARD(int, git_oid_fromstr, (git_oid *a, const char *b), (a, b))
FORWARD(char *, git_oid_tostr, (char *a, size_t b, const git_oid *c), (a, b, c))
FORWARD(int, git_reference_create, (git_reference **a, git_repository *b, const char *c, const git_oid *d, int e, const char *f), (a, b, c, d, e, f))
FORWARD(int, git_reference_create_matching, (git_reference **a, git_repository *b, const char *c, const git_oid *d, int e, const git_oid *f, const char *g), (a, b, c, d, e, f, g))
FORWARD(void, git_reference_free, (git_reference *a), (a))
FORWARD(void, git_reference_iterator_free, (git_reference_iterator *a), (a))
FORWARD(int, git_reference_iterator_glob_new, (git_reference_iterator **a, git_repository *b, const char *c), (a, b, c))
FORWARD(int, git_reference_iterator_new, (git_reference_iterator **a, git_repository *b), (a, b))
FORWARD(int, git_reference_lookup, (git_reference **a, git_repository *b, const char *c), (a, b, c))
FORWARD(const char *, git_reference_name, (const git_reference *a), (a))
FORWARD(int, git_reference_name_to_id, (git_oid *a, git_repository *b, const char *c), (a, b, c))
FORWARD(int, git_reference_next, (git_reference **a, git_reference_iterator *b), (a, b))
FORWARD(int, git_reference_peel, (git_object **a, const git_reference *b, git_object_t c), (a, b, c))
FORWARD(const char *, git_reference_symbolic_target, (const git_reference *a), (a))
FORWARD(const git_oid *, git_reference_target, (const git_reference *a), (a))
FORWARD(git_reference_t, git_reference_type, (const git_reference *a), (a))
FORWARD(int, git_repository__cleanup, (git_repository *a), (a))
FORWARD(const char *, git_repository_commondir, (const git_repository *a), (a))
FORWARD(int, git_repository_config, (git_config **a, git_repository *b), (a, b))
FORWARD(int, git_repository_config_snapshot, (git_config **a, git_repository *b), (a, b))
FORWARD(int, git_repository_discover, (git_buf *a, const char *b, int c, const char *d), (a, b, c, d))
FORWARD(void, git_repository_free, (git_repository *a), (a))
FORWARD(int, git_repository_index, (git_index **a, git_repository *b), (a, b))
FORWARD(int, git_repository_is_bare, (const git_repository *a), (a))
FORWARD(int, git_repository_odb, (git_odb **a, git_repository *b), (a, b))
FORWARD(int, git_repository_open_ext, (git_repository **a, const char *b, unsigned int c, const char *d), (a, b, c, d))
FORWARD(const char *, git_repository_path, (const git_repository *a), (a))
FORWARD(int, git_repository_set_config, (git_repository *a, git_config *b), (a, b))
FORWARD(int, git_repository_set_workdir, (git_repository *a, const char *b, int c), (a, b, c))
FORWARD(const char *, git_repository_workdir, (const git_repository *a), (a))
FORWARD(int, git_reset, (git_repository *a, const git_object *b, git_reset_t c, const git_checkout_options *d), (a, b, c, d))
FORWARD(int, git_revparse_single, (git_object **a, git_repository *b, const char *c), (a, b, c))
FORWARD(void, git_revwalk_free, (git_revwalk *a), (a))
FORWARD(int, git_revwalk_hide, (git_revwalk *a, const git_oid *b), (a, b))
FORWARD(int, git_revwalk_new, (git_revwalk **a, git_repository *b), (a, b))
FORWARD(int, git_revwalk_next, (git_oid *a, git_revwalk *b), (a, b))
FORWARD(int, git_revwalk_push, (git_revwalk *a, const git_oid *b), (a, b))
FORWARD(int, git_revwalk_sorting, (git_revwalk *a, unsigned int b), (a, b))
FORWARD(void, git_signature_free, (git_signature *a), (a))
FORWARD(int, git_signature_from_buffer, (git_signature **a, const char *b), (a, b))
FORWARD(const git_status_entry *, git_status_byindex, (git_status_list *a, size_t b), (a, b))
FORWARD(size_t, git_status_list_entrycount, (git_status_list *a), (a))
FORWARD(void, git_status_list_free, (git_status_list *a), (a))
FORWARD(int, git_status_list_new, (git_status_list **a, git_repository *b, const git_status_options *c), (a, b, c))
FORWARD(int, git_status_options_init, (git_status_options *a, unsigned int b), (a, b))
FORWARD(const git_tree_entry *, git_tree_entry_byindex, (const git_tree *a, size_t b), (a, b))
FORWARD(int, git_tree_entry_bypath, (git_tree_entry **a, const git_tree *b, const char *c), (a, b, c))
FORWARD(int, git_tree_entry_cmp, (const git_tree_entry *a, const git_tree_entry *b), (a, b))
FORWARD(git_filemode_t, git_tree_entry_filemode, (const git_tree_entry *a), (a))
FORWARD(git_filemode_t, git_tree_entry_filemode_raw, (const git_tree_entry *a), (a))
FORWARD(void, git_tree_entry_free, (git_tree_entry *a), (a))
FORWARD(const git_oid *, git_tree_entry_id, (const git_tree_entry *a), (a))
FORWARD(const char *, git_tree_entry_name, (const git_tree_entry *a), (a))
FORWARD(git_object_t, git_tree_entry_type, (const git_tree_entry *a), (a))
FORWARD(size_t, git_tree_entrycount, (const git_tree *a), (a))
FORWARD(void, git_tree_free, (git_tree *a), (a))
FORWARD(int, git_tree_lookup, (git_tree **a, git_repository *b, const git_oid *c), (a, b, c))
