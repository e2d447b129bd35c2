/* The fake host's table with some functions watched: what a plugin does in one call that it may not do. */
#ifndef SDK_TOOL_WATCH_H
#define SDK_TOOL_WATCH_H

#include <hanse/fake_host.h>
#include <pthread.h>

#include "sdk/tool/trial.h"

enum { WATCH_TOKENS = 4096 };

struct watch {
  struct hanse_host_ops ops; /* first: what the instance's host points to */
  const struct hanse_host_ops *real;
  struct trial *trial;
  pthread_t thread; /* that may call the host */
  const char *slot; /* whose call is judged */
  bool dry;         /* during a call in which nothing may be counted, stored or asked */
  bool told_dry, told_twice;
  uint64_t open_from; /* the first token of this watch */
  uint64_t tokens;    /* how many there were */
  unsigned char answers[WATCH_TOKENS];
};

/* What the plugin gets as its `targets` and its `rows`: for it they are the host's, and that is the watch here. */
struct watch_targets {
  struct watch *watch;
  unsigned count;
  const char *wrong; /* NULL, or what was wrong with a place */
};
struct watch_rows {
  struct watch *watch;
  const struct fake_argument *arguments;
  uint64_t rows;
  bool outside; /* a value before the first row */
};
static inline struct hanse_found_targets *watch_as_targets(struct watch_targets *targets) {
  return (struct hanse_found_targets *)(void *)targets;
}
static inline struct hanse_rows *watch_as_rows(struct watch_rows *rows) { return (struct hanse_rows *)(void *)rows; }

/* Puts itself between the instance and its host. Lives as long as the instance. */
void watch_begin(struct watch *watch, struct fake_instance *instance, struct trial *trial, const char *slot);
/* A token for a question; what is answered is remembered. */
hanse_token watch_token(struct watch *watch);
/* Was it answered? */
bool watch_answered(const struct watch *watch, hanse_token token);

#endif
