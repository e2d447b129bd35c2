/* How much memory the process may have and has, by whoever bounds it: its configuration (limits.memory), its control
   group, its resource limits. What is read stays open, so that asking takes a few reads and no descriptor. */
#ifndef ROUTER_MEMORY_USE_H
#define ROUTER_MEMORY_USE_H

#include <hanse/base.h>

struct memory_use {
  const char *bound;    /* who bounds it: "limits.memory", "cgroup", "RLIMIT_AS", "RLIMIT_DATA"; "none" */
  uint64_t used, limit; /* octets, as that bound counts them; limit 0: there is none */
};

/* Descriptors, -1 where there is no such file. */
struct memory_files {
  int statm; /* /proc/self/statm */
  int group_limit, group_usage, group_stat;
};

/* Finds the files below these folders ("/proc/self", "/sys/fs/cgroup"). What is not there bounds nothing. */
void memory_files_open(struct memory_files *files, const char *proc, const char *groups);
void memory_files_close(struct memory_files *files);

/* The bound that is nearest to being reached; `stated` is that of the configuration, 0: none. */
struct memory_use memory_use_read(const struct memory_files *files, uint64_t stated);

#endif
