/* uthash for what remote parties choose: each call names the hash value, which is made with SipHash under a secret key.
   To be included instead of <uthash.h>. Out of memory is not fatal: what was not added has no `hh.tbl`. */
#ifndef POLICY_KEYED_H
#define POLICY_KEYED_H

/* What computes one itself does not compile. */
#define HASH_FUNCTION(key, length, value) no_hash_without_a_key
#define HASH_NONFATAL_OOM 1
#include <sodium.h>
#include <stdint.h>
#include <uthash.h>

static inline unsigned keyed_hash(const uint8_t key[crypto_shorthash_KEYBYTES], const void *octets, size_t n) {
  uint64_t value;
  crypto_shorthash((unsigned char *)&value, (const unsigned char *)octets, n, key);
  return (unsigned)value;
}

#endif
