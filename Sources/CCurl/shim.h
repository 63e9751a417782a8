#ifndef GIT_ORCH_CCURL_SHIM_H
#define GIT_ORCH_CCURL_SHIM_H

#include <curl/curl.h>
#include <dlfcn.h>
#include <stddef.h>

/* The functions of libcurl that are called, with the types that its header gives them. */
typedef struct {
  __typeof__(&curl_global_init) global_init;
  __typeof__(&curl_easy_init) easy_init;
  __typeof__(&curl_easy_setopt) easy_setopt;
  __typeof__(&curl_easy_getinfo) easy_getinfo;
  __typeof__(&curl_easy_strerror) easy_strerror;
  __typeof__(&curl_easy_cleanup) easy_cleanup;
  __typeof__(&curl_slist_append) slist_append;
  __typeof__(&curl_slist_free_all) slist_free_all;
  __typeof__(&curl_multi_init) multi_init;
  __typeof__(&curl_multi_add_handle) multi_add_handle;
  __typeof__(&curl_multi_remove_handle) multi_remove_handle;
  __typeof__(&curl_multi_perform) multi_perform;
  __typeof__(&curl_multi_poll) multi_poll;
  __typeof__(&curl_multi_wakeup) multi_wakeup;
  __typeof__(&curl_multi_info_read) multi_info_read;
  __typeof__(&curl_multi_strerror) multi_strerror;
  __typeof__(&curl_multi_cleanup) multi_cleanup;
} git_orch_curl;

/* Finds the functions in a library that dlopen has opened. Returns the name of one that it has not, or NULL. */
static inline const char *git_orch_curl_find(void *library, git_orch_curl *curl) {
#define GIT_ORCH_FIND(name)                                                        \
  curl->name = (__typeof__(curl->name))dlsym(library, "curl_" #name);              \
  if (!curl->name) return "curl_" #name
  GIT_ORCH_FIND(global_init);
  GIT_ORCH_FIND(easy_init);
  GIT_ORCH_FIND(easy_setopt);
  GIT_ORCH_FIND(easy_getinfo);
  GIT_ORCH_FIND(easy_strerror);
  GIT_ORCH_FIND(easy_cleanup);
  GIT_ORCH_FIND(slist_append);
  GIT_ORCH_FIND(slist_free_all);
  GIT_ORCH_FIND(multi_init);
  GIT_ORCH_FIND(multi_add_handle);
  GIT_ORCH_FIND(multi_remove_handle);
  GIT_ORCH_FIND(multi_perform);
  GIT_ORCH_FIND(multi_poll);
  GIT_ORCH_FIND(multi_wakeup);
  GIT_ORCH_FIND(multi_info_read);
  GIT_ORCH_FIND(multi_strerror);
  GIT_ORCH_FIND(multi_cleanup);
#undef GIT_ORCH_FIND
  return NULL;
}

/* Swift cannot call C variadics: each type of value that an option may have gets a wrapper here. */

static inline CURLcode git_orch_curl_set_long(const git_orch_curl *curl, CURL *easy, CURLoption option, long value) {
  return curl->easy_setopt(easy, option, value);
}

static inline CURLcode git_orch_curl_set_size(
    const git_orch_curl *curl, CURL *easy, CURLoption option, curl_off_t value) {
  return curl->easy_setopt(easy, option, value);
}

static inline CURLcode git_orch_curl_set_pointer(
    const git_orch_curl *curl, CURL *easy, CURLoption option, const void *value) {
  return curl->easy_setopt(easy, option, value);
}

/* What is called for each piece of the answer, with the pointer that was set for it. */
typedef size_t (*git_orch_curl_writer)(char *bytes, size_t size, size_t count, void *context);

static inline CURLcode git_orch_curl_set_writer(
    const git_orch_curl *curl, CURL *easy, CURLoption option, git_orch_curl_writer writer) {
  return curl->easy_setopt(easy, option, writer);
}

static inline CURLcode git_orch_curl_get_status(const git_orch_curl *curl, CURL *easy, long *status) {
  return curl->easy_getinfo(easy, CURLINFO_RESPONSE_CODE, status);
}

#endif
