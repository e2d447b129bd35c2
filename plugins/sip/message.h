/* A parsed SIP message: slices over the received bytes. RFC 3261 §7. */
#ifndef SIP_MESSAGE_H
#define SIP_MESSAGE_H

#include <hanse/arena.h>
#include <hanse/base.h>
#include <hanse/failure.h>

#include "plugins/sip/address.h"
#include "plugins/sip/bounds.h"
#include "plugins/sip/header.h"
#include "plugins/sip/method.h"
#include "plugins/sip/number.h"
#include "plugins/sip/uri.h"
#include "plugins/sip/via.h"

/* One header field. Headers are numbered from 1 in wire order; 0 says "none". */
struct sip_header {
  struct hanse_slice line;  /* with its folds and its last CRLF */
  struct hanse_slice name;  /* as written, without blanks before the colon */
  struct hanse_slice value; /* without LWS at either end; folds inside stay */
  unsigned char id;         /* enum sip_header_id */
  unsigned char next;       /* number of the next header of the same id (SIP_H_OTHER: not chained), 0: the last */
};

struct sip_message {
  struct hanse_slice bytes; /* the whole message: the caller keeps it in place */
  struct hanse_slice start; /* start line without CRLF */
  struct hanse_slice body;
  size_t head; /* offset of the blank line, i.e. the end of the last header */
  bool request;
  /* A refused request: the requester can be told (it has a Via and is no ACK or BENOTIFY: R73). Also set on success. */
  bool answerable;

  /* Request line. */
  enum sip_method method; /* of a response: the method of CSeq */
  struct hanse_slice method_text;
  struct sip_uri uri; /* Request-URI: sip or sips, without "?" headers */
  /* Status line. */
  unsigned status;           /* 100..699, 0 for a request */
  struct hanse_slice reason; /* may be empty */

  struct sip_header *headers; /* in the arena; use sip_header() */
  unsigned count;
  unsigned char first[SIP_H_COUNT]; /* number of the first header of each id, 0: none */

  /* Read on every message. */
  unsigned vias;           /* Via entries in all */
  struct sip_via via;      /* the topmost */
  struct sip_address from; /* tag may be missing (RFC 2543) */
  struct sip_address to;
  struct hanse_slice call_id;
  uint32_t cseq;    /* at most SIP_CSEQ_MAX */
  int max_forwards; /* -1: no such header; more than 255 reads as 255 */

  const char *problem;     /* what is wrong, a static sentence; NULL when nothing is */
  unsigned problem_header; /* the header concerned, 0: none or the start line */
};

/* Header number 1 … count. */
static inline const struct sip_header *sip_header(const struct sip_message *message, unsigned number) {
  return &message->headers[number - 1];
}

/* The first header of an id, or NULL. */
static inline const struct sip_header *sip_header_first(const struct sip_message *message, enum sip_header_id id) {
  unsigned number = message->first[id];
  return number ? sip_header(message, number) : NULL;
}

/* Its value; the empty slice (at == NULL) when it is absent. */
static inline struct hanse_slice sip_header_value(const struct sip_message *message, enum sip_header_id id) {
  const struct sip_header *header = sip_header_first(message, id);
  return header ? header->value : hanse_slice(NULL, 0);
}

/* The next header after number `after` (0: from the first) whose name is `name` in any case, or the other form of a
   known name. Returns its number, 0: none. For headers that have no id; the others chain by `next`. */
unsigned sip_header_find(const struct sip_message *message, struct hanse_slice name, unsigned after);

/* value with each fold (CRLF and LWS round it) as one SP: in place when there is none, else in the arena.
   HANSE_OK or HANSE_NOMEM. */
int sip_unfold(struct hanse_arena *arena, struct hanse_slice value, struct hanse_slice *out);

#endif
