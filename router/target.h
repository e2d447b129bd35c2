/* A target: one place a message may be sent to. Counted; equal places are one target, so that their links, their
   waiting messages and their back-off are one. */
#ifndef ROUTER_TARGET_H
#define ROUTER_TARGET_H

#include <hanse/facts.h>
#include <hanse/host.h>

#include "router/link.h"
#include "router/tls.h"

struct pool;

struct target_key { /* what makes two targets the same one, with the settings below but for `links` */
  struct hanse_slice protocol, host, prove;
  uint16_t port;
  uint8_t wire_type; /* enum hanse_wire_type */
  enum hanse_side side;
  struct tls_profile *tls;        /* by name, so that a renewed one is the same; NULL: plain text */
  struct sockaddr_storage source; /* ss_family 0: any */
};

struct target_settings {
  struct target_key key;
  enum hanse_identity_rule rule;
  bool may_be_private;       /* loopback and private addresses are fine */
  bool any_family;           /* what is of another family than the source is dialled from any address */
  bool accept_cn, wildcards; /* the partner's entry says so (identity.h) */
  unsigned links;            /* at most this many, 1–4 (R34); what the last one to ask said counts */
  struct hanse_slice local;  /* what we call ourselves on links to it */
};

#define TARGET_LINKS 4 /* at most, whatever `links` says (R34) */
/* How long, and how many, targets are remembered that nobody holds: their back-off and the address that worked. */
#define TARGET_IDLE (600 * HANSE_SECOND)
#define TARGET_IDLE_MAX 4096

/* The target with this key, made or found; held for the caller. Slices are copied, the TLS profile is held. NULL: no
   memory. */
struct hanse_target *target_get(struct pool *pool, const struct target_settings *settings);
/* What a running generation says of a target that is there already. A renewed certificate under the same name closes
   nothing: links that are open stay, the next one shows it. */
void target_renew(struct hanse_target *target, struct tls_profile *tls, unsigned links);
struct hanse_target *target_hold(struct hanse_target *target);
void target_release(struct hanse_target *target);                  /* NULL is fine */
struct hanse_slice target_text(const struct hanse_target *target); /* "host:port", NUL-terminated */
const struct target_key *target_key(const struct hanse_target *target);
const struct target_settings *target_settings(const struct hanse_target *target);

#endif
