/* libunbound as the router uses it: one context on the loop, set up from the configuration, never blocking, never a
   thread. It answers with packets; dns_packet.h reads them, dns.h remembers what they say. */
#ifndef ROUTER_DNS_ENGINE_H
#define ROUTER_DNS_ENGINE_H

#include "router/dns.h"

#define DNS_ASKED 4096 /* queries that libunbound may hold at once, forgotten ones too */

struct dns_engine;
struct dns_asked; /* one query that libunbound holds */

struct dns_packet {
  int rcode;                   /* of the resolution; not 0: there is no packet */
  const unsigned char *octets; /* live during the call only */
  size_t length;
  enum dns_verdict verdict;
  const char *why; /* of DNS_BOGUS, or NULL */
};
typedef void dns_engine_done(void *argument, const struct dns_packet *packet);

/* HANSE_OK: *out is to be freed with dns_engine_free. HANSE_INVALID, HANSE_NOMEM: `problem` says why. The settings are
   copied. */
int dns_engine_new(struct dns_engine **out, struct loop *loop, const struct dns_settings *settings,
                   struct hanse_problem *problem);
/* Another one with the same settings and nothing remembered: libunbound cannot be told to forget. As dns_engine_new. */
int dns_engine_again(struct dns_engine **out, const struct dns_engine *engine, struct hanse_problem *problem);
/* Calls nobody back. Never from within a dns_engine_done. */
void dns_engine_free(struct dns_engine *engine);

/* Asks for a name (in the form of dns_name, NUL-terminated). *slot is the query until done is called, which may be
   before this returns; then it is NULL again. HANSE_NOMEM: no memory, or too much is asked already; HANSE_FAIL. */
int dns_engine_ask(struct dns_engine *engine, const char *name, int type, dns_engine_done *done, void *argument,
                   struct dns_asked **slot);
/* done will not be called. libunbound goes on, and remembers what it finds. NULL is fine. */
void dns_engine_forget(struct dns_asked *asked);

#endif
