#include "plugins/sip/keys.h"

#include <sodium.h>

_Static_assert(crypto_shorthash_KEYBYTES == SIP_KEY_SIZE, "a seal is as long as the key of the hash");

static int derive(struct hanse_host *host, struct sip_keys *keys, enum hanse_key which) {
  const struct hanse_slice purpose = HANSE_LIT("sip via branch");
  int status = hanse_seal(host, which, &purpose, 1, keys->key[which]);
  keys->have[which] = status == HANSE_OK;
  keys->id[which] = hanse_key_id(host, which);
  return status;
}

int sip_keys_refresh(struct hanse_host *host, struct sip_keys *keys) {
  if (keys->have[HANSE_KEY_CURRENT] && keys->id[HANSE_KEY_CURRENT] == hanse_key_id(host, HANSE_KEY_CURRENT))
    return HANSE_OK;
  derive(host, keys, HANSE_KEY_PREVIOUS); /* there may be none */
  return derive(host, keys, HANSE_KEY_CURRENT);
}

uint64_t sip_keys_hash(const struct sip_keys *keys, enum hanse_key which, const void *octets, size_t n) {
  unsigned char out[crypto_shorthash_BYTES];
  uint64_t hash;
  crypto_shorthash(out, octets, n, keys->key[which]);
  memcpy(&hash, out, sizeof hash);
  return hash;
}
