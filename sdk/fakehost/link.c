/* The fake host's links and targets. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

struct hanse_link *fake_link(struct fake_world *world, enum hanse_side side, const char *peer, const char *local) {
  struct hanse_link *link = fake_keep(sizeof *link);
  link->world = world;
  link->owner = world->newest;
  link->id = ++world->ids;
  link->side = side;
  link->peer = peer;
  link->local = local;
  link->open = link->secure = true;
  link->next = world->links;
  world->links = link;
  if (link->owner && link->owner->protocol) FAKE_CALL(link->owner->protocol->link_open(link->owner->self, link));
  return link;
}

void fake_link_secure(struct hanse_link *link, bool secure) { link->secure = secure; }
void fake_link_proved(struct hanse_link *link, const char *name) { link->proved = hanse_text(name); }
void fake_link_full(struct hanse_link *link, bool full) { link->full = full; }
bool fake_link_was_shut(const struct hanse_link *link) { return link->shut; }
bool fake_link_is_open(const struct hanse_link *link) { return link->open && !link->shut; }
void fake_take(struct hanse_link *link) { fake_buffer_cut(&link->out, link->out.len); }

struct hanse_slice fake_output(const struct hanse_link *link) {
  return link->out.len ? hanse_slice(link->out.at, link->out.len) : hanse_text("");
}

void fake_link_stick(struct hanse_link *link) {
  link->stuck = true;
  link->stuck_at = link->queued;
}

/* In a piece of memory of that size: who reads on is found out, and who keeps a pointer to it. */
static size_t give(struct hanse_link *link) {
  char *octets = fake_keep(link->in.len);
  size_t taken;
  memcpy(octets, link->in.at, link->in.len);
  struct hanse_input in = {
      .size = sizeof in, .budget = 64, .bytes = octets, .len = link->in.len, .scanned = &link->scanned};
  FAKE_CALL(taken = link->owner->protocol->input(link->owner->self, link, &in));
  free(octets);
  if (taken > link->in.len) fake_end("input took %zu octets of %zu", taken, link->in.len);
  return taken;
}

size_t fake_receive(struct hanse_link *link, struct hanse_slice octets) {
  size_t taken;
  fake_buffer_add(&link->in, octets.at, octets.len);
  do {
    if (!fake_link_is_open(link) || link->in.len == 0) break;
    taken = give(link);
    fake_buffer_cut(&link->in, taken);
    if (taken) link->scanned = 0;
  } while (taken);
  return link->in.len;
}

void fake_link_silence(struct hanse_link *link) {
  FAKE_CALL(link->owner->protocol->keepalive(link->owner->self, link));
}

void fake_link_failed(struct hanse_link *link, enum hanse_failure failure) { link->failure = failure; }

void fake_link_close(struct hanse_link *link, enum hanse_close why) {
  if (!link->open) return;
  link->open = false;
  for (struct hanse_target *target = link->world->targets; target; target = target->next)
    if (target->link == link) fake_target_link(target, NULL, HANSE_SKIP);
  fake_ticket_link_closed(link->world, link);
  FAKE_CALL(link->owner->protocol->link_close(link->owner->self, link, why));
}

/* ---- what the plugin sees ---- */

static struct hanse_link *again(struct hanse_host *host, struct hanse_link *link) {
  (void)host;
  if (fake_link_is_open(link)) return link;
  size_t n = strcspn(link->peer, ":");
  for (struct hanse_link *other = link->world->links; other; other = other->next)
    if (fake_link_is_open(other) && other->side == link->side && strncmp(other->peer, link->peer, n + 1) == 0)
      return other;
  return NULL;
}
static struct hanse_link *hold(struct hanse_host *host, struct hanse_link *link) {
  (void)host;
  link->holds++;
  return link;
}
static void release(struct hanse_host *host, struct hanse_link *link) {
  (void)host;
  if (--link->holds < 0) fake_end("a link is released more often than it was held");
}
static bool is_open(const struct hanse_link *link) { return fake_link_is_open(link); }
static uint64_t id(const struct hanse_link *link) { return link->id; }
static enum hanse_side side(const struct hanse_link *link) { return link->side; }
static struct hanse_slice local(const struct hanse_link *link) { return hanse_text(link->local); }
static struct hanse_slice peer(const struct hanse_link *link) { return hanse_text(link->peer); }
static bool secure(const struct hanse_link *link) { return link->secure; }
static uint64_t queued(const struct hanse_link *link) { return link->queued; }
static uint64_t written(const struct hanse_link *link) { return link->stuck ? link->stuck_at : link->queued; }
static void mark_set(struct hanse_link *link, hanse_time when) { link->mark = when; }
static hanse_time mark(const struct hanse_link *link) { return link->mark; }

static struct hanse_link *by_id(struct hanse_host *host, uint64_t number) {
  for (struct hanse_link *link = fake_instance_of(host)->world->links; link; link = link->next)
    if (link->id == number && fake_link_is_open(link)) return link;
  return NULL;
}

static char *room(struct hanse_host *host, struct hanse_link *link, size_t n) {
  if (fake_foreign(host, "link_room")) return NULL;
  if (!fake_link_is_open(link) || link->full) return NULL;
  fake_buffer_add(&link->out, NULL, n);
  link->out.len -= n;
  return link->out.at + link->out.len;
}

static void filled(struct hanse_host *host, struct hanse_link *link, size_t n) {
  if (fake_foreign(host, "link_filled")) return;
  link->out.len += n;
  link->out.at[link->out.len] = '\0';
  link->queued += n;
}

static void shut(struct hanse_host *host, struct hanse_link *link, enum hanse_failure failure, const char *text) {
  (void)failure, (void)text;
  if (fake_foreign(host, "link_shut")) return;
  link->shut = true;
}

/* ---- targets ---- */

struct hanse_target *fake_target(struct fake_world *world, const char *text) {
  struct hanse_target *target = fake_keep(sizeof *target);
  target->world = world;
  target->text = text;
  target->status = HANSE_SKIP;
  target->next = world->targets;
  world->targets = target;
  return target;
}

void fake_target_link(struct hanse_target *target, struct hanse_link *link, int status) {
  target->link = link;
  target->status = link ? HANSE_OK : status;
}

static struct fake_ticket *next_wait(const struct hanse_target *target) {
  for (size_t i = 0; i < target->world->ticket_count; i++)
    if (target->world->tickets[i].waits == target) return &target->world->tickets[i];
  return NULL;
}

size_t fake_target_waits(const struct hanse_target *target) {
  size_t n = 0;
  for (size_t i = 0; i < target->world->ticket_count; i++) n += target->world->tickets[i].waits == target;
  return n;
}

void fake_target_ready(struct hanse_target *target, struct hanse_link *link, enum hanse_failure failure) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure};
  struct fake_ticket *ticket;
  target->failure = failure;
  while ((ticket = next_wait(target))) {
    struct fake_instance *owner = ticket->owner;
    ticket->waits = NULL;
    FAKE_CALL(owner->protocol->link_ready(owner->self, ticket->object, link, link ? NULL : &why));
  }
}

static int want(struct hanse_host *host, hanse_ticket number, struct hanse_target *target, struct hanse_link **out) {
  if (fake_foreign(host, "link_want")) return HANSE_THREAD;
  struct fake_ticket *ticket = fake_ticket_find(fake_instance_of(host)->world, number);
  if (!ticket) return HANSE_GONE;
  if (target->status == HANSE_OK) *out = target->link;
  if (target->status == HANSE_SKIP) ticket->waits = target;
  return target->status;
}

static struct hanse_slice target_text(const struct hanse_target *target) { return hanse_text(target->text); }

static enum hanse_failure link_failure(const struct hanse_link *link, struct hanse_slice *text) {
  *text = HANSE_LIT("how the link broke");
  return link->failure ? link->failure : HANSE_F_LINK_LOST;
}

static enum hanse_failure target_failure(const struct hanse_target *target, struct hanse_slice *text) {
  *text = target->failure ? HANSE_LIT("how \"it\" failed") : HANSE_LIT("");
  return target->failure;
}

static struct hanse_slice proved(const struct hanse_link *link) { return link->proved; }

void fake_link_ops(struct hanse_host_ops *ops) {
  ops->link_want = want;
  ops->link_again = again;
  ops->link_hold = hold;
  ops->link_release = release;
  ops->link_is_open = is_open;
  ops->link_id = id;
  ops->link_by_id = by_id;
  ops->link_side = side;
  ops->link_local = local;
  ops->link_peer = peer;
  ops->link_secure = secure;
  ops->link_proved = proved;
  ops->link_room = room;
  ops->link_filled = filled;
  ops->link_queued = queued;
  ops->link_written = written;
  ops->link_shut = shut;
  ops->link_mark_set = mark_set;
  ops->link_mark = mark;
  ops->target_text = target_text;
  ops->target_failure = target_failure;
  ops->link_failure = link_failure;
}
