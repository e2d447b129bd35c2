#include "router/memory_use.h"

#include <ctype.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

/* More than any of these files holds. */
#define CONTENT_MAX 16384

/* A bound beyond this one is none: version 1 of control groups writes the largest multiple of a page. */
#define BOUNDLESS ((uint64_t)1 << 60)

/* ---- files ---- */

static int open_below(const char *folder, const char *group, const char *name) {
  char path[PATH_MAX];
  if ((size_t)snprintf(path, sizeof path, "%s%s/%s", folder, group, name) >= sizeof path) return -1;
  return open(path, O_RDONLY | O_CLOEXEC);
}

/* The whole of a small file of the kernel, from its begin. False: there is none. */
static bool content(int fd, char out[CONTENT_MAX]) {
  ssize_t n = fd < 0 ? -1 : pread(fd, out, CONTENT_MAX - 1, 0);
  if (n < 0) return false;
  out[n] = '\0';
  return true;
}

/* The path of our own group, of the hierarchy with the memory controller ("8:memory:/path"), or of the only one
   ("0::/path"). False: there is none. */
static bool own_group(const char *proc, const char *controller, char out[PATH_MAX]) {
  char text[CONTENT_MAX], *rest = text;
  int fd = open_below(proc, "", "cgroup");
  bool read = content(fd, text);
  if (fd >= 0) close(fd);
  for (char *line; read && (line = strsep(&rest, "\n")) != NULL;) {
    strsep(&line, ":");
    const char *names = line ? strsep(&line, ":") : NULL;
    if (!names || !line || strcmp(names, controller)) continue;
    return (size_t)snprintf(out, PATH_MAX, "%s", line) < PATH_MAX;
  }
  return false;
}

/* In a container the group may be the root of what is mounted, whatever its path outside is. */
static void open_group(struct memory_files *files, const char *folder, const char *group, const char *limit,
                       const char *usage) {
  if ((files->group_limit = open_below(folder, group, limit)) < 0) {
    group = "";
    files->group_limit = open_below(folder, group, limit);
  }
  files->group_usage = open_below(folder, group, usage);
  files->group_stat = open_below(folder, group, "memory.stat");
}

void memory_files_open(struct memory_files *files, const char *proc, const char *groups) {
  char folder[PATH_MAX], group[PATH_MAX];
  *files = (struct memory_files){-1, -1, -1, -1};
  files->statm = open_below(proc, "", "statm");
  if ((size_t)snprintf(folder, sizeof folder, "%s/memory", groups) >= sizeof folder) return;
  if (own_group(proc, "memory", group))
    open_group(files, folder, group, "memory.limit_in_bytes", "memory.usage_in_bytes");
  else if (own_group(proc, "", group))
    open_group(files, groups, group, "memory.max", "memory.current");
}

void memory_files_close(struct memory_files *files) {
  int all[] = {files->statm, files->group_limit, files->group_usage, files->group_stat};
  for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
    if (all[i] >= 0) close(all[i]);
  *files = (struct memory_files){-1, -1, -1, -1};
}

/* ---- bounds ---- */

/* False: no number ("max"). */
static bool number(const char *text, uint64_t *out) {
  if (!isdigit((unsigned char)*text)) return false;
  *out = strtoull(text, NULL, 10);
  return true;
}

/* What the kernel can take back when it must: pages of files that are not being changed. */
static uint64_t reclaimable(int stat) {
  char text[CONTENT_MAX], *rest = text;
  uint64_t sum = 0, value;
  if (!content(stat, text)) return 0;
  for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
    const char *name = strsep(&line, " ");
    bool counts = !strcmp(name, "active_file") || !strcmp(name, "inactive_file");
    if (counts && line && number(line, &value)) sum += value;
  }
  return sum;
}

static struct memory_use of_group(const struct memory_files *files) {
  struct memory_use use = {"cgroup", 0, 0};
  char text[CONTENT_MAX];
  uint64_t limit;
  if (!content(files->group_limit, text) || !number(text, &limit) || limit > BOUNDLESS) return use;
  if (!content(files->group_usage, text) || !number(text, &use.used)) return use;
  uint64_t files_too = reclaimable(files->group_stat);
  use.used -= files_too < use.used ? files_too : use.used;
  use.limit = limit ? limit : 1;
  return use;
}

static struct memory_use of_resource(const char *name, int resource, uint64_t used) {
  struct rlimit limit;
  bool bounded = getrlimit((__rlimit_resource_t)resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
  return (struct memory_use){name, used, !bounded ? 0 : limit.rlim_cur ? limit.rlim_cur : 1};
}

/* proc(5): size, resident, shared, text, lib, data; in pages. */
static bool own_pages(int statm, uint64_t out[6]) {
  char text[CONTENT_MAX], *at = text;
  if (!content(statm, text)) return false;
  for (int i = 0; i < 6; i++) out[i] = strtoull(at, &at, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
  return true;
}

static void prefer(struct memory_use *nearest, struct memory_use one) {
  if (!one.limit) return;
  if (!nearest->limit || (double)one.used / (double)one.limit > (double)nearest->used / (double)nearest->limit)
    *nearest = one;
}

struct memory_use memory_use_read(const struct memory_files *files, uint64_t stated) {
  struct memory_use nearest = {"none", 0, 0};
  uint64_t pages[6];
  prefer(&nearest, of_group(files));
  if (!own_pages(files->statm, pages)) return nearest;
  if (!nearest.limit) nearest.used = pages[1];
  prefer(&nearest, (struct memory_use){"limits.memory", pages[1], stated});
  prefer(&nearest, of_resource("RLIMIT_AS", RLIMIT_AS, pages[0]));
  prefer(&nearest, of_resource("RLIMIT_DATA", RLIMIT_DATA, pages[5]));
  return nearest;
}
