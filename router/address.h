/* Socket addresses: text, comparison, keys for tables, and which of them may be dialled. */
#ifndef ROUTER_ADDRESS_H
#define ROUTER_ADDRESS_H

#include <hanse/base.h>
#include <sys/socket.h>

#define ADDRESS_TEXT 64 /* "[…]:65535" with its NUL fits */
#define ADDRESS_KEY 9   /* octets that address_key and address_network_key write at most */

/* "192.0.2.1", "192.0.2.1:5061", "2001:db8::1", "[2001:db8::1]", "[2001:db8::1]:5061". The port is 0 when none was
   written. HANSE_INVALID: not such a text (names, zones such as fe80::1%eth0, and port 0 are not). */
int address_parse(struct hanse_slice text, struct sockaddr_storage *out, socklen_t *length);

/* "192.0.2.1:5061", "[2001:db8::1]:5061"; without the port where it is 0. Returns buf; "?" for other families. */
const char *address_text(const struct sockaddr *address, char buf[ADDRESS_TEXT]);
/* The same without port and brackets. */
const char *address_host_text(const struct sockaddr *address, char buf[ADDRESS_TEXT]);

uint16_t address_port(const struct sockaddr *address); /* 0 for other families */
void address_port_set(struct sockaddr *address, uint16_t port);
socklen_t address_length(const struct sockaddr *address); /* 0 for other families */

/* ::ffff:192.0.2.1 is the same host as 192.0.2.1 (a listener on [::] sees the first). */
bool address_same_host(const struct sockaddr *a, const struct sockaddr *b);
bool address_same(const struct sockaddr *a, const struct sockaddr *b); /* host and port */

/* What a number of links is counted by: IPv4 by address (/32), IPv6 by network (/64), since one machine has at least
   that many to choose from. Returns how many octets of `key` were written; 0 for other families. */
size_t address_key(const struct sockaddr *address, uint8_t key[ADDRESS_KEY]);
/* What a rate is counted by: the network of a site, which may come from any address of it: /24 of IPv4, /56 of IPv6
   (what RFC 6177 leaves to a site). Otherwise as above. */
size_t address_network_key(const struct sockaddr *address, uint8_t key[ADDRESS_KEY]);

/* What the address is set aside for ("loopback", "private", "link-local", …), also behind the forms of IPv6 that carry
   an IPv4 address (mapped, compatible, translated, 6to4, NAT64, Teredo); NULL: an ordinary public address. */
const char *address_special(const struct sockaddr *address);

/* May a link be opened to it? Public addresses always. Loopback, private, carrier-grade NAT, link-local, unique local
   and the like only when `may_be_private`: the administrator named this place. Multicast, broadcast, unspecified,
   reserved and other families never. To be asked of exactly what is passed to connect(): an answer of the DNS may
   change between any earlier look and now. */
bool address_may_be_dialled(const struct sockaddr *address, bool may_be_private);

#endif
