/* dns.hosts: names that the administrator answers himself, before any query.
     192.0.2.5 sip.partner.example other.partner.example        # as in /etc/hosts
     _sipfederationtls._tcp.partner.example SRV 0 5 5061 sip.partner.example */
#ifndef ROUTER_HOSTS_H
#define ROUTER_HOSTS_H

#include <hanse/base.h>

#include "router/dns_answer.h"

#define HOSTS_BYTES ((size_t)1 << 20) /* of one file */

struct hosts;

/* Reads the text. HANSE_OK: *out is to be freed with hosts_free. HANSE_INVALID: `problem` names the file of `where` and
   the line, and says what is wrong and what to do; HANSE_NOMEM also fills it. */
int hosts_parse(struct hosts **out, struct hanse_slice text, struct hanse_where where, struct hanse_problem *problem);
void hosts_free(struct hosts *hosts); /* NULL is fine */

/* All that the file says of the name (in the form of dns_name), in the file's order; services in the order of
   dns_service_better. Returns how many; 0: it says nothing of it, ask the DNS. The arrays live as long as `hosts`. */
size_t hosts_addresses(const struct hosts *hosts, struct hanse_slice name, const struct dns_address **out);
size_t hosts_services(const struct hosts *hosts, struct hanse_slice name, const struct dns_service **out);

#endif
