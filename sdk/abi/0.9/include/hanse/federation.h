/* FEDERATION: recognises a peer and locates a domain. The core owns the partner list, finds the entry by the longest
   domain suffix over all types, and asks the type that the entry names. */
#ifndef HANSE_FEDERATION_H
#define HANSE_FEDERATION_H

#include <hanse/message.h>
#include <hanse/option.h>
#include <hanse/service.h>

HANSE_BEGIN

/* Names a question that will be answered later; see hanse_resolve_* in host.h. 0: none. */
typedef uint64_t hanse_token;

/* What a federation type says of a peer or a domain. */
enum hanse_found {
  HANSE_FOUND_YES = 1,     /* confirm: it speaks for the domain; route: `targets` has where to go */
  HANSE_FOUND_NO = 2,      /* refusal says why */
  HANSE_FOUND_LATER = 3,   /* will be answered with the token; never returned when dry */
  HANSE_FOUND_NOT_MINE = 4 /* catch-all types: ask the next one; `why`, if filled, is told when there is none */
};

/* Who is on the link. */
struct hanse_peer {
  uint32_t size;
  uint32_t proved_count; /* of `proved` */
  /* canonical names that the certificate proved, and with its entry's leave wildcards ("*.x") and a common name */
  const struct hanse_slice *proved;
};

/* Does the peer prove this canonical name? "*.x" stands for exactly one label before x. */
static inline bool hanse_peer_proves(const struct hanse_peer *peer, struct hanse_slice name) {
  const char *dot = name.len ? (const char *)memchr(name.at, '.', name.len) : NULL;
  struct hanse_slice parent = dot ? hanse_slice(dot, name.len - (size_t)(dot - name.at)) : hanse_slice("", 0);
  for (uint32_t i = 0; i < peer->proved_count; i++) {
    struct hanse_slice proved = peer->proved[i];
    if (hanse_same(proved, name)) return true;
    if (dot > name.at && proved.len > 2 && proved.at[0] == '*' &&
        hanse_same(hanse_slice(proved.at + 1, proved.len - 1), parent))
      return true;
  }
  return false;
}

/* Octets of the text that hanse_peer_names writes, with its NUL. */
#define HANSE_PEER_NAMES 352

/* "a.example, b.example and 3 more" of the names that the peer proved, for the text of a refusal; "no name" of a peer
   that proved none, and for NULL. Returns `out`. */
static inline const char *hanse_peer_names(const struct hanse_peer *peer, char out[HANSE_PEER_NAMES]) {
  const uint32_t most = 4, count = peer ? peer->proved_count : 0;
  const size_t room = HANSE_PEER_NAMES - sizeof " and 4294967295 more";
  size_t used = (size_t)snprintf(out, HANSE_PEER_NAMES, "%s", count ? "" : "no name");
  uint32_t i = 0;
  for (; i < count && i < most; i++) {
    int n = snprintf(out + used, room - used, "%s%.*s", i ? ", " : "", HANSE_FMT(peer->proved[i]));
    if (n < 0 || (size_t)n >= room - used) break;
    used += (size_t)n;
  }
  if (i < count) snprintf(out + used, HANSE_PEER_NAMES - used, " and %u more", (unsigned)(count - i));
  return out;
}

/* What a federation type is asked. The core's; it lives until the slot returns. */
struct hanse_question {
  uint32_t size;
  bool dry;                            /* explain, check: count nothing, ask nobody outside */
  bool ours;                           /* the domain is one of ours, which a provider may share with us */
  struct hanse_slice domain;           /* canonical; the sender's (confirm) or the recipient's (route) */
  const struct hanse_peer *peer;       /* confirm only */
  hanse_token token;                   /* for HANSE_FOUND_LATER */
  struct hanse_refusal *why;           /* filled on HANSE_FOUND_NO */
  struct hanse_arena *arena;           /* for the text of `why` */
  struct hanse_found_targets *targets; /* route only: hanse_route_add puts the targets here, in order */
  /* Written before the slot returns, also with HANSE_FOUND_LATER, for the answer that will come: */
  hanse_time lasts; /* out: how long the answer may be remembered; 0: until the next commit */
  bool whole_entry; /* out, route: the targets hold for every domain that the entry covers; else they are remembered, if
                       `lasts` is not 0, for the entry's own domain only */
  /* What else is known of who was found; the text lives as long as the instance or the message: */
  bool configured;            /* out: the settings name it, which is as good a vote as an entry of `partners` is */
  struct hanse_slice through; /* out: the provider or clearing house that speaks for the domain; empty: itself */
  struct hanse_terms terms;   /* out */
};

/* A type says no: fills question->why. The text, for the administrator, is cut at 639 octets; one that finds no memory
   is left out: the number and the place still tell. Returns HANSE_FOUND_NO. */
static inline enum hanse_found hanse_question_refuse(struct hanse_question *question, struct hanse_where where,
                                                     enum hanse_failure failure, const char *format, ...)
    HANSE_PRINTF(4, 5);
static inline enum hanse_found hanse_question_refuse(struct hanse_question *question, struct hanse_where where,
                                                     enum hanse_failure failure, const char *format, ...) {
  char text[640];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  hanse_refusal_say(question->why, question->arena, failure, where, text);
  return HANSE_FOUND_NO;
}

/* What a plugin offers that is a federation type. Answers are remembered (`lasts`): neither slot is called for each
   message. */
struct hanse_federation {
  uint32_t size;
  uint32_t wire_type; /* enum hanse_wire_type */
  bool catch_all;     /* is also asked for domains that no entry names */

  /* Does the peer speak for question->domain, which `partner`'s entry (NULL for a catch-all) covers? */
  enum hanse_found (*confirm)(void *self, const struct hanse_partner *partner, struct hanse_question *question);

  /* Where do messages for question->domain go? */
  enum hanse_found (*route)(void *self, const struct hanse_partner *partner, struct hanse_question *question);

  /* The question is not of interest any more (its message is gone): forget the token. May be NULL if it
     never answers later: without it `token` is 0 and hanse_services_await says HANSE_GONE. */
  void (*withdrawn)(void *self, hanse_token token);
};

HANSE_END
#endif
