#include "router/link_output.h"

#include "router/link_life.h"
#include "router/link_linger.h"

/* Two routers that both stopped reading because the other did would wait for each other until they are cut; so one that
   gets rid of nothing reads a turn's share now and then. */
static void breathe(struct link_io *io) {
  if (io->link->state != LINK_OPEN || io->link->paused != LINK_PAUSE_OUTPUT) return;
  io->breath = true;
  link_ready(io);
}

static void stalled(void *self, struct hanse_timer *timer) {
  (void)self;
  struct link_io *io = (struct link_io *)((char *)timer - offsetof(struct link_io, stall));
  struct transport *transport = io->link->transport;
  if (*transport->now - io->stalled_since < transport->limits.message_timeout) {
    timers_start(transport->stalling, timer, stalled);
    breathe(io);
    return;
  }
  link_note(io, HANSE_F_LINK_LOST, "the peer takes nothing");
  link_end(io, HANSE_CLOSE_ERROR);
}

/* The socket takes nothing now: goes on when it does, and not for ever. */
static void wait_for_peer(struct link_io *io, bool progress) {
  struct transport *transport = io->link->transport;
  ev_io_start(loop_ev(transport->loop), &io->out);
  if (!progress && io->stall.list) return;
  io->stalled_since = *transport->now;
  timers_start(transport->stalling, &io->stall, stalled);
}

/* The far end may have said something before it went: that is read before the link ends. */
static void write_failed(struct link_io *io) {
  struct transport *transport = io->link->transport;
  link_note_wire(io, HANSE_F_LINK_LOST);
  if (!io->why) io->why = HANSE_CLOSE_ERROR;
  ev_io_stop(loop_ev(transport->loop), &io->out);
  timers_stop(&io->stall);
  outbox_clear(&io->outbox, &transport->spare);
  io->write_over = true;
  if (io->link->state == LINK_SHUTTING)
    link_end(io, HANSE_CLOSE_ERROR);
  else if (!io->link->paused)
    link_ready(io);
}

static void all_written(struct link_io *io) {
  struct transport *transport = io->link->transport;
  outbox_clear(&io->outbox, &transport->spare); /* room that was taken and not filled */
  timers_stop(&io->stall);
  if (io->link->state == LINK_SHUTTING)
    link_linger(io);
  else
    ev_io_stop(loop_ev(transport->loop), &io->out);
}

static void write_out(struct link_io *io) {
  struct hanse_link *link = io->link;
  bool progress = false;
  for (struct hanse_slice first; (first = outbox_first(&io->outbox)).len > 0;) {
    size_t put = 0;
    enum wire_status status = wire_write(&io->wire, first.at, first.len, &put);
    if (status == WIRE_READ) return; /* link_input makes the link dirty when something came */
    if (status == WIRE_WRITE) {
      wait_for_peer(io, progress);
      return;
    }
    if (status != WIRE_DONE) {
      write_failed(io);
      return;
    }
    progress = true;
    outbox_gone(&io->outbox, &link->transport->spare, put);
    link->written += put;
    link->bytes_out += put;
  }
  all_written(io);
}

/* A link whose own output piles up is not read from, until half of it is gone. */
static void adjust_pause(struct link_io *io) {
  struct hanse_link *link = io->link;
  uint64_t high = link->transport->limits.link_output_high;
  if (io->outbox.waiting > high)
    link_pause(link, LINK_PAUSE_OUTPUT);
  else if (io->outbox.waiting <= high / 2)
    link_resume(link, LINK_PAUSE_OUTPUT);
}

static void writable(struct ev_loop *ev, struct ev_io *watcher, int events) {
  (void)ev, (void)events;
  struct link_io *io = watcher->data;
  write_out(io);
  adjust_pause(io);
  if (!io->read_waits || io->link->state != LINK_OPEN) return;
  io->read_waits = false;
  link_ready(io);
}

void link_output_start(struct link_io *io) {
  ev_io_stop(loop_ev(io->link->transport->loop), &io->out);
  ev_io_init(&io->out, writable, io->wire.fd, EV_WRITE);
  io->out.data = io;
}

void link_output_flush(struct transport *transport) {
  struct link_io *list = transport->dirty;
  transport->dirty = NULL;
  while (list) {
    struct link_io *io = list;
    list = io->next_dirty;
    io->dirty = false;
    if (io->dead) continue;
    if (!ev_is_active(&io->out)) write_out(io);
    adjust_pause(io);
  }
}

char *link_room(struct hanse_link *link, size_t n) {
  struct link_io *io = link->io;
  if (link->state != LINK_OPEN || io->write_over) return NULL;
  uint64_t most = link->transport->limits.link_output;
  if (n > most || io->outbox.waiting > most - n) return NULL;
  link_dirty(io);
  return outbox_room(&io->outbox, &link->transport->spare, n);
}

void link_filled(struct hanse_link *link, size_t n) {
  if (n == 0 || link->state != LINK_OPEN) return;
  outbox_filled(&link->io->outbox, n);
  link->queued += n;
}
