#include "router/link_input.h"

#include <stdlib.h>

#include "router/link_life.h"
#include "router/link_linger.h"

/* What is read at least at once behind the rest of a message. */
#define READ_MIN 4096

/* So much of half a message is kept for a partner when memory is short. */
#define REST_SHORT (64 * 1024)

/* A stretch of input: what was kept and what was read behind it. */
struct stretch {
  char *bytes; /* the transport's scratch, or io->rest */
  size_t len, room;
};

/* ---- the rest of an incomplete message ---- */

static void drop_rest(struct link_io *io) {
  free(io->rest);
  io->rest = NULL;
  io->rest_len = io->rest_room = 0;
}

static bool rest_reserve(struct link_io *io, size_t more) {
  if (io->rest_room - io->rest_len >= more) return true;
  char *rest = realloc(io->rest, io->rest_len + more);
  if (!rest) return false;
  io->rest = rest;
  io->rest_room = io->rest_len + more;
  return true;
}

/* Keeps what was not consumed. False: no memory. */
static bool keep(struct link_io *io, const struct stretch *in, size_t used) {
  size_t left = in->len - used;
  if (used > 0) io->scanned = 0;
  if (left == 0) {
    drop_rest(io);
    return true;
  }
  if (in->bytes == io->rest) {
    if (used > 0) memmove(io->rest, io->rest + used, left);
  } else {
    if (!rest_reserve(io, left)) return false;
    memcpy(io->rest, in->bytes + used, left);
  }
  io->rest_len = left;
  return true;
}

/* ---- time-outs ---- */

/* Restarting for each message would be wasted work: an eighth of the time may be missing. */
static void touch(struct link_io *io, struct hanse_timers *list, struct hanse_timer *timer, hanse_time length,
                  void (*fire)(void *self, struct hanse_timer *timer)) {
  hanse_time now = *io->link->transport->now;
  if (list && (!timer->list || now - (timer->due - length) > length / 8)) timers_start(list, timer, fire);
}

static void silent(void *self, struct hanse_timer *timer) {
  (void)self;
  struct link_io *io = (struct link_io *)((char *)timer - offsetof(struct link_io, silence));
  struct transport *transport = io->link->transport;
  if (transport->silent) timers_start(transport->silent, timer, silent);
  transport->events.keepalive(transport->context, io->link);
}

static void idle(void *self, struct hanse_timer *timer) {
  (void)self;
  struct link_io *io = (struct link_io *)((char *)timer - offsetof(struct link_io, idle));
  link_shut_why(io, HANSE_CLOSE_IDLE);
}

static void heard(struct link_io *io) {
  struct transport *transport = io->link->transport;
  touch(io, transport->silent, &io->silence, transport->limits.keepalive, silent);
  if (!io->link->outbound) touch(io, transport->idle, &io->idle, transport->limits.idle_timeout, idle);
}

/* Half a message, or half a TLS record, may wait for so long: from its first octet, however often one more comes. */
static void watch_half(struct link_io *io, bool consumed) {
  bool half = (io->rest_len > 0 || wire_holds_input(&io->wire)) && !io->kept_whole && !io->more;
  if (!half || io->link->paused)
    timers_stop(&io->phase);
  else if (consumed || !io->phase.list)
    link_phase(io, io->link->transport->half);
}

/* ---- a link's share of a turn ---- */

/* Where input goes: the room behind a rest doubles, so that a message that comes octet by octet costs linear time, up
   to limits.message and a turn's octets. False: no memory. */
static bool stretch_begin(struct link_io *io, struct stretch *in) {
  const struct transport *transport = io->link->transport;
  if (io->rest_len == 0) {
    *in = (struct stretch){transport->scratch, 0, LINK_TURN_OCTETS};
    return true;
  }
  size_t most = (size_t)transport->limits.message + LINK_TURN_OCTETS - io->rest_len;
  size_t more = io->rest_len < most ? io->rest_len : most;
  if (io->rest_room == io->rest_len && !rest_reserve(io, more > READ_MIN ? more : READ_MIN)) return false;
  size_t room = io->rest_len + LINK_TURN_OCTETS;
  *in = (struct stretch){io->rest, io->rest_len, io->rest_room < room ? io->rest_room : room};
  return true;
}

/* Reads what epoll reported and what TLS holds besides, but never until the socket says that there is nothing. */
static void gather(struct link_io *io, struct stretch *in) {
  enum wire_status status = WIRE_DONE;
  size_t before = in->len;
  io->more = false;
  do {
    size_t got = 0;
    status = wire_read(&io->wire, in->bytes + in->len, in->room - in->len, &got);
    if (status == WIRE_DONE) in->len += got;
  } while (status == WIRE_DONE && in->len < in->room && wire_holds_input(&io->wire));
  io->more = status == WIRE_DONE && wire_holds_input(&io->wire);
  if (status == WIRE_WRITE) { /* TLS has to answer something first */
    io->read_waits = true;
    ev_io_start(loop_ev(io->link->transport->loop), &io->out);
  }
  if (status == WIRE_BROKEN) {
    link_note_wire(io, HANSE_F_LINK_LOST);
    if (!io->why) io->why = HANSE_CLOSE_ERROR;
  }
  if (status == WIRE_END && !io->why) io->why = HANSE_CLOSE_PEER;
  io->input_over = status == WIRE_BROKEN || status == WIRE_END || (io->write_over && status == WIRE_READ);
  io->link->bytes_in += in->len - before;
  io->link->transport->figures.octets_in += in->len - before;
  if (in->len > before) heard(io);
}

/* Hands the stretch up. Returns false when the link is not open any more. */
static bool hand_up(struct link_io *io, struct stretch *in) {
  struct hanse_link *link = io->link;
  struct transport *transport = link->transport;
  struct hanse_input input = {.size = sizeof input,
                              .budget = LINK_TURN_MESSAGES,
                              .bytes = in->bytes,
                              .len = in->len,
                              .scanned = &io->scanned,
                              .ended = io->input_over && io->why == HANSE_CLOSE_PEER && !io->more};
  if (in->len == 0 && !input.ended) {
    watch_half(io, false);
    return true;
  }
  size_t used = transport->events.input(transport->context, link, &input);
  if (link->state != LINK_OPEN) {
    drop_rest(io);
    return false;
  }
  if (used > in->len) used = in->len;
  io->kept_whole = input.budget == 0 && used < in->len;
  if (!keep(io, in, used)) {
    link_note(io, HANSE_F_MEMORY, "no memory for its input");
    link_end(io, HANSE_CLOSE_OURS);
    return false;
  }
  watch_half(io, used > 0);
  return true;
}

/* What follows from what is left. */
static void settle(struct link_io *io) {
  struct hanse_link *link = io->link;
  if (io->outbox.waiting > 0) link_dirty(io);
  if (io->kept_whole || io->more) {
    if (!link->paused) link_ready(io);
    return;
  }
  if (io->input_over && io->write_over) {
    link_end(io, HANSE_CLOSE_ERROR);
  } else if (io->input_over && io->why == HANSE_CLOSE_PEER && link->outbound) {
    link_end(io, HANSE_CLOSE_PEER); /* no answer can come: what was not written yet goes elsewhere */
  } else if (io->input_over && io->why == HANSE_CLOSE_PEER) {
    link_shut_why(io, HANSE_CLOSE_PEER);
  } else if (io->input_over) {
    link_end(io, HANSE_CLOSE_ERROR);
  } else if (io->rest_len > link->transport->limits.message) {
    link_note(io, HANSE_F_TOO_LARGE, "a message is larger than limits.message");
    link_shut_why(io, HANSE_CLOSE_OURS);
  } else if (io->rest_len > REST_SHORT && link->side == HANSE_SIDE_PARTNER &&
             link->transport->shortage >= TRANSPORT_NO_NEW_WORK) {
    link_note(io, HANSE_F_BUSY, "memory is short: no large message is taken");
    link->transport->figures.closed_memory++;
    link_shut_why(io, HANSE_CLOSE_OURS);
  } else if (io->write_over) {
    link_ready(io);
  }
}

static void serve(struct link_io *io) {
  struct stretch in = {io->rest, io->rest_len, io->rest_len};
  if (io->link->paused && !io->breath) return; /* link_resume makes it ready again */
  io->breath = false;
  io->served = loop_turns(io->link->transport->loop);
  if (!io->kept_whole && !io->input_over) {
    if (!stretch_begin(io, &in)) {
      link_note(io, HANSE_F_MEMORY, "no memory for its input");
      link_end(io, HANSE_CLOSE_OURS);
      return;
    }
    gather(io, &in);
  }
  if (hand_up(io, &in)) settle(io);
}

static void readable(struct ev_loop *ev, struct ev_io *watcher, int events) {
  (void)ev, (void)events;
  struct link_io *io = watcher->data;
  if (io->link->state == LINK_SHUTTING)
    link_linger_input(io);
  else if (io->queue == LINK_NOT_QUEUED && io->served != loop_turns(io->link->transport->loop))
    serve(io);
}

void link_input_run_ready(struct transport *transport) {
  uint64_t turn = loop_turns(transport->loop);
  for (struct link_io *io; (io = transport->ready.first) != NULL && io->served != turn;) {
    link_queue_remove(&transport->ready, io);
    io->queue = LINK_NOT_QUEUED;
    serve(io);
  }
  if (transport->ready.first) loop_task_add(transport->loop, &transport->ready_task);
}

void link_input_start(struct link_io *io) {
  struct ev_loop *ev = loop_ev(io->link->transport->loop);
  ev_io_stop(ev, &io->in);
  ev_io_init(&io->in, readable, io->wire.fd, EV_READ);
  io->in.data = io;
  if (!io->link->paused) ev_io_start(ev, &io->in);
  heard(io);
  if (wire_holds_input(&io->wire)) link_ready(io); /* came with the end of the handshake */
}

size_t link_kept(const struct hanse_link *link) {
  return link->io ? link->io->rest_room + link->io->outbox.waiting : 0;
}

void link_pause(struct hanse_link *link, enum link_pause reason) {
  bool was = link->paused != 0;
  link->paused |= (uint8_t)reason;
  if (was || link->state != LINK_OPEN) return;
  struct link_io *io = link->io;
  ev_io_stop(loop_ev(link->transport->loop), &io->in);
  timers_stop(&io->phase); /* half a message: it is not the peer's fault now */
}

void link_resume(struct hanse_link *link, enum link_pause reason) {
  if (!(link->paused & reason)) return;
  link->paused &= (uint8_t)~reason;
  if (link->paused || link->state != LINK_OPEN) return;
  ev_io_start(loop_ev(link->transport->loop), &link->io->in);
  link_ready(link->io);
}
