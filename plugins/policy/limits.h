/* The parts of the policy `limits`: what partners that nobody entered are held to (R62 to R69), and token buckets for
   any partner, sender, or pair of sender and recipient. */
#ifndef POLICY_LIMITS_H
#define POLICY_LIMITS_H

#include <hanse/plugin.h>

#include "behind.h"
#include "limits_bucket.h"
#include "limits_flows.h"
#include "limits_peers.h"

enum limits_direction { LIMITS_IN = 1, LIMITS_OUT = 2, LIMITS_BOTH = 3 };

struct limits_settings {
  struct hanse_where where;
  struct hanse_list types; /* struct hanse_slice */
  struct hanse_rate rate, suspicious_rate;
  bool limit_addresses;
  int64_t addresses, peers;
  hanse_time window, report_period, forget;
  int64_t answers, errors_percent, failed_percent;
  struct hanse_list errors; /* int64_t */
  struct hanse_rate partner_rate, sender_rate, pair_rate;
  int direction; /* enum limits_direction */
  int64_t flows;
};

struct limits {
  struct hanse_host *host;
  const struct limits_settings *settings;
  struct limits_pace pace, suspicious;
  struct limits_pace flow_pace[LIMITS_FLOW_TERMS]; /* what is said by the settings */
  bool any_flow;                                   /* one of these is */
  struct limits_peers peers;
  struct limits_flows flows;
  struct behind behind;
  struct behind_awaited awaited; /* till all is here the rule of addresses waits */
  bool read;                     /* the predecessor has read the store, and hands over what it has */
  size_t saved_flows;            /* the successor has the first ones */
  uint64_t *refused_rate, *refused_addresses, *turned_suspicious, *dropped, *refused_flow;
};

/* Is the outside of this message one of those that nobody entered? */
bool limits_holds(const struct limits *limits, const struct hanse_facts *facts);
/* By whom its record is found: the certificate's issuer and serial number (R65), or the domain of who showed none. */
void limits_key(const struct hanse_facts *facts, uint8_t key[LIMITS_KEY]);

/* POLICY */
enum hanse_verdict limits_decide(void *self, const struct hanse_case *c);

/* OBSERVER: judges a peer by the answers that it gets (R64). */
void limits_event(void *self, const struct hanse_event *event);
/* Is it suspicious at this moment? It is for a report period after it last gave reason to. */
bool limits_suspicious(const struct limits *limits, const struct limits_peer *peer);
/* Is its record worth more than a newcomer's? */
bool limits_established(const struct limits *limits, const struct limits_peer *peer);
/* How many messages the peer is ahead of its pace: after a reload the pace may be another one. */
int64_t limits_ahead(const struct limits *limits, const struct limits_peer *peer);
/* It is so far ahead at least. */
void limits_ahead_set(const struct limits *limits, struct limits_peer *peer, int64_t messages);
/* Tells the administrator, once in a report period for each kind (R69). */
enum limits_notice { LIMITS_NOTICE_RATE = 0, LIMITS_NOTICE_ADDRESSES = 1, LIMITS_NOTICE_SUSPICIOUS = 2 };
void limits_notice(struct limits *limits, struct limits_peer *peer, enum limits_notice kind);

/* COMMAND: the watch list (R66). */
enum hanse_outcome limits_rows(void *self, struct hanse_rows *rows, void **cursor);
void limits_rows_finish(void *self, void *cursor);
/* "normal", or what a peer is held to beyond the rate. */
const char *limits_mode(const struct limits *limits, const struct limits_peer *peer);

/* A record as text; room for LIMITS_RECORD octets, returns how many. `key` is written in it. */
enum { LIMITS_RECORD = 4096 };
size_t limits_record_write(const struct limits *limits, const struct limits_peer *peer, char *buf);
/* Makes or replaces the peer that a record tells of. Where both origins tell of one, the same record is newer from the
   predecessor, and another one counts that was kept. HANSE_OK; HANSE_INVALID: it is none of ours; HANSE_NOMEM. */
int limits_record_read(struct limits *limits, struct hanse_slice record, enum behind_origin origin);

/* Across a reload: first who is held back, then, in pieces, the rest. */
int limits_save(void *self);
int limits_save_rest(void *self);
int limits_adopt(void *self, const struct hanse_saved *saved);

/* The store: read once at the start, written behind, a second later. */
int limits_kept_start(struct limits *limits);
void limits_kept_stop(struct limits *limits);
/* The key of a row of the store: kind "p", a peer's record, or "a", its addresses from `number` * LIMITS_A_ROW on. */
#define LIMITS_A_ROW 128u
enum { LIMITS_ROW_KEY = 1 + LIMITS_KEY + 2 };
struct hanse_slice limits_change_key(char *buf, char kind, const uint8_t key[LIMITS_KEY], int number);
/* It is to be written. */
void limits_change_note(struct limits *limits, struct limits_peer *peer);
/* It is dropped, or forgotten: frees it, here and in the store. */
void limits_change_forget(struct limits *limits, struct limits_peer *peer);

#endif
