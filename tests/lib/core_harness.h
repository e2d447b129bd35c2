/* A router without sockets: its own parts, generations made of structs in memory, and modules whose code is here and
   says what a test tells it to. The clock is the test's. */
#ifndef TESTS_CORE_HARNESS_H
#define TESTS_CORE_HARNESS_H

#include <hanse/host.h>
#include <hanse/plugin.h>

#include "router/generation.h"
#include "router/message.h"
#include "router/router.h"
#include "router/way.h"

#define CORE_POLICIES 4
#define CORE_TYPES 3
#define CORE_ENTRIES 8
#define CORE_LINKS 8
#define CORE_SEEN 4096

/* Beside the values of enum hanse_verdict and enum hanse_found, what a slot may be told to do: */
#define CORE_EARLY 100 /* answer its token with `later` before it returns, then return DEFER or LATER */

struct core;

/* One module; which capability it offers is its place in struct core. */
struct core_module {
  struct core *core;
  struct hanse_host *host;
  struct instance *instance;
  struct hanse_plugin plugin;
  struct code code;
  char name[16];
  int say;           /* policy: decide; type: confirm. A value of the enumeration, CORE_EARLY, or garbage */
  int route;         /* type: route, likewise */
  int later;         /* what core_resolve answers */
  bool never_defers; /* it has no `withdrawn` */
  bool catch_all, whole_entry;
  bool forgives; /* when its target does not fit: it then names none */
  uint32_t wire_type;
  const char *host_name; /* type: the one target that it names; NULL: none */
  hanse_time lasts;
  struct hanse_terms terms;         /* type: what it says of whoever it finds */
  uint32_t mark;                    /* policy: sets this mark */
  enum hanse_failure failure;       /* policy: why it denies; NONE: it does not say */
  bool eats;                        /* policy: takes what memory the message may have */
  enum hanse_failure lifts, lowers; /* protocol: what it says to that */
  /* what came of it */
  hanse_token token;                   /* the last one that it was given */
  struct hanse_found_targets *targets; /* and where to put the targets */
  hanse_token tokens[CORE_SEEN];       /* those that it took, not answered yet, oldest first */
  size_t token_count;
  unsigned asked, withdrawn;
  uint32_t stages;           /* mask of the stages at which it was asked */
  bool dry;                  /* the last question was */
  bool allowed;              /* it said so */
  bool votes_at_routed_only; /* at ADMIT it abstains */
};

enum core_end { CORE_DELIVERED = 1, CORE_REFUSED, CORE_ANSWERED, CORE_DENIED, CORE_CONCLUDED };

/* How one message ended. */
struct core_seen {
  enum core_end end;
  char name[16]; /* the message's octets */
  enum hanse_failure failure;
  hanse_time retry_after;
  char text[160], plugin[16], target[64], where[64];
  uint32_t marks;
  uint16_t status; /* of a conclusion */
};

struct core_entry {
  const char *domain;
  int type;          /* partner: index of the type; -1: home */
  const char *proof; /* home: the one name in `peers` */
  bool foreign;      /* partner: speaks the other protocol */
};

struct core {
  struct router *router;
  struct core_module protocol, foreign, policies[CORE_POLICIES], types[CORE_TYPES];
  struct tls_profile profile;
  struct hanse_link *links[CORE_LINKS];
  size_t link_count;
  /* what the next generation is made of */
  const char *settings; /* text of the configuration, beside `node` */
  struct core_entry entries[CORE_ENTRIES];
  size_t entry_count;
  int admit[CORE_POLICIES + 1], routed[CORE_POLICIES + 1], answer[CORE_POLICIES + 1]; /* policies in order, -1 ends */
  int catch_all[CORE_TYPES + 1];                                                      /* types in order, -1 ends */
  bool default_allow;
  uint64_t generations, trust;
  /* what came of it */
  struct core_seen seen[CORE_SEEN];
  size_t seen_count;
  unsigned waiting, lost, events;
  bool keep; /* the protocol keeps messages that ended, here */
  struct message *kept[CORE_SEEN];
  size_t kept_count;
  void (*on_waiting)(struct core *core, struct message *message);
};

/* contoso.example is home (its server proves pool.contoso.example), fabrikam.example a partner of the first type (which
   confirms everybody and names sip.fabrikam.example:5061). No policy is asked; the default is deny. */
struct core *core_new(void);
void core_free(struct core *core);
/* A new generation of what `core` says now takes over, as at a reload. */
void core_commit(struct core *core);
/* A further entry; the next generation has it. type -1: a home domain. */
void core_entry(struct core *core, const char *domain, int type, const char *proof);

/* A partner of the first type that speaks the protocol of core->foreign; the next generation has it. */
void core_foreign_entry(struct core *core, const char *domain);

/* An open link on that side that proved this name. */
struct hanse_link *core_link(struct core *core, enum hanse_side side, const char *proof);
/* The link is closed, as the transport would tell it. */
void core_link_closed(struct core *core, struct hanse_link *link);

/* A message whose octets are `name`; addresses are domains. Not submitted yet. */
struct message *core_message(struct core *core, struct hanse_link *link, const char *name, const char *from,
                             const char *to, const char *conversation);
/* The same, submitted. */
struct message *core_send(struct core *core, struct hanse_link *link, const char *name, const char *from,
                          const char *to, const char *conversation);
/* From the partner to us and from us to the partner, on these links, as a conversation of its own. */
struct message *core_in(struct core *core, struct hanse_link *link, const char *name);
struct message *core_out(struct core *core, struct hanse_link *link, const char *name);

/* Answers the oldest token that this module took with its `later`. What hanse_resolve_… said; HANSE_SKIP: it has
   none. */
int core_resolve(struct core_module *module);
/* Turns of the loop, and all of them until nothing moves. */
void core_turn(struct core *core);
void core_later(struct core *core, hanse_time by);

/* The last message that ended, and how the one of this name did; NULL: it has not. */
const struct core_seen *core_last(const struct core *core);
const struct core_seen *core_of(const struct core *core, const char *name);
/* Fails the test, which says what it wanted, unless this message ended so. */
void core_ended(const struct core *core, const char *name, enum core_end end, enum hanse_failure failure);

#endif
