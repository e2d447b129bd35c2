/* Domains whose edge is found by the SRV record of their federation service: what the types enhanced, discovered and
   hosting share. The record alone proves nothing, since anybody may point one at anybody: its host must lie in the
   domain, and the peer's certificate must name it (R18, R20). */
#ifndef SIP_LOCATED_H
#define SIP_LOCATED_H

#include "federation.h"

#define LOCATED_SERVICE "_sipfederationtls._tcp."

/* An instance of such a type, or its first part. */
struct located {
  struct hanse_host *host;
  uint64_t *unresolved, *conflicting, *unproved;
};

void located_init(struct located *located, struct hanse_host *host);

/* Slots of a plugin that is nothing but this. */
int located_create(struct hanse_host *host, void **self);
int located_configure(void *self, const void *settings, struct hanse_problem *problem);
int located_start(void *self);
void located_destroy(void *self);
/* The partner names its own edge; NULL: no entry covers the domain. */
enum hanse_found located_confirm(void *self, const struct hanse_partner *partner, struct hanse_question *question);
enum hanse_found located_route(void *self, const struct hanse_partner *partner, struct hanse_question *question);
/* For a type that keeps nothing of its questions. */
void located_withdrawn(void *self, hanse_token token);

/* The domain's records. HANSE_FOUND_YES: *out has at least one. HANSE_FOUND_LATER: the DNS is asked; the slot returns
   that. HANSE_FOUND_NO: there are none, or nobody can say; `why` is filled. */
enum hanse_found located_services(struct located *located, struct hanse_question *question, struct hanse_where where,
                                  struct hanse_services *out);

#endif
