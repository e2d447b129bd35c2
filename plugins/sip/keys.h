/* Keys of what travels in our own Via branch, derived from the secret that all nodes of a pool share. */
#ifndef SIP_KEYS_H
#define SIP_KEYS_H

#include <hanse/host.h>

enum { SIP_KEY_SIZE = 16 };

struct sip_keys {
  bool have[2]; /* by enum hanse_key */
  uint8_t id[2];
  unsigned char key[2][SIP_KEY_SIZE];
};

/* Derives the keys, again when the secret was replaced since the last call. HANSE_OK, or why there is no current key.
 */
int sip_keys_refresh(struct hanse_host *host, struct sip_keys *keys);

/* SipHash-2-4 of the octets under one of the keys. */
uint64_t sip_keys_hash(const struct sip_keys *keys, enum hanse_key which, const void *octets, size_t n);

#endif
