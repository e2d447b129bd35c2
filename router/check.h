/* `hansectl check`: what is ours, and what is wrong with it: certificates, records, addresses, entries, rules. */
#ifndef ROUTER_CHECK_H
#define ROUTER_CHECK_H

#include "router/errand.h"
#include "router/finding.h"
#include "router/generation.h"

/* check_certificate.c: the certificates that partners are shown (R28 to R31, R37, R105). */
void check_certificates(struct findings *findings, const struct router *router);

/* check_entries.c: partners' entries, targets and rules (R41, R120). The entries are walked over in pieces, one a turn:
   true when there is no more. A reload in between changes them; then the walk goes on in the new ones. */
struct check_walk {
  size_t at, overlaps, leaves;
};
bool check_entries(struct findings *findings, const struct router *router, struct check_walk *walk);
void check_rules(struct findings *findings, const struct router *router);

/* What check and plan ask of a generation. */

/* The first listener on that side; NULL: none. */
const struct settings_listener *check_listener(const struct generation *generation, enum hanse_side side);
/* Says each need of each instance that has started. */
void check_needs(const struct router *router, struct hanse_needs *needs);
/* How a protocol's servers are found and asked; NULL: it does not say. */
const struct hanse_probe *check_probe(const struct generation *generation, struct hanse_slice protocol);

#endif
