/* The branch of our own Via (RFC 3261 §8.1.1.7, RFC 5393 §4.2): it names the transaction, so that a response needs no
   search, and carries the hash by which a loop is recognised. Any node of a pool can read it. */
#ifndef SIP_BRANCH_H
#define SIP_BRANCH_H

#include "plugins/sip/keys.h"
#include "plugins/sip/message.h"

enum { SIP_BRANCH_TEXT = 64 }; /* octets that every branch of ours has */

struct sip_branch {
  uint16_t node;
  uint8_t attempt; /* which target of the request: each is a transaction of its own */
  uint32_t boot;
  uint32_t loop; /* sip_branch_loop_hash of the request as it came */
  hanse_ticket ticket;
};

/* Writes SIP_BRANCH_TEXT octets under the current key. */
void sip_branch_write(const struct sip_keys *keys, const struct sip_branch *branch, char out[SIP_BRANCH_TEXT]);

/* False: not written with one of our keys. *out is written only on success. */
bool sip_branch_read(const struct sip_keys *keys, struct hanse_slice text, struct sip_branch *out);

/* RFC 5393 §4.2.1: over what decides where a request goes, and what tells it from others; never the method, since ACK
   and CANCEL share their INVITE's. */
uint32_t sip_branch_loop_hash(const struct sip_keys *keys, const struct sip_message *request);

/* Is there a Via of ours with this very hash? One with another hash is a spiral, which is legal. */
bool sip_branch_looped(const struct sip_keys *keys, const struct sip_message *request, uint32_t hash);

#endif
