/* Reads answers of the DNS, with glibc's parser of packets. */
#ifndef ROUTER_DNS_PACKET_H
#define ROUTER_DNS_PACKET_H

#include "router/dns.h"
#include "router/dns_engine.h"

/* What one packet says to one question. */
struct dns_part {
  enum dns_result result;
  enum dns_verdict verdict;
  hanse_time lasts;  /* DNS_FOUND, DNS_NONE */
  const char *error; /* DNS_FAILED: why; static, or the packet's `why` */
  size_t count;      /* DNS_FOUND */
};

/* `name` was asked for type A or AAAA (ns_t_a, ns_t_aaaa): at most DNS_RECORDS addresses go to `out`. */
void dns_packet_addresses(const struct dns_packet *packet, const char *name, int type, struct dns_address *out,
                          struct dns_part *part);
/* `name` was asked for SRV: at most DNS_RECORDS services, the best ones, go to `out` in their order. */
void dns_packet_services(const struct dns_packet *packet, const char *name, struct dns_service *out,
                         struct dns_part *part);

#endif
