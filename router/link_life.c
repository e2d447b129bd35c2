#include "router/link_life.h"

#include <stdlib.h>

#include "router/address.h"
#include "router/link_log.h"

/* ---- the handle ---- */

static void link_free(struct hanse_link *link) {
  tls_profile_release(link->tls);
  if (link->listener) link->listener_gone(link->listener);
  free(link->proved);
  free(link->offered);
  free(link->certificate);
  free(link);
}

struct hanse_link *link_hold(struct hanse_link *link) {
  link->holds++;
  return link;
}

void link_release(struct hanse_link *link) {
  if (--link->holds == 0) link_free(link);
}

/* ---- queues ---- */

void link_queue_add(struct link_queue *queue, struct link_io *io) {
  io->next = NULL;
  io->previous = queue->last;
  if (queue->last)
    queue->last->next = io;
  else
    queue->first = io;
  queue->last = io;
}

void link_queue_remove(struct link_queue *queue, struct link_io *io) {
  if (io->previous)
    io->previous->next = io->next;
  else
    queue->first = io->next;
  if (io->next)
    io->next->previous = io->previous;
  else
    queue->last = io->previous;
  io->next = io->previous = NULL;
}

static void leave_queue(struct link_io *io) {
  struct transport *transport = io->link->transport;
  if (io->queue == LINK_READY) link_queue_remove(&transport->ready, io);
  if (io->queue == LINK_SHAKING) link_queue_remove(&transport->shaking, io);
  io->queue = LINK_NOT_QUEUED;
}

void link_ready(struct link_io *io) {
  struct transport *transport = io->link->transport;
  if (io->queue != LINK_NOT_QUEUED || io->dead) return;
  io->queue = LINK_READY;
  link_queue_add(&transport->ready, io);
  loop_task_add(transport->loop, &transport->ready_task);
}

void link_dirty(struct link_io *io) {
  struct transport *transport = io->link->transport;
  if (io->dirty || io->dead) return;
  io->dirty = true;
  io->next_dirty = transport->dirty;
  transport->dirty = io;
}

/* ---- birth ---- */

static struct hanse_slice put(char **at, struct hanse_slice text) {
  struct hanse_slice copy = hanse_slice(*at, text.len);
  if (text.len) memcpy(*at, text.at, text.len);
  (*at)[text.len] = '\0';
  *at += text.len + 1;
  return copy;
}

/* The handle and behind it the texts that it needs. */
static struct hanse_link *handle_new(const struct link_birth *birth) {
  size_t text = birth->protocol.len + birth->local.len + birth->prove.len + 3;
  struct hanse_link *link = calloc(1, sizeof *link + text);
  struct link_io *io = calloc(1, sizeof *io);
  if (!link || !io) {
    free(link);
    free(io);
    return NULL;
  }
  char *at = (char *)(link + 1);
  link->protocol = put(&at, birth->protocol);
  link->local = put(&at, birth->local);
  io->prove = put(&at, birth->prove);
  link->io = io;
  io->link = link;
  return link;
}

static void enroll(struct transport *transport, struct hanse_link *link) {
  link->transport = transport;
  link->id = ++transport->next_id;
  link->opened = *transport->now;
  link->holds = 1;
  link->previous = transport->last;
  if (transport->last)
    transport->last->next = link;
  else
    transport->first = link;
  transport->last = link;
  HASH_ADD(by_id, transport->numbers, id, sizeof link->id, link); /* without memory nobody finds it by its number */
}

struct hanse_link *link_new(struct transport *transport, const struct link_birth *birth) {
  struct hanse_link *link = handle_new(birth);
  if (!link) {
    wire_close(&(struct wire){.fd = birth->fd});
    return NULL;
  }
  struct tls_demand demand = {birth->identity.rule, link->protocol};
  if (wire_open_take(&link->io->wire, birth->fd, transport->method, birth->tls, &demand, !birth->outbound) !=
      HANSE_OK) {
    free(link->io);
    free(link);
    return NULL;
  }
  enroll(transport, link);
  link->outbound = birth->outbound;
  link->state = birth->outbound ? LINK_CONNECTING : LINK_HANDSHAKE;
  link->side = birth->side;
  link->tls = tls_profile_hold(birth->tls);
  link->tls_changes = birth->tls ? birth->tls->changes : 0;
  link->target = birth->target;
  link->identity = birth->identity;
  memcpy(&link->peer_address, birth->peer, birth->peer_length);
  address_text(birth->peer, link->peer);
  return link;
}

/* ---- end ---- */

void link_note(struct link_io *io, enum hanse_failure failure, const char *text) {
  if (io->failure != HANSE_F_NONE || io->reason) return;
  io->failure = failure;
  io->reason = strdup(text);
}

void link_note_wire(struct link_io *io, enum hanse_failure failure) {
  char buf[256];
  bool ours = false;
  const char *why = wire_why(&io->wire, buf, sizeof buf, &ours);
  if (ours) { /* says more than that writing failed before */
    free(io->reason);
    io->reason = NULL;
    io->failure = HANSE_F_NONE;
  } else if (failure == HANSE_F_TLS && io->wire.ssl && SSL_get_verify_result(io->wire.ssl) != X509_V_OK) {
    failure = HANSE_F_TLS_TRUST;
  }
  link_note(io, ours ? HANSE_F_TLS_OURS : failure, why);
}

static void stop_all(struct link_io *io) {
  struct ev_loop *ev = loop_ev(io->link->transport->loop);
  ev_io_stop(ev, &io->in);
  ev_io_stop(ev, &io->out);
  timers_stop(&io->phase);
  timers_stop(&io->stall);
  timers_stop(&io->silence);
  timers_stop(&io->idle);
  leave_queue(io);
}

void link_end(struct link_io *io, enum hanse_close why) {
  struct transport *transport = io->link->transport;
  if (io->dead) return;
  stop_all(io);
  if (!io->why) io->why = why;
  if (io->reported) transport->figures.open--;
  admission_leave(transport->admission, &io->admitted);
  io->link->state = LINK_CLOSED;
  io->dead = true;
  io->next_dead = transport->dead;
  transport->dead = io;
}

/* A state took too long. */
static void phase_over(void *self, struct hanse_timer *timer) {
  (void)self;
  struct link_io *io = (struct link_io *)((char *)timer - offsetof(struct link_io, phase));
  switch (io->link->state) {
    case LINK_CONNECTING:
      link_note(io, HANSE_F_CONNECT, "no connection within the time for it");
      break;
    case LINK_HANDSHAKE:
      link_note(io, io->link->outbound ? HANSE_F_CONNECT : HANSE_F_TLS, "no handshake within the time for it");
      break;
    case LINK_OPEN:
      link_note(io, HANSE_F_TIMEOUT, "half a message waited too long");
      link_shut_why(io, HANSE_CLOSE_OURS);
      return;
    case LINK_SHUTTING:
    case LINK_CLOSED:
      break;
  }
  link_end(io, HANSE_CLOSE_OURS);
}

void link_phase(struct link_io *io, struct hanse_timers *list) { timers_start(list, &io->phase, phase_over); }

void link_shut_why(struct link_io *io, enum hanse_close why) {
  struct hanse_link *link = io->link;
  struct transport *transport = link->transport;
  if (link->state == LINK_CONNECTING || link->state == LINK_HANDSHAKE) link_end(io, why);
  if (link->state != LINK_OPEN) return;
  stop_all(io);
  if (!io->why) io->why = why;
  link->state = LINK_SHUTTING; /* what is kept of its input stays: who calls may be reading it */
  ev_io_start(loop_ev(transport->loop), &io->in);
  link_phase(io, transport->half);
  link_dirty(io);
}

/* Only what became dirty after this turn's flush is still in that list. */
static void leave_dirty(struct link_io *io) {
  struct link_io **at = &io->link->transport->dirty;
  while (*at && *at != io) at = &(*at)->next_dirty;
  if (*at) *at = io->next_dirty;
}

static void leave(struct hanse_link *link) {
  struct transport *transport = link->transport;
  if (link->previous)
    link->previous->next = link->next;
  else
    transport->first = link->next;
  if (link->next)
    link->next->previous = link->previous;
  else
    transport->last = link->previous;
  link->next = link->previous = NULL;
  if (HASH_ADDED(by_id, link)) HASH_DELETE(by_id, transport->numbers, link);
}

static const char *default_reason(enum hanse_close why) {
  return why == HANSE_CLOSE_PEER ? "the peer closed it" : why == HANSE_CLOSE_IDLE ? "idle" : "";
}

/* The handle stays for the calls; nothing of the connection does. */
static void tell(struct hanse_link *link, const struct link_io *was) {
  struct transport *transport = link->transport;
  if (was->reported)
    link_log_down(link, was->why);
  else
    link_log_refused(link);
  if (was->done) {
    enum hanse_failure failure = link->failure ? link->failure : HANSE_F_CONNECT;
    was->done(was->done_argument, link, failure, link->reason);
  }
  if (was->reported) transport->events.closed(transport->context, link, was->why);
}

void link_bury(struct link_io *io) {
  struct hanse_link *link = io->link;
  struct transport *transport = link->transport;
  struct link_io was = *io;
  outbox_clear(&io->outbox, &transport->spare);
  wire_close(&io->wire);
  if (io->dirty) leave_dirty(io);
  leave(link);
  free(io->rest);
  free(io);
  link->io = NULL;
  link->failure = was.failure;
  link->reason = was.reason ? was.reason : default_reason(was.why);
  transport->figures.closed += was.reported;
  tell(link, &was);
  link->reason = "";
  free(was.reason);
  link_release(link);
}

void link_shut(struct hanse_link *link, enum hanse_failure failure, const char *text) {
  if (!link->io || link->io->dead) return;
  link_note(link->io, failure, text ? text : "");
  link_shut_why(link->io, HANSE_CLOSE_OURS);
}

void link_abort(struct hanse_link *link, enum hanse_failure failure, const char *text) {
  if (!link->io || link->io->dead) return;
  link_note(link->io, failure, text ? text : "");
  link_end(link->io, HANSE_CLOSE_OURS);
}
