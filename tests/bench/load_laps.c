#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "load.h"

#define HELD_PACE 64
#define BEAT_OUT 0x4000 /* laps of a beat that may be out at a time */
#define STALL 8         /* seconds without any progress: what is still out is lost */
#define BRANCH_AT ";branch=z9hG4bK-"

struct slot {
  uint32_t lap;
  bool out;
  uint64_t since;
};

struct laps {
  struct links *links;
  struct link **home;
  unsigned home_count, home_room, next_link;
  struct slot *slots;
  uint32_t in_flight;
  uint32_t first, next, end; /* numbers of the laps of this run */
  uint32_t settled;          /* of them: answered, or where nothing is answered arrived */
  uint32_t *took;            /* nanoseconds / 16 */
  bool *delivered;           /* of this run: whose request arrived */
  struct laps_result *result;
  uint64_t arrived; /* when the last request did; 0: none has */
  bool paced;       /* no answer brings the next request about */
  bool invite;      /* requests are INVITE */
  bool silent;      /* the partner's side answers nothing */
};

static uint64_t now_ns(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void note(struct laps_result *result, const char *what, struct piece start) {
  int shown = (int)(start.len > 90 ? 90 : start.len);
  if (!result->first_wrong[0])
    snprintf(result->first_wrong, sizeof result->first_wrong, "%s: %.*s", what, shown, start.at);
}

static void wrong(struct laps *laps, const char *what, struct piece start) {
  if (!laps->result) return;
  laps->result->wrong++;
  note(laps->result, what, start);
}

static bool send_one(struct laps *laps, uint32_t number) {
  for (unsigned tries = 0; tries < laps->home_count; tries++) {
    struct link *link = laps->home[laps->next_link];
    laps->next_link = (laps->next_link + 1) % laps->home_count;
    char *at = link->open ? link_room(laps->links, link, SIP_REQUEST) : NULL;
    if (!at) continue;
    laps->slots[number] = (struct slot){laps->next, true, now_ns()};
    size_t n = sip_request(at, laps->invite, laps->next++, number);
    link_filled(link, n);
    laps->result->octets = (uint32_t)n;
    return true;
  }
  return false;
}

static void note_arrival(struct laps *laps, const struct sip *sip) {
  uint32_t lap, slot;
  uint64_t now = now_ns();
  double gap = laps->arrived ? (double)(now - laps->arrived) * 1e-3 : 0;
  if (gap > laps->result->gap) laps->result->gap = gap;
  laps->arrived = now;
  laps->result->delivered++;
  if (!sip_lap(sip->call_id, &lap, &slot) || lap - laps->first >= laps->result->laps) return;
  if (laps->delivered[lap - laps->first]) laps->result->twice++;
  laps->delivered[lap - laps->first] = true;
}

/* The partner's side: every request must be whole, and is answered at once. */
static void take_request(struct laps *laps, struct link *link, const struct sip *sip) {
  if (laps->result) note_arrival(laps, sip);
  if (!sip_is_ours(sip)) {
    wrong(laps, "changed on its way", sip->start);
    return;
  }
  if (laps->silent) {
    laps->settled++;
    if (laps->next < laps->end) send_one(laps, 0);
    return;
  }
  char *at = link_room(laps->links, link, SIP_ANSWER);
  size_t n = at ? sip_answer(at, sip) : 0;
  if (n) link_filled(link, n);
}

/* One Via, and in it the branch of the lap that the Call-ID names. */
static struct slot *slot_of(struct laps *laps, const struct sip *sip) {
  uint32_t lap, slot, branch_lap, branch_slot;
  const char *branch = sip->via.len ? memmem(sip->via.at, sip->via.len, BRANCH_AT, sizeof BRANCH_AT - 1) : NULL;
  if (!branch || sip->via_count != 1 || !sip_lap(sip->call_id, &lap, &slot) || slot >= laps->in_flight) return NULL;
  branch += sizeof BRANCH_AT - 1;
  struct piece rest = {branch, (size_t)(sip->via.at + sip->via.len - branch)};
  if (!sip_lap(rest, &branch_lap, &branch_slot) || branch_lap != lap || branch_slot != slot) return NULL;
  return laps->slots[slot].out && laps->slots[slot].lap == lap ? &laps->slots[slot] : NULL;
}

static void take_answer(struct laps *laps, const struct sip *sip) {
  if (sip->start.len > 8 && sip->start.at[8] == '1') return; /* 100 Trying */
  struct slot *slot = slot_of(laps, sip);
  if (!slot) {
    wrong(laps, "an answer to nothing", sip->start);
    return;
  }
  uint64_t took = (now_ns() - slot->since) / 16;
  laps->took[slot->lap - laps->first] = took > UINT32_MAX ? UINT32_MAX : (uint32_t)took;
  slot->out = false;
  laps->settled++;
  if (sip->start.len >= 11 && !memcmp(sip->start.at, "SIP/2.0 200", 11)) {
    laps->result->good++;
  } else if (!laps->result->refused++) {
    note(laps->result, "refused", sip->start);
  }
  if (!laps->paced && laps->next < laps->end) send_one(laps, (uint32_t)(slot - laps->slots));
}

static void on_bytes(void *context, struct link *link) {
  struct laps *laps = context;
  size_t done = 0;
  struct sip sip;
  for (;;) {
    done += sip_blank(link->in.at + done, link->in.len - done);
    enum sip_found found = sip_read(&sip, link->in.at + done, link->in.len - done);
    if (found == SIP_BROKEN) {
      wrong(laps, "not a message", (struct piece){link->in.at + done, link->in.len - done});
      done = link->in.len;
    }
    if (found != SIP_WHOLE) break;
    if (!memcmp(sip.start.at, "SIP/2.0 ", sip.start.len < 8 ? sip.start.len : 8)) {
      if (laps->result && !laps->silent) take_answer(laps, &sip);
    } else {
      take_request(laps, link, &sip);
    }
    done += sip.size;
  }
  link_consume(link, done);
}

struct laps *laps_new(struct links *links) {
  struct laps *laps = calloc(1, sizeof *laps);
  if (!laps) return NULL;
  laps->links = links;
  links->on_bytes = on_bytes;
  links->context = laps;
  return laps;
}

void laps_free(struct laps *laps) {
  if (!laps) return;
  free(laps->home);
  free(laps->slots);
  free(laps->took);
  free(laps->delivered);
  free(laps);
}

bool laps_add_link(struct laps *laps, struct link *link) {
  if (laps->home_count == laps->home_room) {
    unsigned room = laps->home_room ? laps->home_room * 2 : 16;
    struct link **home = realloc(laps->home, room * sizeof *home);
    if (!home) return false;
    laps->home = home;
    laps->home_room = room;
  }
  laps->home[laps->home_count++] = link;
  return true;
}

unsigned laps_links(const struct laps *laps) { return laps->home_count; }

static int by_value(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

static void latencies(struct laps *laps, struct laps_result *result) {
  uint32_t count = 0;
  for (uint32_t i = 0; i < result->laps; i++)
    if (laps->took[i]) laps->took[count++] = laps->took[i];
  if (!count) return;
  qsort(laps->took, count, sizeof *laps->took, by_value);
  result->p50 = laps->took[count / 2] * 16e-3;
  result->p99 = laps->took[(uint64_t)count * 99 / 100] * 16e-3;
  result->worst = laps->took[count - 1] * 16e-3;
}

static bool begin(struct laps *laps, uint32_t count, uint32_t in_flight, struct laps_result *result) {
  *result = (struct laps_result){.laps = count};
  free(laps->slots);
  free(laps->took);
  free(laps->delivered);
  laps->slots = calloc(in_flight, sizeof *laps->slots);
  laps->took = calloc(count, sizeof *laps->took);
  laps->delivered = calloc(count, sizeof *laps->delivered);
  if (!laps->slots || !laps->took || !laps->delivered || !laps->home_count) return false;
  laps->in_flight = in_flight;
  laps->first = laps->next; /* numbers go on, so that a late answer of an earlier run is none of this one's */
  laps->end = laps->next + count;
  laps->settled = 0;
  laps->arrived = 0;
  laps->result = result;
  return true;
}

/* Turns until all are settled, or until nothing moves any more. */
static void turn_until_settled(struct laps *laps, uint32_t count) {
  uint32_t before = laps->settled;
  uint64_t moved = now_ns();
  while (laps->settled < count) {
    links_turn(laps->links, 200);
    uint64_t now = now_ns();
    if (laps->settled != before) moved = now;
    before = laps->settled;
    if (now - moved > (uint64_t)STALL * 1000000000u) return;
  }
}

static void run(struct laps *laps, uint32_t count, uint32_t in_flight) {
  uint64_t start = now_ns();
  for (uint32_t i = 0; i < in_flight && laps->next < laps->end; i++) send_one(laps, i);
  turn_until_settled(laps, count);
  laps->result->seconds = (double)(now_ns() - start) / 1e9;
  laps->result->lost = count - laps->settled;
}

bool laps_run(struct laps *laps, uint32_t count, uint32_t in_flight, struct laps_result *result) {
  if (!begin(laps, count, in_flight, result)) return false;
  run(laps, count, in_flight);
  latencies(laps, result);
  laps->result = NULL;
  return true;
}

/* Sends what is due by now. A slot that is still taken by a lap that was not answered ends the run: it is lost. */
static bool send_due(struct laps *laps, uint32_t due) {
  for (uint32_t slot; laps->next < laps->end && laps->next - laps->first < due;) {
    slot = (laps->next - laps->first) % BEAT_OUT;
    if (laps->slots[slot].out || !send_one(laps, slot)) return false;
  }
  return true;
}

bool laps_beat(struct laps *laps, uint32_t count, uint32_t per_second, struct laps_result *result) {
  if (!begin(laps, count, BEAT_OUT, result)) return false;
  uint64_t start = now_ns();
  laps->paced = true;
  while (laps->next < laps->end) {
    uint64_t due = (now_ns() - start) * per_second / 1000000000u + 1;
    if (!send_due(laps, due > count ? count : (uint32_t)due)) break;
    links_turn(laps->links, 1);
  }
  turn_until_settled(laps, count);
  laps->paced = false;
  result->seconds = (double)(now_ns() - start) / 1e9;
  result->lost = count - laps->settled;
  latencies(laps, result);
  laps->result = NULL;
  return true;
}

bool laps_hold(struct laps *laps, bool invite, uint32_t count, struct laps_result *result) {
  if (!begin(laps, count, HELD_PACE, result)) return false;
  laps->silent = true;
  laps->invite = invite;
  run(laps, count, HELD_PACE);
  result->good = result->delivered;
  laps->result = NULL;
  return true;
}
