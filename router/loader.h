/* Versions of plugin code. Each is opened by libltdl from a private copy named by its content hash, because reopening a
   path that is loaded returns the old code, and because a mapped file that is overwritten in place is a SIGBUS. */
#ifndef ROUTER_LOADER_H
#define ROUTER_LOADER_H

#include <hanse/plugin.h>
#include <sys/types.h>

struct loader;

struct code {
  struct code *next, *previous;
  struct loader *loader;
  unsigned holds;
  unsigned version;                  /* grows with each loading of this process */
  char hash[33];                     /* of the file's content, hexadecimal */
  char *path;                        /* where it was found */
  char *copy;                        /* the private copy */
  char *build;                       /* path, hash and the plugin's own version: what reports say ran */
  void *handle;                      /* lt_dlhandle */
  const struct hanse_plugin *plugin; /* as our headers lay it out (contract/descriptor.h) */
  struct hanse_plugin *own;          /* the same, to be freed */
};

/* `cache` is cache_dir: private copies go to cache_dir/code. `user` owns what may be loaded, besides root. NULL:
 * problem.
 */
struct loader *loader_new(const char *cache, uid_t user, struct hanse_problem *problem);
void loader_free(struct loader *loader);

/* Loads folder/plugin.so, or finds the same content loaded already. Held for the caller. NULL: `problem` says the path,
   what was found, what is needed and what to do. One thread at a time. */
struct code *loader_load(struct loader *loader, const char *folder, struct hanse_slice plugin,
                         struct hanse_problem *problem);
struct code *code_hold(struct code *code);
/* The last one closes the code: from the loop's top level only, and never while another thread loads. */
void code_release(struct code *code);
/* How many versions of this plugin's code are open. */
unsigned loader_versions(const struct loader *loader, struct hanse_slice plugin);
struct code *loader_codes(const struct loader *loader);

#endif
