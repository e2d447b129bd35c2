/* Token buckets for whoever comes along, in a fixed piece of memory: 16 octets each, in sets of eight that a keyed hash
   chooses. A newcomer takes the place of the fullest bucket of its set: of one that nobody has drawn from lately, and
   then nothing is lost, since a bucket begins full. */
#ifndef POLICY_LIMITS_FLOWS_H
#define POLICY_LIMITS_FLOWS_H

#include "limits_bucket.h"

enum { LIMITS_FLOW_WAYS = 8 }; /* buckets of a set */

enum limits_flow_kind {
  LIMITS_FLOW_PARTNER = 0,
  LIMITS_FLOW_SENDER = 1,
  LIMITS_FLOW_PAIR = 2,
  LIMITS_FLOW_TERMS = 3,
  LIMITS_FLOW_KINDS = 4
};

struct limits_flow {
  uint64_t id; /* 0: empty */
  hanse_time due;
};

struct limits_flows {
  struct limits_flow *items; /* owned; NULL: no flow is limited */
  size_t sets;               /* a power of two */
  uint8_t key[16];
};

/* Room for `count` buckets, rounded up to a power of two, unless there is some. HANSE_OK, HANSE_NOMEM. */
int limits_flows_room(struct limits_flows *flows, size_t count);
void limits_flows_free(struct limits_flows *flows);

/* What stands for a flow of this kind between these two; never 0. */
uint64_t limits_flows_id(const struct limits_flows *flows, enum limits_flow_kind kind, struct hanse_slice one,
                         struct hanse_slice other);
/* What is in the flow's bucket; 0, as in a full one: it has none yet. */
hanse_time limits_flows_due(const struct limits_flows *flows, uint64_t id);
/* The flow's bucket, perhaps a new one. */
hanse_time *limits_flows_of(struct limits_flows *flows, uint64_t id);
/* Across a reload: a bucket that was drawn from, under the predecessor's key. The one that is emptier stays. */
void limits_flows_put(struct limits_flows *flows, const struct limits_flow *flow);

#endif
