#include "limits_addresses.h"

#include <sodium.h>
#include <stdlib.h>

#define LIMITS_PART 256 /* octets of a user part that count: more has no home server */
#define LIMITS_FIRST_ROOM 8u

_Static_assert(sizeof((struct limits_addresses *)0)->salt == crypto_shorthash_KEYBYTES, "SipHash key");

void limits_addresses_free(struct limits_addresses *addresses) {
  free(addresses->ids);
  free(addresses->slots);
  addresses->ids = NULL;
  addresses->slots = NULL;
  addresses->count = addresses->room = 0;
}

uint64_t limits_addresses_id(const struct limits_addresses *addresses, const struct hanse_address_fact *address) {
  char text[LIMITS_PART + 1 + LIMITS_PART];
  uint64_t id;
  size_t n = 0;
  for (size_t i = 0; i < address->user.len && i < LIMITS_PART; i++) text[n++] = hanse_lower(address->user.at[i]);
  text[n++] = '\0';
  size_t domain = address->domain.len < LIMITS_PART ? address->domain.len : LIMITS_PART;
  if (domain) memcpy(text + n, address->domain.at, domain);
  crypto_shorthash((unsigned char *)&id, (const unsigned char *)text, n + domain, addresses->salt);
  return id;
}

/* Slots are twice the room, so that at least half of them are empty. */
static uint32_t mask_of(const struct limits_addresses *addresses) { return 2 * addresses->room - 1; }

/* The slot that has this id, or the empty one where it would be; ids are as good as random. */
static uint16_t *slot_of(const struct limits_addresses *addresses, uint64_t id) {
  uint32_t mask = mask_of(addresses), at = (uint32_t)id & mask;
  while (addresses->slots[at] && addresses->ids[addresses->slots[at] - 1] != id) at = (at + 1) & mask;
  return &addresses->slots[at];
}

static int index_all(struct limits_addresses *addresses) {
  free(addresses->slots);
  addresses->slots = (uint16_t *)calloc(2 * (size_t)addresses->room, sizeof *addresses->slots);
  if (!addresses->slots) return HANSE_NOMEM;
  for (uint32_t i = 0; i < addresses->count; i++) *slot_of(addresses, addresses->ids[i]) = (uint16_t)(i + 1);
  return HANSE_OK;
}

int limits_addresses_has(struct limits_addresses *addresses, uint64_t id) {
  if (!addresses->count) return HANSE_SKIP;
  if (!addresses->slots && index_all(addresses) != HANSE_OK) return HANSE_NOMEM;
  return *slot_of(addresses, id) ? HANSE_OK : HANSE_SKIP;
}

static int grow(struct limits_addresses *addresses, uint32_t least) {
  uint32_t room = addresses->room ? addresses->room : LIMITS_FIRST_ROOM;
  while (room < least) room *= 2;
  uint64_t *ids = (uint64_t *)realloc(addresses->ids, room * sizeof *ids);
  if (!ids) return HANSE_NOMEM;
  addresses->ids = ids;
  addresses->room = room;
  return index_all(addresses);
}

int limits_addresses_place(struct limits_addresses *addresses, uint32_t first, const void *ids, uint32_t count) {
  uint32_t end = first + count;
  if (first > LIMITS_ADDRESSES_MAX || count > LIMITS_ADDRESSES_MAX - first) return HANSE_INVALID;
  if (end > addresses->room && grow(addresses, end) != HANSE_OK) return HANSE_NOMEM;
  if (first > addresses->count)
    memset(addresses->ids + addresses->count, 0, (first - addresses->count) * sizeof *addresses->ids);
  memcpy(addresses->ids + first, ids, count * sizeof *addresses->ids);
  if (end > addresses->count) addresses->count = end;
  free(addresses->slots);
  addresses->slots = NULL;
  return HANSE_OK;
}

int limits_addresses_add(struct limits_addresses *addresses, uint64_t id) {
  if (addresses->count == addresses->room || !addresses->slots) {
    if (addresses->count >= LIMITS_ADDRESSES_MAX) return HANSE_NOMEM;
    int status = addresses->count == addresses->room ? grow(addresses, addresses->count + 1) : index_all(addresses);
    if (status != HANSE_OK) return status;
  }
  uint16_t *slot = slot_of(addresses, id);
  if (*slot) return HANSE_OK;
  addresses->ids[addresses->count++] = id;
  *slot = (uint16_t)addresses->count;
  return HANSE_OK;
}
