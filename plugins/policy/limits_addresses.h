/* Which addresses a peer has asked for: a set that only grows, of 64 bits each under a secret of its own, so that it
   can be kept and compared after a restart without the addresses themselves. */
#ifndef POLICY_LIMITS_ADDRESSES_H
#define POLICY_LIMITS_ADDRESSES_H

#include <hanse/facts.h>

struct limits_addresses {
  uint8_t salt[16];
  uint64_t *ids;   /* in the order in which they came; owned */
  uint16_t *slots; /* by id: index + 1, or 0; owned; NULL: not indexed yet */
  uint32_t count, room;
};

enum { LIMITS_ADDRESSES_MAX = 32000 };

void limits_addresses_free(struct limits_addresses *addresses);
/* What stands for an address: of the user part letters count without regard to case, as home servers take them. */
uint64_t limits_addresses_id(const struct limits_addresses *addresses, const struct hanse_address_fact *address);
/* HANSE_OK: it is there. HANSE_SKIP: it is not. HANSE_NOMEM: nobody can tell. */
int limits_addresses_has(struct limits_addresses *addresses, uint64_t id);
/* Adds what is not there; at most LIMITS_ADDRESSES_MAX. HANSE_OK, HANSE_NOMEM. */
int limits_addresses_add(struct limits_addresses *addresses, uint64_t id);
/* Puts back what was kept: `count` of them from the place `first` on. What lies before and was not put back counts, but
   is no address. HANSE_OK, HANSE_NOMEM, HANSE_INVALID: too many. */
int limits_addresses_place(struct limits_addresses *addresses, uint32_t first, const void *ids, uint32_t count);

#endif
