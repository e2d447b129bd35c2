/* Opens a plugin's file, as the router does. */
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>

#include "contract/descriptor.h"
#include "contract/shared_object.h"
#include "sdk/fakehost/inside.h"

/* The whole file; NULL: errno says why. */
static char *read_file(const char *path, size_t *length) {
  FILE *file = fopen(path, "rbe");
  char *content = NULL;
  size_t room = 0, n = 0;
  if (!file) return NULL;
  do {
    if (room - n < 65536) content = fake_keep_more(content, room = 2 * room + 65536);
    size_t more = fread(content + n, 1, room - n, file);
    if (!more) break;
    n += more;
  } while (true);
  fclose(file);
  *length = n;
  return content;
}

/* The loader believes the lengths that it reads, and dies of a file that was copied only in part. */
static bool is_whole(const char *path, struct hanse_problem *problem) {
  char why[320];
  size_t length;
  char *content = read_file(path, &length);
  if (!content) {
    hanse_explain(problem, "plugin \"%s\": %s; build it, or name another file", path, strerror(errno));
    return false;
  }
  bool whole = shared_object_check(hanse_slice(content, length), why, sizeof why) == HANSE_OK;
  free(content);
  if (!whole) hanse_explain(problem, "plugin \"%s\" could not be opened: it %s", path, why);
  return whole;
}

static struct hanse_slice name_of(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  size_t n = strlen(name);
  return hanse_slice(name, n > 3 && strcmp(name + n - 3, ".so") == 0 ? n - 3 : n);
}

static const struct hanse_plugin *open_file(const char *path, struct hanse_problem *problem) {
  char with_folder[4096];
  if (!is_whole(path, problem)) return NULL;
  snprintf(with_folder, sizeof with_folder, "%s%s", strchr(path, '/') ? "" : "./", path);
  void *library = dlopen(with_folder, RTLD_NOW | RTLD_LOCAL);
  if (!library) {
    const char *why = dlerror();
    if (!why) why = "no reason given";
    hanse_explain(problem, "plugin \"%s\" could not be opened: %.280s; %s", path, why, shared_object_cure(why));
    return NULL;
  }
  const struct hanse_plugin *plugin = dlsym(library, "hanse_plugin");
  return descriptor_fits(plugin, name_of(path), path, problem) ? plugin : NULL;
}

const struct hanse_plugin *fake_try_open(const char *path, struct hanse_problem *problem) {
  struct fake_calling before = fake_step_out();
  *problem = (struct hanse_problem){{NULL, 0}, ""};
  const struct hanse_plugin *plugin = open_file(path, problem);
  fake_leave(before);
  return plugin;
}

const struct hanse_plugin *fake_open(const char *path) {
  struct hanse_problem problem;
  const struct hanse_plugin *plugin = fake_try_open(path, &problem);
  if (!plugin) fake_end("%s", problem.text);
  return plugin;
}
