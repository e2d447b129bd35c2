/* That a peer's record has changed, or goes, as the store will know it. */
#include "limits.h"

struct hanse_slice limits_change_key(char *buf, char kind, const uint8_t key[LIMITS_KEY], int number) {
  buf[0] = kind;
  memcpy(buf + 1, key, LIMITS_KEY);
  buf[1 + LIMITS_KEY] = (char)(number >> 8);
  buf[2 + LIMITS_KEY] = (char)(number & 0xff);
  return hanse_slice(buf, kind == 'a' ? LIMITS_ROW_KEY : 1 + LIMITS_KEY);
}

void limits_change_note(struct limits *limits, struct limits_peer *peer) {
  behind_add(&limits->behind, &peer->unwritten);
}

void limits_change_forget(struct limits *limits, struct limits_peer *peer) {
  char key[LIMITS_ROW_KEY];
  uint32_t count = limits_peer_addresses(peer);
  behind_remove(&limits->behind, &peer->unwritten);
  if (limits->behind.every_second) {
    hanse_store_delete(limits->host, limits_change_key(key, 'p', peer->key, 0), NULL, NULL);
    for (uint32_t row = 0; row * LIMITS_A_ROW < count; row++)
      hanse_store_delete(limits->host, limits_change_key(key, 'a', peer->key, (int)row), NULL, NULL);
  }
  limits_peers_remove(&limits->peers, peer);
}
