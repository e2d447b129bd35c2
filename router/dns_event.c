#include "router/dns_event.h"

#include <stdlib.h>
#include <sys/time.h>
#include <unbound-event.h>
#include <unbound.h>

typedef void event_callback(int fd, short bits, void *argument);

struct base {
  struct ub_event_base super; /* first */
  struct ev_loop *loop;
};

struct event {
  struct ub_event super; /* first */
  struct ev_loop *loop;
  ev_io io;
  ev_timer timer;
  int fd;
  short bits; /* UB_EV_… */
  event_callback *callback;
  void *argument;
};

static struct event *event_of(struct ub_event *super) { return (struct event *)super; }

static void event_stop(struct event *event) {
  ev_io_stop(event->loop, &event->io);
  ev_timer_stop(event->loop, &event->timer);
}

/* The semantics are libevent's: what is not persistent fires once, and activity puts a persistent one's time-out off.
   The callback may free the event: nothing touches it afterwards. */
static void on_io(struct ev_loop *loop, ev_io *io, int events) {
  struct event *event = io->data;
  short bits = 0;
  if (events & EV_READ) bits |= UB_EV_READ;
  if (events & EV_WRITE) bits |= UB_EV_WRITE;
  if (!(event->bits & UB_EV_PERSIST))
    event_stop(event);
  else if (ev_is_active(&event->timer))
    ev_timer_again(loop, &event->timer);
  event->callback(event->fd, bits, event->argument);
}

static void on_timer(struct ev_loop *loop, ev_timer *timer, int events) {
  struct event *event = timer->data;
  (void)events;
  if (event->bits & UB_EV_PERSIST)
    ev_timer_again(loop, timer);
  else
    event_stop(event);
  event->callback(event->fd, UB_EV_TIMEOUT, event->argument);
}

static void start_timer(struct event *event, const struct timeval *after) {
  double seconds = (double)after->tv_sec + (double)after->tv_usec * 1e-6;
  ev_timer_stop(event->loop, &event->timer);
  ev_timer_set(&event->timer, seconds, seconds > 0 ? seconds : 1e-6); /* a repeat of 0 would stop ev_timer_again */
  ev_timer_start(event->loop, &event->timer);
}

static void event_add_bits(struct ub_event *super, short bits) { event_of(super)->bits |= bits; }
static void event_del_bits(struct ub_event *super, short bits) { event_of(super)->bits &= (short)~bits; }
static void event_set_fd(struct ub_event *super, int fd) { event_of(super)->fd = fd; }

static void event_free(struct ub_event *super) {
  event_stop(event_of(super));
  free(super);
}

static int event_add(struct ub_event *super, struct timeval *after) {
  struct event *event = event_of(super);
  int wanted = (event->bits & UB_EV_READ ? EV_READ : 0) | (event->bits & UB_EV_WRITE ? EV_WRITE : 0);
  event_stop(event);
  if (event->fd >= 0 && wanted) {
    ev_io_set(&event->io, event->fd, wanted);
    ev_io_start(event->loop, &event->io);
  }
  if (after && (event->bits & UB_EV_TIMEOUT)) start_timer(event, after);
  return 0;
}

static int event_del(struct ub_event *super) {
  event_stop(event_of(super));
  return 0;
}

static int event_add_timer(struct ub_event *super, struct ub_event_base *base, event_callback *callback, void *argument,
                           struct timeval *after) {
  struct event *event = event_of(super);
  (void)base; /* the one it was made on */
  event->callback = callback;
  event->argument = argument;
  event->bits = UB_EV_TIMEOUT;
  start_timer(event, after);
  return 0;
}

static int event_del_timer(struct ub_event *super) {
  ev_timer_stop(event_of(super)->loop, &event_of(super)->timer);
  return 0;
}

/* libunbound handles no signals of its own in this mode. */
static int event_no_signal(struct ub_event *super, struct timeval *after) {
  (void)super, (void)after;
  return -1;
}
static int event_no_signal_del(struct ub_event *super) {
  (void)super;
  return -1;
}
static void event_no_unregister(struct ub_event *super) { (void)super; }
static void event_no_wouldblock(struct ub_event *super, int bits) { (void)super, (void)bits; }

/* Never written; the API takes no const. */
static struct ub_event_vmt event_table = {
    event_add_bits,  event_del_bits,  event_set_fd,    event_free,          event_add,           event_del,
    event_add_timer, event_del_timer, event_no_signal, event_no_signal_del, event_no_unregister, event_no_wouldblock,
};

static struct ub_event *base_new_event(struct ub_event_base *super, int fd, short bits, event_callback *callback,
                                       void *argument) {
  struct event *event = calloc(1, sizeof *event);
  if (!event) return NULL;
  event->super = (struct ub_event){.magic = UB_EVENT_MAGIC, .vmt = &event_table};
  event->loop = ((struct base *)super)->loop;
  event->fd = fd;
  event->bits = bits;
  event->callback = callback;
  event->argument = argument;
  ev_init(&event->io, on_io);
  ev_init(&event->timer, on_timer);
  event->io.data = event->timer.data = event;
  return &event->super;
}

static struct ub_event *base_new_signal(struct ub_event_base *super, int fd, event_callback *callback, void *argument) {
  (void)super, (void)fd, (void)callback, (void)argument;
  return NULL;
}
static struct ub_event *base_no_wsaevent(struct ub_event_base *super, void *wsaevent, event_callback *callback,
                                         void *argument) {
  (void)super, (void)wsaevent, (void)callback, (void)argument;
  return NULL;
}
static void base_free(struct ub_event_base *super) { (void)super; } /* ours to free */
static int base_no_dispatch(struct ub_event_base *super) {
  (void)super;
  return -1;
}
static int base_no_exit(struct ub_event_base *super, struct timeval *after) {
  (void)super, (void)after;
  return -1;
}

static struct ub_event_base_vmt base_table = {
    base_free, base_no_dispatch, base_no_exit, base_new_event, base_new_signal, base_no_wsaevent,
};

struct ub_event_base *dns_event_base_new(struct ev_loop *loop) {
  struct base *base = calloc(1, sizeof *base);
  if (!base) return NULL;
  base->super = (struct ub_event_base){.magic = UB_EVENT_MAGIC, .vmt = &base_table};
  base->loop = loop;
  return &base->super;
}

void dns_event_base_free(struct ub_event_base *base) { free(base); }
