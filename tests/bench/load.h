/* The load of the benchmark: one process that plays the home server's side and the partner's side around a router. */
#ifndef BENCH_LOAD_H
#define BENCH_LOAD_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* ---- load_link.c: TLS links over epoll ---- */

struct octets {
  char *at;
  size_t len, room;
};

struct link {
  SSL *ssl;
  int fd;
  bool partner; /* the router dialled it; else we dialled the router */
  bool open, dead, dirty, blocked;
  struct octets in, out;
  struct link *next_dirty, *next;
};

struct links {
  int epoll;
  int listener;
  SSL_CTX *client, *server;
  const char *router;      /* address:port */
  const char *router_name; /* what its certificate must prove */
  struct link *all, *dirty;
  unsigned opening;                                   /* handshakes of ours that are under way */
  unsigned opened, failed, accepted, lost;            /* since the start */
  void (*on_bytes)(void *context, struct link *link); /* link->in has grown */
  void *context;
  bool stdin_ready;
};

/* The files are PEM: certificate and key in one, and the authorities. false: said why on stderr. */
bool links_init(struct links *links, const char *listen, const char *home_pem, const char *partner_pem, const char *ca);
void links_free(struct links *links);
/* Dials the router; it is open when link->open is set. NULL: said why on stderr. */
struct link *link_dial(struct links *links);
/* Room for n more octets at the end of what will be written; they leave at the end of the turn. */
char *link_room(struct links *links, struct link *link, size_t n);
void link_filled(struct link *link, size_t n);
/* Forgets the first n octets of what was read. */
void link_consume(struct link *link, size_t n);
/* One turn: waits for events at most so long (-1: for ever), serves them, writes. Returns how many there were. */
int links_turn(struct links *links, int milliseconds);

/* ---- load_message.c: just enough SIP ---- */

struct piece {
  const char *at;
  size_t len;
};

struct sip {
  struct piece start, via, from, to, call_id, cseq, body; /* via: the first one; values only */
  struct piece vias[16];                                  /* whole header lines with their line end */
  unsigned via_count;
  struct piece record_routes[4]; /* values */
  unsigned record_route_count;
  size_t size; /* octets of the whole message */
};

enum sip_found { SIP_WHOLE, SIP_MORE, SIP_BROKEN };

/* Skips blank lines before a message; returns how many octets that are. */
size_t sip_blank(const char *at, size_t len);
/* Reads the message at the beginning of the octets. */
enum sip_found sip_read(struct sip *sip, const char *at, size_t len);

#define LAP_DIGITS 13 /* 8 of the lap, 5 of the slot, hexadecimal */
/* Writes the request of one lap, MESSAGE or INVITE, to `out`, which has room for SIP_REQUEST octets; returns its
 * length. */
#define SIP_REQUEST 1024
size_t sip_request(char *out, bool invite, uint32_t lap, uint32_t slot);
/* The answer to it, at most SIP_ANSWER octets. 0: it does not fit. */
#define SIP_ANSWER 4096
size_t sip_answer(char *out, const struct sip *request);
/* false: what was delivered is not what sip_request wrote, but for what a proxy may change. */
bool sip_is_ours(const struct sip *request);
/* The lap and slot in a Call-ID or branch. */
bool sip_lap(struct piece text, uint32_t *lap, uint32_t *slot);

/* ---- load_laps.c: requests in flight ---- */

struct laps;

struct laps_result {
  uint32_t laps, good, refused, lost, wrong, delivered;
  uint32_t twice;  /* of the delivered: requests that had been delivered before */
  uint32_t octets; /* of one request as it was sent */
  double seconds;
  double p50, p99, worst; /* from a request to its answer, microseconds */
  double gap;             /* the longest time between two requests that arrived, microseconds */
  char first_wrong[160];
};

struct laps *laps_new(struct links *links);
void laps_free(struct laps *laps);
/* Home links that carry the traffic, in turn. */
bool laps_add_link(struct laps *laps, struct link *link);
unsigned laps_links(const struct laps *laps);
/* count laps with so many in flight. */
bool laps_run(struct laps *laps, uint32_t count, uint32_t in_flight, struct laps_result *result);
/* count laps, so many of them a second, whether or not those before have come back. */
bool laps_beat(struct laps *laps, uint32_t count, uint32_t per_second, struct laps_result *result);
/* count requests that the partner's side takes and does not answer; good: how many arrived there. They are sent at the
   pace at which they arrive, so that what the router needs for a burst is not counted as theirs. */
bool laps_hold(struct laps *laps, bool invite, uint32_t count, struct laps_result *result);

#endif
