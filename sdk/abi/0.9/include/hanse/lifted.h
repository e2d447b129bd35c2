/* The neutral form of a message: what one protocol lifts out of its own form so that another can lower it into its own.
   N protocols need N codecs. What it cannot say is refused by whoever lifts or lowers, with a number; it is never left
   out in silence. Kinds are numbered and grow at the end. */
#ifndef HANSE_LIFTED_H
#define HANSE_LIFTED_H

#include <hanse/facts.h>

HANSE_BEGIN

/* What it is. */
enum hanse_lifted_kind {
  HANSE_LIFTED_NONE = 0, /* nothing that has a neutral form */
  HANSE_LIFTED_IM = 1    /* one text from one person to another (RFC 3428, RFC 7572) */
};

/* Filled by `lift`; its texts live until `lower` has returned, which copies what it keeps. */
struct hanse_lifted {
  uint32_t size;
  uint32_t kind;                      /* enum hanse_lifted_kind */
  struct hanse_address_fact from, to; /* user: UTF-8 without escapes of any protocol; domain: canonical */
  struct hanse_slice id;              /* the sender's own name of the message, for the log; may be empty */
  struct hanse_slice subject;         /* UTF-8 in one line; empty: none */
  struct hanse_slice text;            /* of an IM: plain text in UTF-8 */
  uint32_t hops;                      /* how many more it may make: a loop over two networks ends, too */
};

HANSE_END
#endif
