#include "router/transport.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "router/handshake.h"
#include "router/link_input.h"
#include "router/link_life.h"
#include "router/link_output.h"

/* A member's struct: hooks and tasks lie in the transport. */
#define TRANSPORT_OF(pointer, member) ((struct transport *)((char *)(pointer)-offsetof(struct transport, member)))

static void bury_dead(struct transport *transport) {
  while (transport->dead) {
    struct link_io *io = transport->dead;
    transport->dead = io->next_dead;
    link_bury(io);
  }
}

void transport_free(struct transport *transport) {
  if (!transport) return;
  while (transport->first) {
    link_end(transport->first->io, HANSE_CLOSE_OURS);
    bury_dead(transport);
  }
  loop_hook_remove(transport->loop, &transport->flush);
  loop_hook_remove(transport->loop, &transport->reap);
  loop_task_remove(transport->loop, &transport->ready_task);
  loop_task_remove(transport->loop, &transport->shaking_task);
  timers_owner_gone(transport->timers, transport);
  outbox_spare_clear(&transport->spare);
  admission_free(transport->admission);
  BIO_meth_free(transport->method);
  if (transport->reserve >= 0) close(transport->reserve);
  free(transport->scratch);
  free(transport);
}

static void run_flush(struct loop_hook *hook) { link_output_flush(TRANSPORT_OF(hook, flush)); }

static void run_reap(struct loop_hook *hook) {
  struct transport *transport = TRANSPORT_OF(hook, reap);
  bury_dead(transport);
  if (transport->dirty) loop_again(transport->loop); /* who was told of an end wrote something */
}

static void run_ready(struct loop_task *task) { link_input_run_ready(TRANSPORT_OF(task, ready_task)); }
static void run_shaking(struct loop_task *task) { handshake_run_waiting(TRANSPORT_OF(task, shaking_task)); }

/* What a test or an early start works with; the configuration's take their place. */
static const struct transport_limits default_limits = {.handshakes_per_network = {20, HANSE_SECOND},
                                                       .pending_handshakes = 1000,
                                                       .links_per_address = 100,
                                                       .message = 1024 * 1024,
                                                       .link_output = 4 * 1024 * 1024,
                                                       .link_output_high = 256 * 1024,
                                                       .connect_timeout = 4 * HANSE_SECOND,
                                                       .handshake_timeout = 10 * HANSE_SECOND,
                                                       .message_timeout = 30 * HANSE_SECOND,
                                                       .keepalive = 0,
                                                       .idle_timeout = 0};

static bool find_lists(struct transport *transport, const struct transport_limits *limits) {
  hanse_time stall = limits->message_timeout < LINK_STALL_TIME ? limits->message_timeout : LINK_STALL_TIME;
  struct hanse_timers *lists[7];
  const hanse_time lengths[7] = {limits->connect_timeout, limits->handshake_timeout, limits->message_timeout, stall,
                                 LINK_LINGER_TIME,        limits->keepalive,         limits->idle_timeout};
  for (int i = 0; i < 7; i++) {
    lists[i] = lengths[i] > 0 ? timers_list(transport->timers, transport, lengths[i], NULL) : NULL;
    if (!lists[i] && lengths[i] > 0) return false;
  }
  transport->connecting = lists[0];
  transport->handshaking = lists[1];
  transport->half = lists[2];
  transport->stalling = lists[3];
  transport->lingering = lists[4];
  transport->silent = lists[5];
  transport->idle = lists[6];
  return true;
}

static struct transport *transport_make(struct loop *loop, struct timers *timers) {
  struct transport *transport = calloc(1, sizeof *transport);
  if (!transport) return NULL;
  transport->loop = loop;
  transport->timers = timers;
  transport->now = loop_clock(loop);
  transport->method = wire_method_new();
  transport->scratch = malloc(LINK_TURN_OCTETS);
  transport->admission = admission_new();
  transport->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
  transport->limits = default_limits;
  return transport;
}

struct transport *transport_new(struct loop *loop, struct timers *timers, const struct link_events *events,
                                void *context) {
  struct transport *transport = transport_make(loop, timers);
  if (!transport) return NULL;
  transport->events = *events;
  transport->context = context;
  transport->flush.run = run_flush;
  transport->reap.run = run_reap;
  transport->ready_task.run = run_ready;
  transport->shaking_task.run = run_shaking;
  bool good = transport->method && transport->scratch && transport->admission && transport->reserve >= 0 &&
              find_lists(transport, &transport->limits);
  if (good) {
    loop_hook_add(loop, LOOP_FLUSH, &transport->flush);
    loop_hook_add(loop, LOOP_REAP, &transport->reap);
    return transport;
  }
  transport_free(transport);
  return NULL;
}

int transport_limits_set(struct transport *transport, const struct transport_limits *limits) {
  if (limits->connect_timeout <= 0 || limits->handshake_timeout <= 0 || limits->message_timeout <= 0)
    return HANSE_INVALID;
  if (!find_lists(transport, limits)) return HANSE_NOMEM;
  transport->limits = *limits;
  return HANSE_OK;
}

void transport_shortage_set(struct transport *transport, enum transport_shortage shortage) {
  transport->shortage = shortage;
}

void transport_closed_short(struct transport *transport, unsigned links) { transport->figures.closed_memory += links; }

struct hanse_link *transport_links(const struct transport *transport) {
  return transport->first;
}

struct hanse_link *transport_link_by_id(const struct transport *transport, uint64_t id) {
  struct hanse_link *link = NULL;
  HASH_FIND(by_id, transport->numbers, &id, sizeof id, link);
  return link;
}

const struct transport_figures *transport_figures(struct transport *transport) {
  transport->figures.pending = admission_pending(transport->admission);
  return &transport->figures;
}
