/* One answer from those to several questions: AAAA and A of one name. */
#ifndef ROUTER_DNS_COMBINE_H
#define ROUTER_DNS_COMBINE_H

#include "router/dns_packet.h"

/* Result, verdict, lasts and error of the whole: found where any part found something, absent where all are, else
   failed. The arrays and the count are left to the caller. The error text is a part's. */
void dns_combine(const struct dns_part *parts, size_t count, struct dns_answer *answer);

/* Both lists in turn, the first list's first (RFC 8305 §4), at most DNS_RECORDS; when both fill the bound, each gets
   half. Returns how many. */
size_t dns_interleave(const struct dns_address *const lists[2], const size_t counts[2], struct dns_address *out);

#endif
