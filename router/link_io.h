/* The transport's own view of itself and of a link; included by its own files only: link*.c, handshake.c, dial.c,
   admission.c, listener.c, transport.c. */
#ifndef ROUTER_LINK_IO_H
#define ROUTER_LINK_IO_H

#include "router/admission.h"
#include "router/outbox.h"
#include "router/transport.h"
#include "router/wire.h"

/* One link's share of a turn. */
#define LINK_TURN_OCTETS (64 * 1024)
#define LINK_TURN_MESSAGES 64

/* A polite end waits this long, or for this much, for the peer to have read our last words. */
#define LINK_LINGER_TIME (2 * HANSE_SECOND)
#define LINK_LINGER_OCTETS (64 * 1024)

/* How often a link is looked at whose peer takes nothing. */
#define LINK_STALL_TIME (2 * HANSE_SECOND)

struct link_io {
  struct hanse_link *link;
  struct wire wire;
  struct ev_io in, out;
  struct link_io *next, *previous; /* in transport->ready or ->shaking, as `queue` says */
  struct link_io *next_dirty, *next_dead;
  enum { LINK_NOT_QUEUED = 0, LINK_READY, LINK_SHAKING } queue;
  bool dirty, dead;
  bool reported;              /* link_events.open was called: .closed must be */
  bool kept_whole;            /* the budget ran out: what is kept may hold whole messages */
  bool more;                  /* TLS holds input that was not read for want of budget */
  bool breath;                /* is read once though its own output has paused it */
  bool read_waits;            /* TLS must write before it can read on */
  bool input_over;            /* the far end finished or broke: nothing is read any more */
  bool write_over;            /* writing failed: what can still be read is read */
  bool lingering;             /* the write side is shut */
  enum hanse_close why;       /* what link_events.closed will be told */
  enum hanse_failure failure; /* the first one noted */
  char *reason;               /* owned; NULL: none was noted */
  struct hanse_timer phase;   /* connect, handshake, half a message, linger */
  struct hanse_timer stall;   /* output waits and the peer takes nothing */
  struct hanse_timer silence, idle;
  hanse_time stalled_since; /* while `stall` runs */
  uint64_t served;          /* the turn in which it was served last */
  struct outbox outbox;
  char *rest; /* octets of an incomplete message; NULL: none */
  size_t rest_len, rest_room;
  size_t scanned;
  size_t discarded;
  struct admitted admitted;
  struct hanse_slice prove; /* outbound: behind the link's own text */
  void (*done)(void *argument, struct hanse_link *link, enum hanse_failure failure, const char *text);
  void *done_argument;
};

struct link_queue { /* ring-less list: first has previous == NULL */
  struct link_io *first, *last;
};

struct transport {
  struct loop *loop;
  const hanse_time *now;
  struct timers *timers;
  struct link_events events;
  void *context;
  struct transport_limits limits;
  enum transport_shortage shortage;
  struct hanse_timers *connecting, *handshaking, *half, *stalling, *lingering;
  struct hanse_timers *silent, *idle; /* NULL: never */
  BIO_METHOD *method;
  char *scratch; /* LINK_TURN_OCTETS; input is read here when nothing is kept */
  struct outbox_spare spare;
  struct hanse_link *first, *last;
  struct hanse_link *numbers; /* hash by id */
  uint64_t next_id;
  struct link_io *dirty; /* has output, or its end, to be looked at in this turn's flush */
  struct link_io *dead;
  struct link_queue ready;   /* has unserved input that epoll knows nothing of */
  struct link_queue shaking; /* handshakes that wait for their share of a turn */
  struct loop_task ready_task, shaking_task;
  struct loop_hook flush, reap;
  uint64_t shake_turn; /* the turn that the two below belong to */
  hanse_time shake_share, shake_spent;
  struct admission *admission;
  int reserve; /* a descriptor to be given up when there are none left; -1: it was */
  struct transport_figures figures;
};

void link_queue_add(struct link_queue *queue, struct link_io *io);
void link_queue_remove(struct link_queue *queue, struct link_io *io);

#endif
