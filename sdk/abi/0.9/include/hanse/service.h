/* What the DNS says of a service of a domain (SRV, RFC 2782), for federation types that locate or recognise by it. */
#ifndef HANSE_SERVICE_H
#define HANSE_SERVICE_H

#include <hanse/base.h>

HANSE_BEGIN

/* One record. It never grows. */
struct hanse_service {
  struct hanse_slice host; /* canonical; empty: the domain says that it has no such service (target ".") */
  uint16_t priority, weight, port;
};

/* How the question to the DNS ended. */
enum hanse_lookup {
  HANSE_LOOKUP_FOUND = 1, /* there are records; one with an empty host says that there is no such service */
  HANSE_LOOKUP_NONE = 2,  /* it is certain that there is none */
  HANSE_LOOKUP_FAILED = 3 /* the resolver did not say, or what it said was forged */
};

/* What is known of one name. Cut from the arena that hanse_services was given. */
struct hanse_services {
  uint32_t size;
  uint32_t count;                    /* of `items` */
  uint32_t result;                   /* enum hanse_lookup */
  bool secure;                       /* signed and validated, or written by the administrator */
  hanse_time lasts;                  /* how long it may be remembered */
  const char *error;                 /* "", or why it failed; static */
  const struct hanse_service *items; /* in the order in which they are to be tried: lowest priority, then highest
                                        weight, then the first that came */
};

HANSE_END
#endif
