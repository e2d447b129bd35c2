#include "sdk/tool/bed.h"

#include "sdk/fakehost/inside.h"

/* ---- the slots of the lifecycle, with their names noted ---- */

/* What they hand on to. They are called with nothing of ours, so this cannot hang on anything; a child tries one plugin
   and ends. */
static struct {
  struct hanse_plugin real, noted;
  struct trial *trial;
  const char *slot; /* the last one that failed */
  bool silent;      /* configure, and it gave no reason */
} life;

static int noted(const char *slot, int status) {
  trial_returned(life.trial);
  if (status != HANSE_OK && status != HANSE_AGAIN) life.slot = slot;
  return status;
}

static int create(struct hanse_host *host, void **self) {
  trial_call(life.trial, "create");
  return noted("create", life.real.create(host, self));
}
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  if (!life.real.configure) return HANSE_OK;
  trial_call(life.trial, "configure");
  int status = noted("configure", life.real.configure(self, settings, problem));
  if (status < 0 && !problem->text[0]) life.silent = true;
  return status;
}
static int adopt(void *self, const struct hanse_saved *saved) {
  trial_call(life.trial, "adopt (of %u records that it saved itself)", saved->count);
  return noted("adopt", life.real.adopt(self, saved));
}
static int start(void *self) {
  if (!life.real.start) return HANSE_OK;
  trial_call(life.trial, "start");
  int status = life.real.start(self);
  return noted("start", status == HANSE_AGAIN ? HANSE_FAIL : status); /* only others may say that */
}
static int save(void *self) {
  trial_call(life.trial, "save");
  return noted("save", life.real.save(self));
}
static int save_rest(void *self) {
  trial_call(life.trial, "save_rest");
  return noted("save_rest", life.real.save_rest(self));
}
static void drain(void *self) {
  trial_call(life.trial, "drain");
  life.real.drain(self);
  trial_returned(life.trial);
}
static void stop(void *self) {
  trial_call(life.trial, "stop");
  life.real.stop(self);
  trial_returned(life.trial);
}
static void destroy(void *self) {
  trial_call(life.trial, "destroy");
  life.real.destroy(self);
  trial_returned(life.trial);
}

static void note_slots(struct trial *trial, const struct hanse_plugin *plugin) {
  life.trial = trial;
  subject_descriptor(plugin, &life.real);
  life.noted = life.real;
  life.noted.create = create;
  life.noted.configure = configure;
  life.noted.start = start;
  life.noted.destroy = destroy;
  if (life.real.adopt) life.noted.adopt = adopt;
  if (life.real.save) life.noted.save = save;
  if (life.real.save_rest) life.noted.save_rest = save_rest;
  if (life.real.drain) life.noted.drain = drain;
  if (life.real.stop) life.noted.stop = stop;
}

bool bed_open(struct bed *bed, struct trial *trial, struct subject *subject) {
  struct hanse_problem problem = {.text = "has no symbol hanse_plugin"};
  void *handle;
  *bed = (struct bed){.trial = trial, .subject = subject};
  bed->plugin = subject_open(subject, &handle, &problem);
  if (!bed->plugin) {
    report_add(trial->report, REPORT_WRONG, "loading", "%s", problem.text);
    return false;
  }
  note_slots(trial, bed->plugin);
  return true;
}

bool bed_is_silent(void) { return life.silent; }

/* ---- worlds ---- */

static void make_world(struct bed *bed) {
  bed->world = fake_world_new();
  fake_home(bed->world, "home.test");
  fake_side_name(bed->world, HANSE_SIDE_HOME, "node.home.test:5060");
  fake_side_name(bed->world, HANSE_SIDE_PARTNER, "edge.home.test:5061");
  fake_partner(bed->world, "partner.test");
  fake_state_dir(bed->world, bed->subject->folder);
  fake_store_open(bed->world);
}

int bed_make(struct bed *bed, const char **slot) {
  make_world(bed);
  life.slot = NULL;
  bed->instance = fake_load_text(bed->world, &life.noted, bed->subject->settings, NULL);
  *slot = life.slot ? life.slot : "settings";
  return bed->instance ? HANSE_OK : fake_status(bed->world);
}

int bed_reload(struct bed *bed, const char **slot) {
  struct fake_instance *old = bed->instance;
  life.slot = NULL;
  fake_store_work(bed->world);
  bed->instance = fake_load_text(bed->world, &life.noted, bed->subject->settings, old);
  *slot = life.slot ? life.slot : "settings";
  if (!bed->instance) {
    int status = fake_status(bed->world);
    bed->instance = old;
    return status;
  }
  fake_unload(old);
  return HANSE_OK;
}

void bed_clear(struct bed *bed) {
  if (bed->instance) fake_unload(bed->instance);
  bed->instance = NULL;
  fake_world_free(bed->world);
  bed->world = NULL;
}

void bed_clear_counting(struct bed *bed, const char *what) {
  if (bed->instance) fake_unload(bed->instance);
  bed->instance = NULL;
  const char *foreign = fake_logged_with(bed->world, "plugin.thread");
  if (foreign)
    report_add(bed->trial->report, REPORT_WRONG, what,
               "calls the host from a thread of its own, where only hanse_post may be called: %s", foreign);
  const char *left = fake_left(bed->world);
  if (left[0])
    report_add(bed->trial->report, REPORT_WRONG, what,
               "has not given back, when it was destroyed: %s; what was taken from the host is given back in `stop` at "
               "the latest",
               left);
  fake_world_free(bed->world);
  bed->world = NULL;
}

uint64_t bed_counted(const struct bed *bed) {
  uint64_t sum = 0;
  for (size_t i = 0; i < bed->world->counter_count; i++) sum += bed->world->counters[i].value;
  return sum;
}

void bed_wait(struct bed *bed, hanse_time by) {
  trial_call(bed->trial, "what was posted, a time-out, or an answer of the store");
  fake_run_posts(bed->world);
  fake_store_work(bed->world);
  fake_advance(bed->world, by);
  fake_run_posts(bed->world);
  trial_returned(bed->trial);
}

const struct hanse_partner *bed_partner(struct bed *bed) {
  if (fake_partner_text(bed->world, bed->instance, "partner.test", bed->subject->entry)) return &bed->world->partner;
  report_add(bed->trial->report, REPORT_WRONG, "entry", "%s", fake_problem(bed->world));
  return NULL;
}
