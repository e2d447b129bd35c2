/* Where a plugin is tried: a world in memory, and an instance in it with the settings that were given. In a child. */
#ifndef SDK_TOOL_BED_H
#define SDK_TOOL_BED_H

#include <hanse/fake_host.h>

#include "sdk/tool/subject.h"
#include "sdk/tool/trial.h"
#include "sdk/tool/watch.h"

struct bed {
  struct trial *trial;
  struct subject *subject;
  const struct hanse_plugin *plugin; /* as it was loaded: its offers */
  struct fake_world *world;
  struct fake_instance *instance;
  struct watch watch;
};

/* Opens the plugin. False: that was reported. */
bool bed_open(struct bed *bed, struct trial *trial, struct subject *subject);
/* A world with an instance that is started. HANSE_OK; HANSE_SKIP: it has nothing to do; negative: a slot failed, which
 *slot names, and fake_problem(bed->world) may say why. The world is there in any case, until bed_clear. */
int bed_make(struct bed *bed, const char **slot);
/* Has `configure` failed without a word in `problem`? */
bool bed_is_silent(void);
/* A second instance beside the first, which takes over from it as at a reload; the first one ends. Results as above. */
int bed_reload(struct bed *bed, const char **slot);
/* stop, destroy, and the end of the world. */
void bed_clear(struct bed *bed);
/* The same, and reports under `what` what the instance has not given back. */
void bed_clear_counting(struct bed *bed, const char *what);

/* The sum of all counters. */
uint64_t bed_counted(const struct bed *bed);
/* Lets things go on for a while: what was posted runs, time-outs fire. */
void bed_wait(struct bed *bed, hanse_time by);
/* The partner "partner.test", with the settings that --entry gave, if any. NULL: they are wrong, which was reported. */
const struct hanse_partner *bed_partner(struct bed *bed);

#endif
