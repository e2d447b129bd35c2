#include "router/handshake.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

#include "router/certificate.h"
#include "router/clock.h"
#include "router/link_input.h"
#include "router/link_life.h"
#include "router/link_linger.h"
#include "router/link_log.h"
#include "router/link_output.h"

/* Handshakes may take this much of a turn, or 30 % of a turn as long as the last one was. */
#define SHARE_MIN (3 * HANSE_MSEC)
#define SHARE_PERCENT 30

/* ---- the share of a turn ---- */

static bool has_share(struct transport *transport) {
  uint64_t turn = loop_turns(transport->loop);
  if (transport->shake_turn != turn) {
    hanse_time others = loop_last_turn(transport->loop) - transport->shake_spent;
    hanse_time share = others * SHARE_PERCENT / (100 - SHARE_PERCENT);
    transport->shake_share = share > SHARE_MIN ? share : SHARE_MIN;
    transport->shake_turn = turn;
    transport->shake_spent = 0;
  }
  return transport->shake_spent < transport->shake_share;
}

static void wait_for_share(struct link_io *io) {
  struct transport *transport = io->link->transport;
  io->queue = LINK_SHAKING;
  link_queue_add(&transport->shaking, io);
  loop_task_add(transport->loop, &transport->shaking_task);
}

bool handshake_crowded(const struct transport *transport) { return transport->shaking.first != NULL; }

/* ---- the names ---- */

/* Beside proved names, only a wildcard is one that needs somebody's leave; where nothing is proved, all are. */
static bool is_new(const struct hanse_link *link, struct hanse_slice name) {
  bool wildcards = link->identity.rule == HANSE_IDENTITY_XMPP;
  return link->proved_count == 0 || (!wildcards && name.len > 2 && memcmp(name.at, "*.", 2) == 0);
}

/* Whose entry counts is known with the first message, so what entries may allow is kept beside what is proved. */
static int learn_offered(struct hanse_link *link, const X509 *certificate) {
  const struct identity_options all = {link->identity.rule, true, true};
  size_t count, kept = 0;
  struct hanse_slice *names;
  if (identity_names(certificate, &all, &names, &count) != HANSE_OK) return HANSE_NOMEM;
  for (size_t i = 0; i < count; i++)
    if (is_new(link, names[i])) names[kept++] = names[i];
  if (kept) link->offered = names;
  if (!kept) free(names);
  link->offered_count = kept;
  return HANSE_OK;
}

/* Takes over what the peer's certificate proves, whatever the entry allows for whose sake it was dialled: the link may
   outlive that leave. */
static bool learn_names(struct link_io *io) {
  struct hanse_link *link = io->link;
  const struct identity_options strict = {.rule = link->identity.rule};
  const X509 *certificate = SSL_get0_peer_certificate(io->wire.ssl);
  if (certificate &&
      (identity_names(certificate, &strict, &link->proved, &link->proved_count) != HANSE_OK ||
       learn_offered(link, certificate) != HANSE_OK || certificate_read(certificate, &link->certificate) != HANSE_OK)) {
    link_note(io, HANSE_F_MEMORY, "no memory for the peer's names");
    return false;
  }
  if (io->prove.len == 0 || link_proves(link, io->prove)) return true;
  char text[600];
  snprintf(text, sizeof text, "the peer's certificate does not prove %.*s; it proves %.*s%s", HANSE_FMT(io->prove),
           link->proved_count ? (int)link->proved[0].len : 7, link->proved_count ? link->proved[0].at : "nothing",
           link->proved_count > 1 ? " and others" : "");
  link_note(io, HANSE_F_TLS_NAME, text);
  return false;
}

/* ---- open, or not ---- */

/* A stranger whom we refused is to read the alert that says why: closed at once, with input unread, the connection
   would be reset and take the alert away. It goes on counting as a pending handshake. */
static bool was_refused(const struct link_io *io) {
  return !io->link->outbound && io->wire.ssl && !io->wire.fault && !io->wire.ended && !io->wire.error;
}

static void failed(struct link_io *io, enum hanse_close why) {
  struct transport *transport = io->link->transport;
  transport->figures.handshakes_failed++;
  if (!was_refused(io)) {
    link_end(io, why);
    return;
  }
  io->why = why;
  io->link->state = LINK_SHUTTING;
  link_linger(io);
}

/* The dialler is told first; it may end the link, of which then nobody else hears. */
static bool dialler_is_told(struct link_io *io) {
  void (*done)(void *, struct hanse_link *, enum hanse_failure, const char *) = io->done;
  io->done = NULL;
  if (done) done(io->done_argument, io->link, HANSE_F_NONE, "");
  return io->link->state == LINK_OPEN;
}

static void opened(struct link_io *io) {
  struct hanse_link *link = io->link;
  struct transport *transport = link->transport;
  timers_stop(&io->phase);
  admission_shaken(transport->admission, &io->admitted);
  link->state = LINK_OPEN;
  link_output_start(io);
  link_input_start(io);
  if (!dialler_is_told(io)) return;
  transport->figures.opened++;
  transport->figures.open++;
  io->reported = true;
  link_log_up(link);
  transport->events.open(transport->context, link);
}

static void step(struct link_io *io) {
  struct transport *transport = io->link->transport;
  struct ev_loop *ev = loop_ev(transport->loop);
  hanse_time begin = clock_read();
  enum wire_status status = wire_handshake(&io->wire);
  bool good = status == WIRE_DONE && (!io->wire.ssl || learn_names(io));
  transport->shake_spent += clock_read() - begin;
  if (status == WIRE_READ) {
    ev_io_stop(ev, &io->out);
  } else if (status == WIRE_WRITE) {
    ev_io_start(ev, &io->out);
  } else if (good) {
    opened(io);
  } else {
    if (status != WIRE_DONE) link_note_wire(io, HANSE_F_TLS);
    failed(io, status == WIRE_DONE ? HANSE_CLOSE_OURS : HANSE_CLOSE_ERROR);
  }
}

static void step_or_wait(struct link_io *io) {
  struct transport *transport = io->link->transport;
  if (!transport->shaking.first && has_share(transport))
    step(io);
  else
    wait_for_share(io);
}

/* ---- events ---- */

static void proceed(struct ev_loop *ev, struct ev_io *watcher, int events) {
  (void)ev, (void)events;
  struct link_io *io = watcher->data;
  if (io->link->state == LINK_SHUTTING)
    link_linger_input(io);
  else if (io->queue == LINK_NOT_QUEUED)
    step_or_wait(io);
}

static void watch(struct link_io *io) {
  ev_io_init(&io->in, proceed, io->wire.fd, EV_READ);
  ev_io_init(&io->out, proceed, io->wire.fd, EV_WRITE);
  io->in.data = io->out.data = io;
  ev_io_start(loop_ev(io->link->transport->loop), &io->in);
}

static void connected(struct ev_loop *ev, struct ev_io *watcher, int events) {
  (void)events;
  struct link_io *io = watcher->data;
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(io->wire.fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
  ev_io_stop(ev, &io->out);
  if (error != 0) {
    link_note(io, HANSE_F_CONNECT, strerror(error));
    link_end(io, HANSE_CLOSE_ERROR);
    return;
  }
  io->link->state = LINK_HANDSHAKE;
  watch(io);
  step_or_wait(io);
}

void handshake_begin(struct link_io *io) {
  struct transport *transport = io->link->transport;
  if (io->link->outbound) {
    ev_io_init(&io->out, connected, io->wire.fd, EV_WRITE);
    io->out.data = io;
    ev_io_start(loop_ev(transport->loop), &io->out);
    link_phase(io, transport->connecting);
    return;
  }
  watch(io);
  link_phase(io, transport->handshaking);
  if (!io->wire.ssl) step(io);
}

void handshake_run_waiting(struct transport *transport) {
  /* At least one, however little a turn's share is. */
  for (bool first = true; transport->shaking.first && (has_share(transport) || first); first = false) {
    struct link_io *io = transport->shaking.first;
    link_queue_remove(&transport->shaking, io);
    io->queue = LINK_NOT_QUEUED;
    step(io);
  }
  if (transport->shaking.first) loop_task_add(transport->loop, &transport->shaking_task);
}
