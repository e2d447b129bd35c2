/* Who is held to the limits, and what a peer's record says of it. */
#include "limits.h"

#include <sodium.h>

/* What makes a peer's record worth more than a newcomer's. */
#define LIMITS_GOOD_ANSWERS 20
#define LIMITS_MANY_ADDRESSES 100

_Static_assert(LIMITS_KEY == sizeof((struct hanse_certificate *)0)->id, "a certificate's id is a key");

bool limits_holds(const struct limits *limits, const struct hanse_facts *facts) {
  const struct hanse_slice *types = (const struct hanse_slice *)limits->settings->types.items;
  if (facts->partner) return false;
  for (size_t i = 0; i < limits->settings->types.count; i++)
    if (hanse_same(facts->federation, types[i])) return true;
  return false;
}

void limits_key(const struct hanse_facts *facts, uint8_t key[LIMITS_KEY]) {
  struct hanse_slice domain = facts->from.domain;
  if (facts->certificate)
    memcpy(key, facts->certificate->id, LIMITS_KEY);
  else
    crypto_generichash(key, LIMITS_KEY, (const unsigned char *)domain.at, domain.len, NULL, 0);
}

bool limits_suspicious(const struct limits *limits, const struct limits_peer *peer) {
  return peer->suspect && hanse_now(limits->host) - peer->suspect < limits->settings->report_period;
}

bool limits_established(const struct limits *limits, const struct limits_peer *peer) {
  return peer->good >= LIMITS_GOOD_ANSWERS || peer->addresses.count >= LIMITS_MANY_ADDRESSES ||
         peer->addresses_due >= LIMITS_MANY_ADDRESSES || peer->passed || limits_suspicious(limits, peer);
}

int64_t limits_ahead(const struct limits *limits, const struct limits_peer *peer) {
  const struct limits_pace *pace = limits_suspicious(limits, peer) ? &limits->suspicious : &limits->pace;
  hanse_time now = hanse_now(limits->host);
  return pace->interval && peer->due > now ? (peer->due - now + pace->interval - 1) / pace->interval : 0;
}

void limits_ahead_set(const struct limits *limits, struct limits_peer *peer, int64_t messages) {
  const struct limits_pace *pace = limits_suspicious(limits, peer) ? &limits->suspicious : &limits->pace;
  if (!pace->interval || messages <= 0) return;
  int64_t most = 1 + pace->slack / pace->interval;
  hanse_time due = hanse_now(limits->host) + (messages < most ? messages : most) * pace->interval;
  if (due > peer->due) peer->due = due;
}

/* ---- the administrator is told ---- */

void limits_notice(struct limits *limits, struct limits_peer *peer, enum limits_notice kind) {
  static const struct {
    const char *event, *what;
    enum hanse_level level;
  } notices[LIMITS_NOTICES] = {
      {"limits.rate", "it sends faster than it may, and is refused", HANSE_NOTICE},
      {"limits.addresses", "it has asked for as many addresses as it may, and no further ones are let through",
       HANSE_WARNING},
      {"limits.suspicious", "most of what it asks for does not exist, and it is slowed down", HANSE_WARNING},
  };
  hanse_time now = hanse_now(limits->host);
  if (peer->told[kind] && now - peer->told[kind] < limits->settings->report_period) return;
  peer->told[kind] = now > 0 ? now : 1;
  hanse_log(limits->host, notices[kind].level, notices[kind].event,
            "domain=%s subject=\"%.*s\" issuer=\"%.*s\" serial=%.*s addresses=%u messages=%llu what=\"%s\" "
            "then=\"enter the domain in partners, or block it\"",
            peer->domain_count ? peer->domains[0] : "-", HANSE_FMT(peer->subject), HANSE_FMT(peer->issuer),
            HANSE_FMT(peer->serial), (unsigned)peer->addresses.count, (unsigned long long)peer->messages,
            notices[kind].what);
}
