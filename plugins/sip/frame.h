/* Cutting a stream into SIP messages: RFC 3261 §7.5 and §18.3, keepalives of RFC 5626 §3.5.1. */
#ifndef SIP_FRAME_H
#define SIP_FRAME_H

#include <hanse/base.h>
#include <hanse/failure.h>

#include "plugins/sip/bounds.h"

enum sip_frame_result {
  SIP_FRAME_MORE,      /* not decided yet: call again with the same bytes and more behind them */
  SIP_FRAME_MESSAGE,   /* the first `length` octets are one message */
  SIP_FRAME_KEEPALIVE, /* the first `length` octets are CRLFs between messages; `pings` of them ask for a pong */
  SIP_FRAME_BAD,       /* the stream cannot be cut any further: answer 400 where possible, then close */
  SIP_FRAME_NOT_SIP    /* another protocol talks here: close, echo nothing */
};

/* One per stream. Zero it when the stream begins; it holds no pointer into the bytes. */
struct sip_frame {
  /* What the last call found. */
  size_t length;  /* MESSAGE, KEEPALIVE: octets to consume before the next call. MORE: octets that the message will
                     have, or 0 while its headers are incomplete */
  size_t head;    /* MESSAGE: octets before the body. BAD: octets from the start of the bytes that are whole lines; give
                     them to sip_message_salvage, which says whether a 400 can be sent */
  unsigned pings; /* KEEPALIVE: double CRLFs completed; each wants one CRLF back (the caller limits the rate) */
  unsigned crlfs; /* KEEPALIVE: CRLFs in these octets; one alone is the pong to a ping of ours */
  enum hanse_failure failure; /* BAD: PARSE, TOO_LARGE or URI_TOO_LONG */
  const char *problem;        /* BAD, NOT_SIP: a static sentence without the input's bytes */
  /* Where the search goes on. */
  size_t scanned;        /* no LF at or after `line` and before here */
  size_t line;           /* start of the line under search */
  size_t content_length; /* offset of the value of Content-Length */
  unsigned lengths;      /* Content-Length headers so far */
  bool odd;              /* the last CRLF of a KEEPALIVE is the first half of a ping */
  bool fresh;            /* the last result was handed out, the next call begins a new message */
};

/* Looks at the first octets of a stream. `at` is where the last MESSAGE or KEEPALIVE ended; after MORE the same octets
   must come again, with any number of new ones. The time over all calls is linear in the octets, however they are cut,
   and the results do not depend on the cuts (KEEPALIVE may come in parts, the pings of which add up).
   A lone LF in the headers is BAD: what follows it would be a header to some and a value to others. After BAD and
   NOT_SIP the stream must be closed. */
enum sip_frame_result sip_frame(struct sip_frame *frame, const struct sip_bounds *bounds, const char *at, size_t len);

#endif
