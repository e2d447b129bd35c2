/* How a protocol's servers are found and asked whether they answer: for `hansectl probe`, `check` and `plan`, outside
   the way of any message. Optional (struct hanse_protocol). */
#ifndef HANSE_PROBE_H
#define HANSE_PROBE_H

#include <hanse/arena.h>
#include <hanse/base.h>

HANSE_BEGIN

/* Whom to ask, and for whom. */
struct hanse_probe_question {
  uint32_t size;
  struct hanse_slice from, to; /* canonical domains: ours, and the one that is probed */
  struct hanse_slice local;    /* "name:port": what we are called on that side */
};

/* What the far end's answer means. */
enum hanse_probe_verdict {
  HANSE_PROBE_MORE = 0,    /* not the whole answer yet: call again with the same octets and more behind them */
  HANSE_PROBE_GOOD = 1,    /* it serves us */
  HANSE_PROBE_ODD = 2,     /* it answers, but does not say that it serves us */
  HANSE_PROBE_REFUSED = 3, /* it answers that it does not serve us */
  HANSE_PROBE_FAILED = 4,  /* it answers that it cannot */
  HANSE_PROBE_FOREIGN = 5  /* it speaks something else */
};

/* The answer in words. */
struct hanse_probe_answer {
  uint32_t size;
  struct hanse_slice text;    /* what it said; from outside: as it came */
  struct hanse_slice meaning; /* a sentence; may be empty */
  struct hanse_slice cure;    /* what to do; may be empty */
};

/* How to find and ask. */
struct hanse_probe {
  uint32_t size;
  uint32_t port;       /* where the protocol's servers listen unless they say otherwise */
  const char *service; /* the SRV service under which a domain publishes its servers: "_x._tcp" */

  /* One request that asks the far end whether it is there and serves `from`; it changes nothing there. *out is cut from
     the arena. HANSE_OK or HANSE_NOMEM. */
  int (*ask)(void *self, const struct hanse_probe_question *question, struct hanse_arena *arena,
             struct hanse_slice *out);
  /* Looks for the answer in what came since, at most 64 KiB. The texts of `out` live as long as arena and octets;
     written unless MORE. */
  enum hanse_probe_verdict (*read)(void *self, struct hanse_slice octets, struct hanse_arena *arena,
                                   struct hanse_probe_answer *out);
};

HANSE_END
#endif
