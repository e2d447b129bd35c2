/* "host:port", "[IPv6]:port" and "host", as the administrator writes them. */
#ifndef CONTRACT_HOSTPORT_H
#define CONTRACT_HOSTPORT_H

#include "contract/domain.h"

#define HOSTPORT_HOST DOMAIN_BUFFER

/* Writes the canonical host (A-labels in lower case, or the address as inet_ntop writes it, without brackets) to
   `host`, NUL-terminated, and the port, 0 where none was written. HANSE_INVALID: *why says what is wrong and what to
   do; HANSE_NOMEM. */
int hostport_parse(struct hanse_slice text, char host[HOSTPORT_HOST], uint16_t *port, const char **why);

#endif
