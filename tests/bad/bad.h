/* What the plugins of this folder share: each is a whole plugin that breaks the contract in exactly one way, so that
   what happens then is due to that alone. EXPECT.tsv says what the router must make of it. */
#ifndef BAD_H
#define BAD_H

#include <hanse/plugin.h>
#include <stdlib.h>

struct bad {
  struct hanse_host *host;
};

static inline int bad_create(struct hanse_host *host, void **self) {
  struct bad *bad = (struct bad *)calloc(1, sizeof *bad);
  if (!bad) return HANSE_NOMEM;
  bad->host = host;
  *self = bad;
  return HANSE_OK;
}
static inline int bad_configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings, (void)problem;
  return HANSE_OK;
}
static inline int bad_start(void *self) {
  (void)self;
  return HANSE_OK;
}
static inline void bad_destroy(void *self) { free(self); }

static inline enum hanse_verdict bad_abstain(void *self, const struct hanse_case *c) {
  (void)self, (void)c;
  return HANSE_ABSTAIN;
}

/* The fields that are as they should be; a plugin writes the others. */
#define BAD_WORDS(its_name, its_summary) .name = its_name, .version = "1", .summary = its_summary
#define BAD_LIFE .create = bad_create, .configure = bad_configure, .start = bad_start, .destroy = bad_destroy

#endif
