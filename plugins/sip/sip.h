/* One instance of sip.so: its settings, its timers and keys, and what is open. */
#ifndef SIP_SIP_H
#define SIP_SIP_H

#include <hanse/link.h>
#include <hanse/option.h>

#include "plugins/sip/bounds.h"
#include "plugins/sip/keys.h"

struct sip_exchange;
struct sip_invite;

/* Laid out by the option table in sip.c. */
struct sip_settings {
  struct hanse_where where;
  struct hanse_list methods;          /* struct hanse_slice: open to partners outside a dialog */
  hanse_time answer_timeout;          /* a request other than INVITE gets our 504 after this */
  hanse_time invite_timeout;          /* RFC 3261 Timer B */
  hanse_time timer_c;                 /* RFC 3261 §16.6 step 11 */
  struct hanse_slice server;          /* Server header of our own responses; empty: none */
  bool keepalive;                     /* send CRLF pings on silent links */
  bool trust_header;                  /* ms-edge-proxy-message-trust on what goes inside */
  enum hanse_diagnostics diagnostics; /* what partners are told of failures, where no policy says it */
  struct hanse_slice notice_header;   /* name of the header that says HANSE_MARK_NOTICE; empty: nothing says it */
};

/* Lists of fixed lengths. The transports are reliable: timers A, D, E, G, I, J and K are 0 (RFC 3261 table 4). */
struct sip_timers {
  struct hanse_timers *trying; /* RFC 4320 §4.1: a 100 once Timer E would have reached T2 */
  struct hanse_timers *answer; /* the rest of answer_timeout */
  struct hanse_timers *b;
  struct hanse_timers *c;
  struct hanse_timers *cancel; /* 64*T1: a cancelled INVITE's final response (RFC 3261 §9.1) */
  struct hanse_timers *settle; /* 64*T1: H and L (RFC 3261 §17.2.1, RFC 6026 §7.1) */
  struct hanse_timers *hasty;  /* T4: H while draining, so that old code does not stay for an ACK */
};

struct sip_counts {
  uint64_t *requests, *responses, *stray, *repeats, *loops, *unreadable, *pings, *refused, *failovers, *settled_full;
};

struct sip {
  struct hanse_host *host;
  const struct sip_settings *settings;
  struct sip_keys keys;
  struct sip_timers timers;
  struct sip_counts count;
  struct sip_exchange *exchanges; /* all that are open */
  struct sip_invite *invites;     /* server transactions of INVITEs, open and settled */
  bool draining;                  /* a successor has taken over, or the process ends */
  size_t settled;                 /* how many INVITEs have their final response and wait for timers H or L */
};

/* Of settled INVITEs; over it they end at once, and only repeats suffer. */
#define SIP_SETTLED_MAX ((size_t)65536)

/* Steps of §16 that end a request say why by a number; this is the one that says go on. */
#define SIP_GO HANSE_F_NONE

#endif
