/* What an answer of the DNS is made of, and the bounds on it. */
#ifndef ROUTER_DNS_ANSWER_H
#define ROUTER_DNS_ANSWER_H

#include <hanse/base.h>
#include <sys/socket.h>

#define DNS_RECORDS 32 /* addresses or services of one answer; what is beyond them is left out */
#define DNS_ALIASES 8  /* CNAMEs in a row */
#define DNS_NAME 256   /* a name in text with its NUL */
#define DNS_TTL_MIN (5 * HANSE_SECOND)
#define DNS_TTL_MAX (3600 * HANSE_SECOND)

struct dns_address {
  struct sockaddr_storage address; /* without port */
  socklen_t length;
};
struct dns_service {   /* one SRV record (RFC 2782) */
  char host[DNS_NAME]; /* canonical; "." target gives host "" (service absent, R43) */
  uint16_t priority, weight, port;
};

/* The form in which names are asked and compared: lower case, no trailing dot, 253 octets at most, labels of 1 to 63
   letters, digits, hyphens and underscores. buf gets it with its NUL. HANSE_INVALID: no such name can exist. */
int dns_name(struct hanse_slice name, char buf[DNS_NAME], struct hanse_slice *out);

/* Whether `a` is to be tried before `b`: lowest priority, then highest weight (R22); equal ones stay as they came. */
bool dns_service_better(const struct dns_service *a, const struct dns_service *b);
/* Puts one more into an ordered array of *count, at most DNS_RECORDS; the worst falls out. */
void dns_service_insert(struct dns_service *services, size_t *count, const struct dns_service *one);

/* A TTL in seconds as a time to live, between DNS_TTL_MIN and DNS_TTL_MAX. */
hanse_time dns_ttl(uint32_t seconds);

#endif
