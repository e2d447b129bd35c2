/* What waits to be written on one link: chunks of one TLS record each, so that a turn's output leaves in few writes. */
#ifndef ROUTER_OUTBOX_H
#define ROUTER_OUTBOX_H

#include <hanse/base.h>

#define OUTBOX_CHUNK 16384 /* the most that one record carries (RFC 8446 §5.1) */
#define OUTBOX_SPARE 32    /* empty chunks that are kept */

struct outbox_chunk;

struct outbox_spare { /* empty chunks, shared by all links; zeroed before first use */
  struct outbox_chunk *first;
  unsigned count;
};
void outbox_spare_clear(struct outbox_spare *spare);

struct outbox { /* zeroed before first use; holds no memory when nothing waits */
  struct outbox_chunk *first, *last;
  size_t waiting; /* octets */
};

/* Room for n octets behind what waits, valid until the next call. NULL: no memory. */
char *outbox_room(struct outbox *outbox, struct outbox_spare *spare, size_t n);
/* The first n octets of the last room were filled. */
void outbox_filled(struct outbox *outbox, size_t n);
/* The first octets that wait, as many as lie together; empty: nothing waits. */
struct hanse_slice outbox_first(const struct outbox *outbox);
/* The first n octets are gone; n is at most the length of outbox_first. */
void outbox_gone(struct outbox *outbox, struct outbox_spare *spare, size_t n);
void outbox_clear(struct outbox *outbox, struct outbox_spare *spare);

#endif
