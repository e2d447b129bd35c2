#include "sdk/tool/life.h"

#include <dirent.h>
#include <malloc.h>
#include <unistd.h>

#include "sdk/tool/bed.h"

/* A suspicion is followed for more batches: the allocator is at rest by then. */
enum { BATCHES = 4, BATCHES_MOST = 40, LIVES = 100, RELOADS = 20, LEAK_OCTETS = 16 };

#if defined(HANSE_SANITIZED)
size_t __sanitizer_get_current_allocated_bytes(void);
static size_t memory_used(void) { return __sanitizer_get_current_allocated_bytes(); }
#else
static size_t memory_used(void) {
  struct mallinfo2 now = mallinfo2();
  return now.uordblks + now.hblkhd;
}
#endif

static unsigned entries(const char *folder) {
  unsigned n = 0;
  DIR *dir = opendir(folder);
  while (dir && readdir(dir)) n++;
  if (dir) closedir(dir);
  return n;
}

struct use { /* of what the process has */
  size_t memory;
  unsigned files, threads;
};

static struct use use_now(void) {
  struct use use = {.files = entries("/proc/self/fd"), .threads = entries("/proc/self/task")};
  use.memory = memory_used();
  return use;
}

/* A thread that was joined stands in /proc a moment longer. */
static struct use use_settled(unsigned threads) {
  struct use use = use_now();
  for (unsigned i = 0; i < 100 && use.threads > threads; i++) {
    usleep(1000);
    use.threads = entries("/proc/self/task");
  }
  return use;
}

/* ---- the first life: does it begin at all? ---- */

static void report_refusal(struct bed *bed, const char *slot, int status) {
  struct report *report = bed->trial->report;
  const char *why = fake_problem(bed->world), *logged = fake_logged(bed->world);
  bool given = bed->subject->settings;
  if (strcmp(slot, "settings") == 0)
    report_add(report, REPORT_NOT_RUN, "settings", "%s; %s", why[0] ? why : "they could not be converted",
               given ? "correct --settings" : "give others with --settings");
  else if (bed_is_silent())
    report_add(report, REPORT_WRONG, "lifecycle",
               "configure fails (%d) and gives no reason; it says what is wrong and what to do in `problem`", status);
  else if (strcmp(slot, "configure") == 0 && status == HANSE_INVALID)
    report_add(report, REPORT_NOT_RUN, "lifecycle", "configure refuses %s: %s; give others with --settings",
               given ? "these settings" : "a block without settings", why);
  else
    report_add(report, REPORT_WRONG, "lifecycle", "%s fails (%d)%s%s; its last line in the log: %s", slot, status,
               why[0] ? ": " : "", why, logged[0] ? logged : "none, so that nobody learns why");
}

static bool begins(struct bed *bed) {
  const char *slot;
  int status = bed_make(bed, &slot);
  if (status == HANSE_SKIP)
    report_add(bed->trial->report, REPORT_OK, "lifecycle", "start declines: it has nothing to do with these settings");
  else if (status != HANSE_OK)
    report_refusal(bed, slot, status);
  if (status == HANSE_OK) bed_wait(bed, HANSE_SECOND);
  bed_clear_counting(bed, "lifecycle");
  return status == HANSE_OK;
}

/* ---- many ---- */

/* What a batch of lives adds, as far as each batch does: an allocator keeps some pieces for itself, now and then one
   more; a plugin that loses some loses them each time. */
struct growth {
  size_t memory;  /* the least that a batch added */
  unsigned times; /* lives that were counted */
  struct use before, after;
};

/* `live` is one batch of `lives`. False: it failed, and told. */
static bool grow(struct bed *bed, bool (*live)(struct bed *bed, unsigned lives), unsigned lives, struct growth *out) {
  if (!live(bed, lives)) return false; /* the allocator has its pieces now */
  out->memory = SIZE_MAX;
  out->times = 0;
  out->before = out->after = use_now();
  for (unsigned i = 0; i < BATCHES || (i < BATCHES_MOST && out->memory >= LEAK_OCTETS * lives); i++) {
    out->times += lives;
    size_t memory = out->after.memory;
    if (!live(bed, lives)) return false;
    out->after = use_settled(out->before.threads);
    size_t more = out->after.memory > memory ? out->after.memory - memory : 0;
    if (more < out->memory) out->memory = more;
  }
  return true;
}

static void report_growth(struct report *report, const char *what, const struct growth *growth, unsigned lives) {
  size_t grown = growth->memory / lives;
  unsigned times = growth->times;
  bool files = growth->after.files > growth->before.files, threads = growth->after.threads > growth->before.threads;
  if (grown >= LEAK_OCTETS)
    report_add(report, REPORT_WRONG, what,
               "loses %zu octets of memory each time; what create and configure took, destroy frees (valgrind and "
               "-fsanitize=address name the place)",
               grown);
  if (files)
    report_add(report, REPORT_WRONG, what, "leaves %u files or sockets open after %u times; close them in stop",
               growth->after.files - growth->before.files, times);
  if (threads)
    report_add(report, REPORT_WRONG, what, "leaves %u threads running after %u times; join them in stop",
               growth->after.threads - growth->before.threads, times);
  if (grown < LEAK_OCTETS && !files && !threads)
    report_add(report, REPORT_OK, what, "%u times, nothing left: memory, files, threads, messages, time-outs", times);
}

static bool live_often(struct bed *bed, unsigned lives) {
  const char *slot;
  for (unsigned i = 0; i < lives; i++) {
    if (bed_make(bed, &slot) == HANSE_OK) bed_wait(bed, HANSE_SECOND);
    bed_clear(bed);
  }
  return true;
}

/* Each generation takes over from the one before, as when a SIGHUP finds a changed configuration. */
static bool reload_often(struct bed *bed, unsigned times) {
  const char *slot;
  bool good = bed_make(bed, &slot) == HANSE_OK;
  for (unsigned i = 0; good && i < times; i++) {
    int status = bed_reload(bed, &slot);
    good = status == HANSE_OK;
    if (status != HANSE_OK && status != HANSE_SKIP)
      report_add(
          bed->trial->report, REPORT_WRONG, "reload",
          "%s fails (%d) in an instance that takes over from one of its own: %s; each version must understand what "
          "it saved itself, and what older ones saved",
          slot, status, fake_problem(bed->world)[0] ? fake_problem(bed->world) : "no reason given");
    bed_wait(bed, HANSE_SECOND);
  }
  bed_clear_counting(bed, "reload");
  return good;
}

void life_check(struct trial *trial, void *argument) {
  struct subject *subject = (struct subject *)argument;
  struct growth growth;
  struct bed bed;
  if (!bed_open(&bed, trial, subject) || !begins(&bed)) return;
  if (grow(&bed, live_often, LIVES / BATCHES, &growth))
    report_growth(trial->report, "lifecycle", &growth, LIVES / BATCHES);
  if (grow(&bed, reload_often, RELOADS / BATCHES, &growth))
    report_growth(trial->report, "reload", &growth, RELOADS / BATCHES);
  subject->lives = true;
}
