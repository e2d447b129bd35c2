/* Who from outside may come in: handshakes per network and time, links per address, pending handshakes in all. An
   address is what address_key makes of it: one of IPv4, one /64 of IPv6; a network what address_network_key does: a /24
   of IPv4, a /56 of IPv6. */
#ifndef ROUTER_ADMISSION_H
#define ROUTER_ADMISSION_H

#include <hanse/option.h>
#include <sys/socket.h>

#define ADMISSION_SITES \
  32768 /* addresses that are remembered, at most, and networks; more than there can be descriptors */

struct admission;
struct admission_site;

struct admitted { /* lies in whatever was let in; zeroed before first use */
  struct admitted *next, *previous;
  struct admission_site *site; /* NULL: not let in */
  bool pending;
};

enum admission_verdict { ADMISSION_OK = 0, ADMISSION_RATE = 1, ADMISSION_LINKS = 2, ADMISSION_FULL = 3 };

struct admission *admission_new(void); /* NULL: no memory */
void admission_free(struct admission *admission);

/* May one more from this address come in? A rate of count 0 and links 0 mean: no bound. ADMISSION_OK: *site is to be
   given to admission_enter before anything else is asked. */
enum admission_verdict admission_ask(struct admission *admission, const struct sockaddr *address,
                                     const struct hanse_rate *rate, uint32_t links, hanse_time now,
                                     struct admission_site **site);
/* It counts as a link and as a pending handshake from now on. */
void admission_enter(struct admission *admission, struct admission_site *site, struct admitted *one);
void admission_shaken(struct admission *admission, struct admitted *one); /* its handshake is done; may be repeated */
void admission_leave(struct admission *admission, struct admitted *one);  /* it is gone; harmless when not let in */
uint32_t admission_pending(const struct admission *admission);
/* The oldest pending one of the address that has most of them; NULL: none is pending. */
struct admitted *admission_crowd(const struct admission *admission);

/* At most one line a second in the log for each address. True: *unlogged says how many were left out since the last. */
bool admission_may_log(struct admission *admission, const struct sockaddr *address, hanse_time now, uint32_t *unlogged);

#endif
