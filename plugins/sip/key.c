#include "plugins/sip/key.h"

#include <sodium.h>

#include "plugins/sip/peer.h"

enum { PARTS = 9 };

/* What is too long for the room is told apart by its digest. */
static struct hanse_slice digest(const struct hanse_slice *parts, char *room) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, crypto_generichash_BYTES);
  for (size_t i = 0; i < PARTS; i++) {
    crypto_generichash_update(&state, (const unsigned char *)parts[i].at, parts[i].len);
    crypto_generichash_update(&state, (const unsigned char *)" ", 1);
  }
  crypto_generichash_final(&state, (unsigned char *)room, crypto_generichash_BYTES);
  return hanse_slice(room, crypto_generichash_BYTES);
}

static struct hanse_slice join(const struct hanse_slice *parts, char *room) {
  char *p = room;
  for (size_t i = 0; i < PARTS; i++) {
    if (parts[i].len) p = (char *)memcpy(p, parts[i].at, parts[i].len) + parts[i].len;
    *p++ = ' '; /* stands in none of them */
  }
  return hanse_slice(room, (size_t)(p - room));
}

struct hanse_slice sip_key(const struct sip *sip, const struct hanse_link *link, const struct sip_message *request,
                           struct hanse_slice method, char room[SIP_KEY_TEXT]) {
  const struct sip_via *via = &request->via;
  const char side = (char)('0' + hanse_link_side(sip->host, link));
  const char port[2] = {(char)(via->port >> 8), (char)via->port};
  const uint32_t cseq = request->cseq;
  struct hanse_slice parts[PARTS] = {
      hanse_slice(&side, 1), sip_peer_identity(sip, link), method, via->host, hanse_slice(port, 2), via->branch};
  size_t length = PARTS;
  if (!via->cookie) {
    parts[6] = request->call_id;
    parts[7] = request->from.tag;
    parts[8] = hanse_slice((const char *)&cseq, sizeof cseq);
  }
  for (size_t i = 0; i < PARTS; i++) length += parts[i].len;
  return length <= SIP_KEY_TEXT ? join(parts, room) : digest(parts, room);
}
