/* Names to addresses and services, by libunbound on the loop (unbound-event.h), with dns.hosts read before any query.
   Answers are remembered: good ones for their time to live, absence for the zone's negative time to live, and the last
   good one for an hour longer, while the resolver fails. */
#ifndef ROUTER_DNS_H
#define ROUTER_DNS_H

#include "router/dns_answer.h"
#include "router/loop.h"

#define DNS_QUERIES 1000                  /* questions in flight */
#define DNS_CACHE 3000                    /* answers remembered */
#define DNS_TIMEOUT (5 * HANSE_SECOND)    /* for one question */
#define DNS_STALE (3600 * HANSE_SECOND)   /* how long the last good answer outlives its time */
#define DNS_PATIENCE (1800 * HANSE_MSEC)  /* after which the last good answer is given (RFC 8767 §5) */
#define DNS_FAILED_FOR (1 * HANSE_SECOND) /* a name that failed is asked again after this, not before */
/* So long the last good answer stands in before the resolver is asked again: a question that nobody answers takes up to
   six packets, and a name is asked for once a second at most. */
#define DNS_STALE_FOR (5 * HANSE_SECOND)

enum dns_verdict { DNS_INSECURE = 0, DNS_SECURE = 1, DNS_BOGUS = 2 };
enum dns_result { DNS_FOUND = 1, DNS_NONE = 2 /* proven absent: NXDOMAIN or no such type */, DNS_FAILED = 3 };

struct dns_answer {
  enum dns_result result;
  enum dns_verdict verdict; /* what dns.hosts says, and a literal address, is DNS_SECURE: nobody could forge it */
  hanse_time lasts;         /* clamped to 5 s … 1 h when it came; less when it was remembered; DNS_FAILED_FOR */
  bool stale;               /* the resolver failed; this is the last good answer */
  const char *error;        /* "" or why it failed */
  size_t count;
  const struct dns_address *addresses; /* A and AAAA together, in turn, IPv6 first (RFC 8305 §4): at most 32 */
  const struct dns_service
      *services; /* SRV, in the order of RFC-less choice R22: priority, then highest weight, then first */
};

struct dns_settings {
  const struct hanse_slice *forwarders; /* "addr@port"; none: resolv.conf's, which may be on loopback in any case */
  size_t forwarder_count;
  bool allow_loopback;                     /* may ask servers in 127/8 */
  struct hanse_slice trust_anchor;         /* file, or empty: nothing is validated */
  const struct hanse_slice *private_zones; /* not validated; libunbound's own answers for them (test., …) are lifted */
  size_t private_zone_count;
  struct hanse_slice hosts; /* the content of dns.hosts, or empty */
  struct hanse_where hosts_where;
};

struct dns;
struct dns_query; /* one question that waits */

/* NULL: `problem` says what is wrong with the settings. Nothing of them is kept. */
struct dns *dns_new(struct loop *loop, const struct dns_settings *settings, struct hanse_problem *problem);
/* Ends all questions without calling back. Never call it from within a callback. */
void dns_free(struct dns *dns);

/* done is called exactly once, never from within these calls, unless dns_cancel came first; the query is gone then. The
   answer lives during the call. NULL: no memory (or the bound of DNS_QUERIES). Equal questions in flight share one
   query. A name may be a literal address, which answers itself. */
typedef void dns_done(void *argument, const struct dns_answer *answer);
struct dns_query *dns_addresses(struct dns *dns, struct hanse_slice name, dns_done *done, void *argument);
struct dns_query *dns_services(struct dns *dns, struct hanse_slice name, dns_done *done, void *argument);
/* What is known of the name's services without asking anybody: true, and *out is as `done` would get it; its arrays
   live until the loop goes on. False: nobody knows. */
bool dns_services_known(struct dns *dns, struct hanse_slice name, struct dns_answer *out);
/* Legal at any time before done was called, also from within the callback of another query. NULL is fine. */
void dns_cancel(struct dns_query *query);
/* Empties the cache, libunbound's as well; questions in flight are asked anew. */
void dns_flush(struct dns *dns);

struct dns_figures { /* since dns_new, but for the last two */
  uint64_t questions, remembered, shared, asked, failed, stale;
  size_t waiting, cached;
};
struct dns_figures dns_figures(const struct dns *dns);

#endif
