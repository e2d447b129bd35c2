/* `hansectl check`: what is ours, and what is wrong with it: certificates, records, addresses, entries, rules. */
#ifndef ROUTER_CHECK_H
#define ROUTER_CHECK_H

#include "router/dns.h"
#include "router/errand.h"
#include "router/finding.h"
#include "router/generation.h"

/* check_entries.c: partners' entries, targets and rules (R41, R120). The entries are walked over in pieces, one a turn:
   true when there is no more. A reload in between changes them; then the walk goes on in the new ones. */
#define CHECK_PROFILES 16
#define CHECK_NAMED 8 /* partners of one profile */
struct check_walk {
  size_t at, overlaps, leaves;
  struct check_users {                 /* partners of one TLS profile */
    const struct tls_profile *profile; /* to be compared only: a reload may have freed it */
    size_t count;
    char who[500]; /* the first of them */
  } users[CHECK_PROFILES];
};
bool check_entries(struct findings *findings, const struct router *router, struct check_walk *walk);
void check_rules(struct findings *findings, const struct router *router);

/* check_certificate.c: the certificates that partners are shown (R28 to R31, R37, R105). */
void check_certificates(struct findings *findings, const struct router *router, const struct check_walk *walk);

enum check_kind {
  LOOK_RECORD, /* the SRV record of one of our domains */
  LOOK_HOST,   /* addresses of the host to which it leads */
  LOOK_OWN,    /* addresses of our own name, to be visited */
  LOOK_VISIT   /* one of them */
};

/* One thing to be looked at, in order of finding. */
struct check_look {
  enum check_kind kind;
  bool by_domain;              /* partners look for the domain in our certificate (XMPP), not for the record's host */
  bool other;                  /* the second resolver is asked, and its answer compared */
  struct hanse_slice name;     /* what is asked for */
  struct hanse_slice domain;   /* ours, on whose behalf */
  struct hanse_slice first;    /* `other`: what our own resolver said */
  struct hanse_slice tls;      /* LOOK_OWN, LOOK_VISIT: the profile that our listener of that name shows */
  struct hanse_slice protocol; /* LOOK_RECORD: of the domain */
  uint16_t port;               /* the protocol's own, or the listener's */
  struct dns_address address;
  struct hanse_where where;
};

#define CHECK_TEXT 600

/* check_records.c: what is said of an answer (R39, R40, R42, R45, R110). */
void check_record(struct findings *findings, const struct check_look *look, const struct dns_answer *answer);
/* No listener of ours has the port of that record (R115). */
void check_port(struct findings *findings, const struct check_look *look, const struct dns_service *service);
/* Whether the certificate of the profile (NULL: there is none) names the host to which a record leads. */
void check_host(struct findings *findings, const struct check_look *look, const struct tls_profile *profile);
/* What the second resolver, so called, says beside what ours did. */
void check_compare(struct findings *findings, const struct check_look *look, struct hanse_slice other,
                   const struct dns_answer *answer);
/* An answer in one form, whatever the order in which it came; into out, and returned. */
const char *check_answer_text(const struct dns_answer *answer, char out[CHECK_TEXT]);

/* What check and plan ask of a generation. */

/* The first listener on that side; NULL: none. */
const struct settings_listener *check_listener(const struct generation *generation, enum hanse_side side);
/* Says each need of each instance that has started. */
void check_needs(const struct router *router, struct hanse_needs *needs);
/* How a protocol's servers are found and asked; NULL: it does not say. */
const struct hanse_probe *check_probe(const struct generation *generation, struct hanse_slice protocol);

#endif
