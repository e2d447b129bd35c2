/* STORE: keeps small state of plugins: what must survive a restart, or be shared by several nodes. Each module has a
   space of its own, named by the core: none reaches another's. Never asked on a message's way: a policy decides from
   its own memory, reads the store when it starts, and writes behind.

   First what those call who use it; then what a plugin offers that is a store. */
#ifndef HANSE_STORE_H
#define HANSE_STORE_H

#include <hanse/host.h>

HANSE_BEGIN

/* A plugin that cannot do without a store names this among its `requires`. */
#define HANSE_REQUIRES_STORE "store"

#define HANSE_STORE_KEY_MAX 512u             /* octets */
#define HANSE_STORE_VALUE_MAX (64u << 10)    /* octets */
#define HANSE_STORE_OPEN_MAX 1000u           /* requests of one module that are not answered yet */
#define HANSE_STORE_SLICE_ROWS 256u          /* of a scan: at most as many rows in one answer, */
#define HANSE_STORE_SLICE_OCTETS (64u << 10) /* and none is added once its keys and values take more */

/* What can be asked of a store. */
enum hanse_store_deed {
  HANSE_STORE_GET = 1,
  HANSE_STORE_PUT = 2, /* in the place of what was there */
  HANSE_STORE_ADD = 3, /* a counter is kept as its decimal digits; what is not there counts as 0 */
  HANSE_STORE_DELETE = 4,
  HANSE_STORE_SCAN = 5 /* all keys that begin so */
};

/* What is asked: made by hanse_store_get and its like, read by the store. */
struct hanse_store_request {
  uint32_t size;
  enum hanse_store_deed deed; /* which of them */
  struct hanse_slice key;     /* any octets, at least one; SCAN: what keys begin with, may be empty */
  struct hanse_slice value;   /* PUT */
  int64_t by;                 /* ADD */
  hanse_time lasts;           /* PUT; ADD, when it makes the key: how long it is kept, by the wall clock. 0: for ever */
  /* Filled in by the core, for the store. Times in microseconds since 1970. */
  struct hanse_slice space; /* the module's name */
  int64_t now;
  int64_t expires; /* 0: never. From this moment on it is as if it were not there */
};

/* One row of a scan. */
struct hanse_store_row {
  struct hanse_slice key, value; /* live until `answered` returns */
};

/* What the store says. All slices live until `answered` returns. */
struct hanse_store_answer {
  uint32_t size;
  /* HANSE_OK. HANSE_SKIP: there is no such key (GET, DELETE). HANSE_INVALID: what is there is no number, or the sum is
     none of 64 bits (ADD). HANSE_NOMEM. HANSE_FAIL: the store could not; it said why in the log. HANSE_GONE: the store
     went away; whether it was done is not known. */
  int status;
  struct hanse_slice value; /* GET */
  int64_t number;           /* ADD: the sum */
  /* SCAN: a slice of the rows, in no particular order over all; each row once, unless it is written meanwhile. */
  const struct hanse_store_row *rows;
  uint32_t count; /* of `rows` */
  bool more;      /* this request is answered again, with the next slice */
};

/* The asker's: called on the loop thread, never before the call that asked has returned, once (a scan: until an answer
   without `more`). All slices live until it returns. It may ask again. */
typedef void hanse_store_answered(void *self, void *argument, const struct hanse_store_answer *answer);

/* From `start` on, until `stop` has returned. HANSE_OK: `answered` (may be NULL) is called with `self` and
   `argument`, unless the instance is destroyed before. HANSE_SKIP: there is no store; HANSE_NOMEM: no memory, or too
   many requests are open; HANSE_INVALID: over the bounds above. Key and value are copied. Requests of one module
   take effect in the order in which they are made, also across a reload. */
static inline int hanse_store_ask(struct hanse_host *host, const struct hanse_store_request *request,
                                  hanse_store_answered *answered, void *argument) {
  return host->ops->store_ask(host, request, answered, argument);
}
static inline struct hanse_store_request hanse_store_request_for(enum hanse_store_deed deed, struct hanse_slice key) {
  struct hanse_store_request request;
  memset(&request, 0, sizeof request);
  request.size = sizeof request;
  request.deed = deed;
  request.key = key;
  return request;
}
static inline int hanse_store_get(struct hanse_host *host, struct hanse_slice key, hanse_store_answered *answered,
                                  void *argument) {
  struct hanse_store_request request = hanse_store_request_for(HANSE_STORE_GET, key);
  return hanse_store_ask(host, &request, answered, argument);
}
/* Kept for `lasts`, by the wall clock; 0: for ever. */
static inline int hanse_store_put(struct hanse_host *host, struct hanse_slice key, struct hanse_slice value,
                                  hanse_time lasts, hanse_store_answered *answered, void *argument) {
  struct hanse_store_request request = hanse_store_request_for(HANSE_STORE_PUT, key);
  request.value = value;
  request.lasts = lasts;
  return hanse_store_ask(host, &request, answered, argument);
}
/* The answer has the sum. `lasts` counts from when the counter is made; one that is there keeps its time. */
static inline int hanse_store_add(struct hanse_host *host, struct hanse_slice key, int64_t by, hanse_time lasts,
                                  hanse_store_answered *answered, void *argument) {
  struct hanse_store_request request = hanse_store_request_for(HANSE_STORE_ADD, key);
  request.by = by;
  request.lasts = lasts;
  return hanse_store_ask(host, &request, answered, argument);
}
static inline int hanse_store_delete(struct hanse_host *host, struct hanse_slice key, hanse_store_answered *answered,
                                     void *argument) {
  struct hanse_store_request request = hanse_store_request_for(HANSE_STORE_DELETE, key);
  return hanse_store_ask(host, &request, answered, argument);
}
/* All keys that begin with `prefix`, in slices. */
static inline int hanse_store_scan(struct hanse_host *host, struct hanse_slice prefix, hanse_store_answered *answered,
                                   void *argument) {
  struct hanse_store_request request = hanse_store_request_for(HANSE_STORE_SCAN, prefix);
  return hanse_store_ask(host, &request, answered, argument);
}

/* ---- a plugin that is a store ---- */

/* An open request; never 0. */
typedef uint64_t hanse_inquiry;

/* What a plugin offers that is a store. */
struct hanse_store {
  uint32_t size;
  /* Takes the request in; the slices live until it returns. Answered later with hanse_store_answer: never from within
     this call, at the latest in `stop`. Requests of one space take effect in the order in which they were asked; PUT,
     ADD and DELETE are answered when what they did is on its way to where it is kept. Negative: it is not taken, and
     not answered. May be called from within hanse_store_answer. */
  int (*ask)(void *self, hanse_inquiry inquiry, const struct hanse_store_request *request);
};

/* A store answers. HANSE_OK; HANSE_GONE: nobody asks that (any more), so a scan need not go on; HANSE_INVALID: from
   within `ask`. The asker is called before this returns. */
static inline int hanse_store_answer(struct hanse_host *host, hanse_inquiry inquiry,
                                     const struct hanse_store_answer *answer) {
  return host->ops->store_answer(host, inquiry, answer);
}

HANSE_END
#endif
