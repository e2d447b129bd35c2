#include "router/pressure.h"

#include <malloc.h>
#include <stdlib.h>

#include "router/log.h"

/* How often memory is measured: by time, the oftener the more of it is used, and by input, since a flood outruns any
   clock: whenever a fiftieth of the limit came in. */
#define LOOK_CALM HANSE_SECOND
#define LOOK_CLOSE (100 * HANSE_MSEC)
#define CLOSE_PERCENT 50
#define LOOK_SHARE 50
/* The allocator keeps what was freed. It is made to give it back before that counts, at most this often: it may take
   some milliseconds. */
#define TRIM_PAUSE HANSE_SECOND
/* A step is taken back when use is so far below it, so that nothing flutters. */
#define STEP_BACK 5
/* Links that are closed at a look, at most. */
#define CLOSE_A_LOOK 64
/* A link that keeps more than this of half a message, or of what its peer does not read, goes first. */
#define KEPT_MUCH (64 * 1024)

struct pressure {
  struct loop *loop;
  struct transport *transport;
  struct timers *timers;
  struct hanse_timers *calm, *close;
  struct hanse_timer timer;
  struct loop_hook hook;
  uint64_t octets_in; /* had come in at the last look */
  struct memory_files files;
  uint64_t stated;
  struct memory_use (*read)(void *argument);
  void *argument;
  struct memory_use use;
  enum transport_shortage level;
  hanse_time trimmed;
};

static const struct {
  unsigned percent;
  const char *name;
} steps[] = {
    [TRANSPORT_NO_SHORTAGE] = {0, "none"},
    [TRANSPORT_NO_STRANGERS] = {80, "strangers"},
    [TRANSPORT_NO_NEW_WORK] = {90, "work"},
    [TRANSPORT_CLOSING_IDLE] = {95, "idle"},
};

void pressure_free(struct pressure *pressure) {
  if (!pressure) return;
  loop_hook_remove(pressure->loop, &pressure->hook);
  timers_owner_gone(pressure->timers, pressure);
  memory_files_close(&pressure->files);
  free(pressure);
}

/* ---- how short it is ---- */

static struct memory_use from_system(void *argument) {
  const struct pressure *pressure = argument;
  return memory_use_read(&pressure->files, pressure->stated);
}

static unsigned percent_of(struct memory_use use) {
  if (!use.limit) return 0;
  double percent = 100.0 * (double)use.used / (double)use.limit;
  return percent < 1000 ? (unsigned)percent : 1000;
}

static enum transport_shortage level_of(unsigned percent) {
  enum transport_shortage level = TRANSPORT_CLOSING_IDLE;
  while (level > TRANSPORT_NO_SHORTAGE && percent < steps[level].percent) level--;
  return level;
}

/* Up at once, down with a distance. */
static enum transport_shortage next_level(enum transport_shortage level, unsigned percent) {
  enum transport_shortage up = level_of(percent), down = level_of(percent + STEP_BACK);
  return up > level ? up : down < level ? down : level;
}

static void measure(struct pressure *pressure) {
  hanse_time now = *loop_clock(pressure->loop);
  pressure->use = pressure->read(pressure->argument);
  if (next_level(pressure->level, percent_of(pressure->use)) == TRANSPORT_NO_SHORTAGE ||
      now - pressure->trimmed < TRIM_PAUSE)
    return;
  pressure->trimmed = now;
  malloc_trim(0);
  pressure->use = pressure->read(pressure->argument);
}

/* ---- what is closed ---- */

/* A partner's link, or a stranger's, that costs memory and moves nothing now. */
static bool keeps_much(const struct hanse_link *link) {
  return (link->state == LINK_HANDSHAKE && !link->outbound) || link_kept(link) > KEPT_MUCH;
}

static bool is_idle(const struct hanse_link *link) {
  return link->state == LINK_OPEN && link->upper.in_flight == 0 && !link->upper.riders && link_kept(link) == 0;
}

/* So many octets are to be got back until no step is left. */
static uint64_t wanted_back(const struct pressure *pressure) {
  uint64_t good = pressure->use.limit / 100 * (steps[TRANSPORT_NO_STRANGERS].percent - STEP_BACK);
  return pressure->use.used > good ? pressure->use.used - good : 0;
}

/* The oldest ones first, and no more than it takes; the links of the inside stay, everybody depends on them. */
static unsigned close_keepers(struct transport *transport, uint64_t wanted) {
  unsigned closed = 0;
  uint64_t back = 0;
  for (struct hanse_link *link = transport_links(transport); link && back < wanted; link = link->next) {
    if (link->side != HANSE_SIDE_PARTNER || link->state > LINK_OPEN || !keeps_much(link)) continue;
    back += link_kept(link);
    link_abort(link, HANSE_F_BUSY, "memory is short: it keeps too much");
    closed++;
  }
  return closed;
}

static unsigned close_idle(struct transport *transport) {
  unsigned closed = 0;
  for (struct hanse_link *link = transport_links(transport); link && closed < CLOSE_A_LOOK; link = link->next) {
    if (link->side != HANSE_SIDE_PARTNER || !is_idle(link)) continue;
    link_shut(link, HANSE_F_BUSY, "memory is short: idle links are closed");
    closed++;
  }
  return closed;
}

static void give_up_links(struct pressure *pressure) {
  unsigned closed = close_keepers(pressure->transport, wanted_back(pressure));
  if (closed == 0 && pressure->level == TRANSPORT_CLOSING_IDLE) closed = close_idle(pressure->transport);
  if (closed > 0) pressure->trimmed -= TRIM_PAUSE; /* what they give back is to be seen at once */
  transport_closed_short(pressure->transport, closed);
}

/* ---- looking ---- */

static void change_level(struct pressure *pressure, enum transport_shortage level) {
  log_event(level > pressure->level ? HANSE_WARNING : HANSE_NOTICE, "memory", "memory.level",
            "level=%s before=%s bound=%s used=%llu limit=%llu", steps[level].name, steps[pressure->level].name,
            pressure->use.bound, (unsigned long long)pressure->use.used, (unsigned long long)pressure->use.limit);
  pressure->level = level;
  transport_shortage_set(pressure->transport, level);
}

static void look(void *self, struct hanse_timer *timer) {
  struct pressure *pressure = self;
  pressure->octets_in = transport_figures(pressure->transport)->octets_in;
  measure(pressure);
  unsigned percent = percent_of(pressure->use);
  enum transport_shortage level = next_level(pressure->level, percent);
  if (level != pressure->level) change_level(pressure, level);
  if (level >= TRANSPORT_NO_NEW_WORK) give_up_links(pressure);
  timers_start(percent < CLOSE_PERCENT ? pressure->calm : pressure->close, timer, look);
}

/* At the end of a turn; what is closed now is written and buried in the next one. */
static void look_at_input(struct loop_hook *hook) {
  struct pressure *pressure = (struct pressure *)((char *)hook - offsetof(struct pressure, hook));
  uint64_t came = transport_figures(pressure->transport)->octets_in - pressure->octets_in;
  if (!pressure->use.limit || came <= pressure->use.limit / LOOK_SHARE) return;
  look(pressure, &pressure->timer);
  loop_again(pressure->loop);
}

struct pressure *pressure_new(struct loop *loop, struct timers *timers, struct transport *transport) {
  struct pressure *pressure = calloc(1, sizeof *pressure);
  if (!pressure) return NULL;
  pressure->loop = loop;
  pressure->transport = transport;
  pressure->timers = timers;
  pressure->trimmed = -TRIM_PAUSE;
  pressure->hook.run = look_at_input;
  loop_hook_add(loop, LOOP_FLUSH, &pressure->hook);
  memory_files_open(&pressure->files, "/proc/self", "/sys/fs/cgroup");
  pressure_source(pressure, from_system, pressure);
  pressure->use = pressure->read(pressure->argument);
  pressure->calm = timers_list(timers, pressure, LOOK_CALM, NULL);
  pressure->close = timers_list(timers, pressure, LOOK_CLOSE, NULL);
  if (!pressure->calm || !pressure->close) {
    pressure_free(pressure);
    return NULL;
  }
  timers_start(pressure->close, &pressure->timer, look);
  return pressure;
}

void pressure_limit_set(struct pressure *pressure, uint64_t limit) {
  if (pressure->stated == limit) return;
  pressure->stated = limit;
  timers_start(pressure->close, &pressure->timer, look);
}

void pressure_source(struct pressure *pressure, struct memory_use (*read)(void *argument), void *argument) {
  pressure->read = read;
  pressure->argument = argument;
}

enum transport_shortage pressure_level(const struct pressure *pressure) { return pressure->level; }
struct memory_use pressure_use(const struct pressure *pressure) {
  return pressure->use;
}
const char *pressure_level_name(enum transport_shortage level) { return steps[level].name; }
