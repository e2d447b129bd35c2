#include "router/loader.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <ltdl.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utlist.h>

#include "contract/descriptor.h"
#include "contract/shared_object.h"
#include "contract/trusted.h"

#define LOADER_FILE_MAX ((size_t)256 << 20)

struct loader {
  struct code *codes;
  char *folder; /* cache_dir/code */
  uid_t user;
  unsigned loaded;
};

/* ---- life of the loader ---- */

/* Is the process alive that made the copy NAME-HASH-PID-NUMBER.so? `hanse --check` runs beside the daemon. */
static bool is_in_use(const char *name) {
  long pid = 0;
  const char *at = strrchr(name, '-');
  while (at && at > name && at[-1] != '-') at--;
  if (at) pid = strtol(at, NULL, 10);
  return pid > 0 && pid != (long)getpid() && (kill((pid_t)pid, 0) == 0 || errno == EPERM);
}

/* What an earlier process left when it was killed. */
static void remove_copies(const char *folder) {
  char path[PATH_MAX];
  DIR *dir = opendir(folder);
  if (!dir) return;
  for (struct dirent *entry; (entry = readdir(dir));) {
    size_t length = strlen(entry->d_name);
    if (length < 4 || strcmp(entry->d_name + length - 3, ".so") != 0 || is_in_use(entry->d_name)) continue;
    if (snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) < (int)sizeof path) unlink(path);
  }
  closedir(dir);
}

struct loader *loader_new(const char *cache, uid_t user, struct hanse_problem *problem) {
  struct loader *loader = calloc(1, sizeof *loader);
  if (!loader || asprintf(&loader->folder, "%s/code", cache) < 0) {
    free(loader);
    hanse_explain(problem, "no memory for the plugin loader");
    return NULL;
  }
  loader->user = user;
  if (mkdir(cache, 0700) != 0 && errno != EEXIST) {
    hanse_explain(problem, "cache_dir \"%s\" cannot be made: %s; create it or name another", cache, strerror(errno));
  } else if (mkdir(loader->folder, 0700) != 0 && errno != EEXIST) {
    hanse_explain(problem, "cache_dir: \"%s\" cannot be made: %s; the folder must be ours to write", loader->folder,
                  strerror(errno));
  } else if (sodium_init() < 0 || lt_dlinit() != 0) {
    hanse_explain(problem, "the dynamic loader does not start: %s", lt_dlerror());
  } else {
    remove_copies(loader->folder);
    return loader;
  }
  free(loader->folder);
  free(loader);
  return NULL;
}

void loader_free(struct loader *loader) {
  if (!loader) return;
  lt_dlexit();
  free(loader->folder);
  free(loader);
}

/* ---- one version of code ---- */

static int write_copy(const char *copy, struct hanse_slice content, struct hanse_problem *problem) {
  unlink(copy);
  int fd = open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
  size_t done = 0;
  while (fd >= 0 && done < content.len) {
    ssize_t n = write(fd, content.at + done, content.len - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += (size_t)n;
  }
  if (fd < 0 || done < content.len) {
    hanse_explain(problem, "the private copy \"%s\" cannot be written: %s; cache_dir needs room and must be ours", copy,
                  strerror(errno));
    if (fd >= 0) close(fd);
    unlink(copy);
    return HANSE_FAIL;
  }
  close(fd);
  return HANSE_OK;
}

/* libltdl says "file not found" for a missing symbol, a missing library and a noexec folder alike; dlopen knows. */
static void explain_open(struct hanse_problem *problem, const char *path, const char *copy) {
  void *handle = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
  if (handle) {
    dlclose(handle);
    hanse_explain(problem, "plugin \"%s\" could not be opened: %s", path, lt_dlerror());
    return;
  }
  const char *why = dlerror();
  if (!why) why = "no reason given";
  hanse_explain(problem, "plugin \"%s\" could not be opened: %.280s; %s", path, why, shared_object_cure(why));
}

static struct code *find(const struct loader *loader, const char *hash, struct hanse_slice name) {
  for (struct code *code = loader->codes; code; code = code->next)
    if (!strcmp(code->hash, hash) && hanse_same(hanse_text(code->plugin->name), name)) return code;
  return NULL;
}

static void code_free(struct code *code) {
  if (code->handle) {
#ifndef HANSE_SANITIZED /* leak reports need the symbols of code that was closed */
    lt_dlclose(code->handle);
#endif
  }
  if (code->copy) unlink(code->copy);
  free(code->own);
  free(code->build);
  free(code->copy);
  free(code->path);
  free(code);
}

/* libltdl binds at the first call, where a missing symbol is the end of the process: all is bound before it opens. */
static lt_dlhandle open_copy(const char *copy) {
  lt_dladvise advise;
  lt_dlhandle handle = NULL;
  void *bound = dlopen(copy, RTLD_NOW | RTLD_LOCAL);
  if (!bound) return NULL;
  if (lt_dladvise_init(&advise) == 0) {
    lt_dladvise_local(&advise);
    handle = lt_dlopenadvise(copy, advise);
    lt_dladvise_destroy(&advise);
  }
  dlclose(bound);
  return handle;
}

static struct code *open_code(struct loader *loader, const char *path, const char *hash, struct hanse_slice name,
                              struct hanse_slice content, struct hanse_problem *problem) {
  struct code *code = calloc(1, sizeof *code);
  if (!code || !(code->path = strdup(path)) ||
      asprintf(&code->copy, "%s/%.*s-%s-%d-%u.so", loader->folder, HANSE_FMT(name), hash, (int)getpid(),
               loader->loaded + 1) < 0) {
    hanse_explain(problem, "no memory for plugin \"%s\"", path);
    goto failed;
  }
  memcpy(code->hash, hash, sizeof code->hash);
  if (write_copy(code->copy, content, problem) != HANSE_OK) goto failed;
  code->handle = open_copy(code->copy);
  if (!code->handle) {
    explain_open(problem, path, code->copy);
    goto failed;
  }
  const struct hanse_plugin *theirs = lt_dlsym(code->handle, "hanse_plugin");
  if (!descriptor_fits(theirs, name, path, problem)) goto failed;
  code->plugin = code->own = descriptor_copy(theirs, path, problem);
  if (!code->own) goto failed;
  if (asprintf(&code->build, "%s of %s version %.40s", hash, path, code->own->version) < 0) {
    code->build = NULL;
    hanse_explain(problem, "no memory for plugin \"%s\"", path);
    goto failed;
  }
  code->loader = loader;
  code->holds = 1;
  code->version = ++loader->loaded;
  return code;
failed:
  if (code) code_free(code);
  return NULL;
}

struct code *loader_load(struct loader *loader, const char *folder, struct hanse_slice plugin,
                         struct hanse_problem *problem) {
  char path[PATH_MAX], hash[33];
  unsigned char digest[16];
  char why[320];
  struct option_pool pool;
  struct hanse_slice content;
  struct code *code = NULL;
  if (memchr(plugin.at, '/', plugin.len) || !plugin.len || plugin.at[0] == '.') {
    hanse_explain(problem, "plugin \"%.*s\" is not a name; plugins lie in the plugin folder and are named without path",
                  HANSE_FMT(plugin));
    return NULL;
  }
  if (snprintf(path, sizeof path, "%s/%.*s.so", folder, HANSE_FMT(plugin)) >= (int)sizeof path) {
    hanse_explain(problem, "the path of plugin \"%.*s\" is too long", HANSE_FMT(plugin));
    return NULL;
  }
  option_pool_init(&pool);
  if (trusted_read(path, loader->user, TRUSTED_FILE, LOADER_FILE_MAX, &pool, &content, why, sizeof why) != HANSE_OK) {
    hanse_explain(problem, "plugin \"%s\": %s", path, why);
    goto out;
  }
  if (shared_object_check(content, why, sizeof why) != HANSE_OK) {
    hanse_explain(problem, "plugin \"%s\" could not be opened: it %s", path, why);
    goto out;
  }
  crypto_generichash(digest, sizeof digest, (const unsigned char *)content.at, content.len, NULL, 0);
  sodium_bin2hex(hash, sizeof hash, digest, sizeof digest);
  code = find(loader, hash, plugin);
  if (code) {
    code_hold(code);
  } else {
    code = open_code(loader, path, hash, plugin, content, problem);
    if (code) DL_APPEND2(loader->codes, code, previous, next);
  }
out:
  option_pool_clear(&pool);
  return code;
}

struct code *code_hold(struct code *code) {
  code->holds++;
  return code;
}

void code_release(struct code *code) {
  if (!code || --code->holds) return;
  DL_DELETE2(code->loader->codes, code, previous, next);
  code_free(code);
}

unsigned loader_versions(const struct loader *loader, struct hanse_slice plugin) {
  unsigned n = 0;
  for (struct code *code = loader->codes; code; code = code->next)
    if (hanse_same(hanse_text(code->plugin->name), plugin)) n++;
  return n;
}

struct code *loader_codes(const struct loader *loader) {
  return loader->codes;
}
