/* The plugin that is checked, and what is known of it so far. Lies in memory that parent and children share. */
#ifndef SDK_TOOL_SUBJECT_H
#define SDK_TOOL_SUBJECT_H

#include <hanse/plugin.h>
#include <limits.h>

#include "sdk/tool/object.h"

enum { SUBJECT_OFFERS = 32 };

struct subject {
  const char *settings; /* as in a configuration block; NULL: none were given */
  const char *entry;    /* of a partner; NULL: none was given */
  unsigned seconds;     /* the longest that one call may take */
  char path[PATH_MAX];  /* absolute */
  char name[NAME_MAX + 1];
  char folder[PATH_MAX]; /* for what it keeps: of its own, empty at first */
  struct object object;
  struct hanse_slice input; /* octets of --input; empty: none were given */
  /* found by children */
  bool described;    /* descriptor, option table and offers are sound: its code may be called */
  char required[64]; /* an option that must be given; empty: there is none */
  bool lives;        /* it was created, configured and started */
  size_t offers;
};

/* Opens the plugin, in a child. NULL: `problem` says why not. */
const struct hanse_plugin *subject_open(const struct subject *subject, void **handle, struct hanse_problem *problem);
/* A descriptor may be shorter than ours: what it lacks is NULL in `out`. */
void subject_descriptor(const struct hanse_plugin *plugin, struct hanse_plugin *out);
/* An option of the table, or of a group in it, that must be given; NULL: there is none. */
const char *subject_required(const struct hanse_option *table);

#endif
