/* The server transaction of an INVITE, which outlives the request: RFC 3261 §17.2.1 and RFC 6026. When the final
   response has left, the request is freed and only this stays, until the ACK or timers H and L. */
#ifndef SIP_INVITE_H
#define SIP_INVITE_H

#include "plugins/sip/exchange.h"

enum sip_invite_state {
  SIP_INVITE_OPEN = 1,  /* Proceeding: `exchange` is there */
  SIP_INVITE_COMPLETED, /* a failure was sent: waits for the ACK (Timer H) */
  SIP_INVITE_ACCEPTED   /* a 2xx was sent: more of them may come (Timer L) */
};

struct sip_invite {
  struct sip_object object;
  uint8_t state;     /* enum sip_invite_state */
  uint8_t wire_type; /* of the partner, for 2xx that come again */
  uint16_t status;   /* of the final response */
  uint8_t network;   /* enum hanse_network, likewise */
  struct sip *sip;
  struct sip_invite *next, *previous;
  struct sip_exchange *exchange; /* NULL once settled */
  hanse_ticket ticket;
  hanse_time until; /* settled: when the timer ends */
  struct hanse_timer timer;
  struct hanse_link *in, *out; /* held: where the request came from and went; out may be NULL */
  uint64_t dialog;             /* Accepted: what further 2xx must belong to, sip_invite_dialog */
  struct sip_hosts hosts;      /* Accepted: with which they go back; in one piece of memory from `from` on */
};

/* A new one without ticket and exchange; holds `in`. NULL: no memory. */
struct sip_invite *sip_invite_new(struct sip *sip, struct hanse_link *in);

/* What no response may change (RFC 3261 §8.2.6.2): Call-ID, From tag and CSeq number, under one of our keys. */
uint64_t sip_invite_dialog(const struct sip_keys *keys, enum hanse_key which, struct hanse_slice call_id,
                           struct hanse_slice from_tag, uint32_t cseq);

/* Longest of either that is kept: a host, or a decorated address. */
#define SIP_HOSTS_KEPT ((size_t)1536)

/* Keeps copies. Without memory, and of what is too long, it keeps none: then what comes later goes back as it came. */
void sip_invite_hosts(struct sip_invite *invite, const struct sip_hosts *hosts);

/* The final response was sent: the exchange goes, what is needed of it is noted, timer H or L starts. With
   SIP_SETTLED_MAX of them it ends at once instead. */
void sip_invite_settle(struct sip_invite *invite, unsigned status);

/* Starts the timer of a settled one for the rest of its time; what is left is rounded up to a power of two seconds,
   since there is one list to each length. */
void sip_invite_resume(struct sip_invite *invite);

/* Gone, with its exchange and its ticket. */
void sip_invite_end(struct sip_invite *invite);

/* Gone without its ticket: a successor has taken that over. */
void sip_invite_drop(struct sip_invite *invite);

#endif
