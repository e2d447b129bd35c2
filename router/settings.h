/* The settings of one generation: the core's own, converted and checked, and a handle for each module and partner with
   which its plugin's part is converted once the plugin's table is known. Made on a helper thread; nothing is shared
   with what runs. */
#ifndef HANSE_ROUTER_SETTINGS_H
#define HANSE_ROUTER_SETTINGS_H

#include <hanse/option.h>
#include <stdio.h>
#include <sys/types.h>

#include "contract/option_pool.h"
#include "contract/problem.h"
#include "router/alarm.h"

enum settings_side { SETTINGS_HOME = 1, SETTINGS_PARTNER = 2 };
enum settings_verdict { SETTINGS_DENY = 0, SETTINGS_ALLOW = 1 };
/* What stands in for a policy whose calls fail. */
enum settings_on_failure {
  SETTINGS_INSTEAD_DEFAULT = 0, /* policy.default */
  SETTINGS_INSTEAD_DENY = 1,
  SETTINGS_INSTEAD_ABSTAIN = 2,
  SETTINGS_INSTEAD_ALLOW = 3
};
enum settings_log_level { SETTINGS_ERROR, SETTINGS_WARNING, SETTINGS_NOTICE, SETTINGS_INFO, SETTINGS_DEBUG };
enum settings_log_format { SETTINGS_TEXT, SETTINGS_JSON };
enum settings_tls_version { SETTINGS_TLS_1_2 = 0x0303, SETTINGS_TLS_1_3 = 0x0304 }; /* as OpenSSL numbers them */
/* What a peer certificate's extended key usage must allow (ANY: none, any, serverAuth or id-kp-sipDomain). */
enum settings_purpose { SETTINGS_PURPOSE_ANY = 0, SETTINGS_PURPOSE_BOTH = 1 };

/* What becomes of a peer of whose certificate nobody can say whether it was revoked. */
enum settings_crl_check { SETTINGS_CRL_SOFT = 1, SETTINGS_CRL_HARD = 2 };

struct settings_log {
  int level;               /* enum settings_log_level */
  int format;              /* enum settings_log_format */
  struct hanse_slice file; /* absolute; empty: standard error */
};

struct settings_dns {
  struct hanse_list forwarders; /* struct hanse_slice: "address@port", checked */
  bool allow_loopback;          /* the resolver may be on a loopback address */
  struct hanse_file hosts;      /* as a hosts file; also `name SRV priority weight port target` */
  struct hanse_file trust_anchor;
  struct hanse_list private_zones; /* struct hanse_domain: not validated, and private addresses allowed */
};

struct settings_tls {
  struct hanse_where where;
  struct hanse_slice name;
  struct hanse_file certificate; /* PEM, with its chain */
  struct hanse_slice key;        /* PEM, the content */
  struct hanse_file ca;          /* PEM */
  int min_version;               /* enum settings_tls_version */
  int purpose;                   /* enum settings_purpose */
  int64_t depth;                 /* of a peer's chain */
  struct hanse_list crl;         /* struct hanse_slice: files, folders and URLs of lists of revoked certificates */
  int crl_check;                 /* enum settings_crl_check */
  hanse_time crl_refresh;
};

struct settings_module {
  struct hanse_where where;
  struct hanse_slice name;
  struct hanse_slice plugin; /* never empty: the name where none was written */
  int on_failure;            /* enum settings_on_failure */
};

struct settings_listener {
  struct hanse_where where;
  struct hanse_slice protocol;
  int side;                     /* enum settings_side */
  struct hanse_address address; /* host is an IP address; port 0: the protocol's own */
  struct hanse_slice tls;       /* empty: none */
  struct hanse_domain name;     /* never empty: the node where none was written */
};

struct settings_home {
  struct hanse_where where;
  struct hanse_domain domain;
  struct hanse_slice protocol;
  struct hanse_address server;
  struct hanse_slice tls;  /* empty: none */
  struct hanse_list peers; /* struct hanse_domain: names that a peer inside proves */
  bool shared;             /* a provider may host some of its users */
};

struct settings_partner {
  struct hanse_where where;
  struct hanse_domain domain;
  struct hanse_slice type;     /* federation type */
  struct hanse_slice protocol; /* empty: what the type says */
  struct hanse_slice tls;      /* the first partner listener's where none was written; empty when there is none */
  struct hanse_address source; /* host is an IP address, port 0; empty: the first partner listener's, or any */
  bool source_taken;           /* from that listener: nobody wrote it */
  struct hanse_slice comment;
  bool accept_cn; /* a subject's common name counts where there is no SAN */
  bool wildcards; /* a wildcard in the peer's certificate counts for its left label */
};

struct settings_policy {
  bool federation;                         /* the master switch (R1) */
  struct hanse_list admit, routed, answer; /* struct hanse_slice: names of modules, which exist */
  int fallback;                            /* "default": enum settings_verdict */
  hanse_time deferred;                     /* after this a deferred verdict has failed */
  struct hanse_rate failing;               /* failures in a row that end asking; count 0: never */
  hanse_time retry;                        /* how often one that is not asked is tried */
  struct alarm_rates unknown;              /* messages from domains that nobody entered (R23) */
};

struct settings_limits {
  /* from strangers */
  struct hanse_rate handshakes_per_network;
  int64_t pending_handshakes;
  int64_t links_per_address;
  /* messages */
  int64_t messages_in_flight_per_link;
  uint64_t message, headers;     /* bytes: whole, all header fields */
  int64_t held_per_conversation; /* behind a deferred verdict */
  int64_t deferred_per_module;
  /* towards a target */
  int64_t links_per_partner; /* 1 to 4 (R34) */
  int64_t queue_messages;
  uint64_t queue_bytes;
  hanse_time queue_time;
  hanse_time connect_timeout, handshake_timeout;
  /* one link */
  uint64_t link_output, link_output_pause; /* bytes that wait to be written: at most; from where on its input waits */
  hanse_time message_timeout;              /* half a message */
  hanse_time keepalive, idle_timeout;      /* silence */
  /* the process */
  uint64_t memory; /* bytes; 0: what the system states */
  hanse_time drain_timeout;
  hanse_time watchdog, watchdog_abort;
  int64_t code_versions;
  hanse_time code_age; /* how long an old version of a plugin's code may serve its pending work */
};

struct settings_own;

struct settings {
  struct hanse_domain node;
  struct hanse_slice run_dir, state_dir, cache_dir, module_dir; /* absolute, NUL-terminated */
  struct settings_log log;
  struct settings_dns dns;
  struct hanse_list tls;      /* struct settings_tls */
  struct hanse_list modules;  /* struct settings_module */
  struct hanse_list listen;   /* struct settings_listener */
  struct hanse_list home;     /* struct settings_home */
  struct hanse_list partners; /* struct settings_partner */
  struct settings_policy policy;
  struct settings_limits limits;
  struct hanse_slice store; /* the name of a module, which exists; empty: none */
  struct hanse_where store_where;
  struct settings_own *own;
};

static inline const struct settings_tls *settings_tls_at(const struct settings *s, size_t i) {
  return (const struct settings_tls *)s->tls.items + i;
}
static inline const struct settings_module *settings_module_at(const struct settings *s, size_t i) {
  return (const struct settings_module *)s->modules.items + i;
}
static inline const struct settings_listener *settings_listener_at(const struct settings *s, size_t i) {
  return (const struct settings_listener *)s->listen.items + i;
}
static inline const struct settings_home *settings_home_at(const struct settings *s, size_t i) {
  return (const struct settings_home *)s->home.items + i;
}
static inline const struct settings_partner *settings_partner_at(const struct settings *s, size_t i) {
  return (const struct settings_partner *)s->partners.items + i;
}

void settings_free(struct settings *settings);

/* Converts the part of module or partner `index` that belongs to its plugin, into `pool`: *out gets a struct of `size`
   bytes laid out by `table`, and nothing in it points into `settings`. Names that neither the core nor the table know
   are reported. HANSE_OK; HANSE_INVALID: errors were reported, *out is unchanged; HANSE_NOMEM. Not after settings_trim
   (HANSE_GONE). `table` must have passed option_check_table. */
int settings_module_options(const struct settings *settings, size_t index, const struct hanse_option *table,
                            size_t size, struct option_pool *pool, void **out, struct problem_list *problems);
int settings_partner_options(const struct settings *settings, size_t index, const struct hanse_option *table,
                             size_t size, struct option_pool *pool, void **out, struct problem_list *problems);
/* Whether a table that a plugin brings may be used for a module or a partner (no name of the core's among its own). */
int settings_check_module_table(const char *who, const struct hanse_option *table, size_t size,
                                struct problem_list *problems);
int settings_check_partner_table(const char *who, const struct hanse_option *table, size_t size,
                                 struct problem_list *problems);

/* Checks that every name that was referred to exists: after the plugins' parts were converted. HANSE_OK, HANSE_INVALID.
 */
int settings_finish(struct settings *settings, struct problem_list *problems);
/* Drops the parsed text, which is most of the memory: after settings_finish and, where wanted, settings_show. */
void settings_trim(struct settings *settings);

/* By name; NULL: there is none. Names are compared as they are. */
const struct settings_tls *settings_tls_named(const struct settings *settings, struct hanse_slice name);
const struct settings_module *settings_module_named(const struct settings *settings, struct hanse_slice name);
/* By canonical domain, exactly. For clashes (R11); the way of a message uses the suffix index. */
const struct settings_home *settings_home_of(const struct settings *settings, struct hanse_slice domain);
const struct settings_partner *settings_partner_of(const struct settings *settings, struct hanse_slice domain);

/* Writes the effective configuration (--show): each value with its origin. The callback writes the plugin's part of a
   module or partner with option_show; NULL leaves those out. Not after settings_trim. */
struct settings_show_part {
  const struct hanse_option *table;
  const void *settings;
};
typedef bool settings_show_fn(void *context, bool partner, size_t index, struct settings_show_part *part);
void settings_show(const struct settings *settings, settings_show_fn *part, void *context, FILE *out);

/* The core's chapters of docs/configuration.md, and the sample configuration. */
void settings_manual(FILE *out);
void settings_sample(FILE *out);

/* A hash by value of one part of the core's settings, to see what a reload changed. */
enum settings_part {
  SETTINGS_PART_LOG,
  SETTINGS_PART_DNS,
  SETTINGS_PART_TLS,
  SETTINGS_PART_LISTEN,
  SETTINGS_PART_HOME,
  SETTINGS_PART_PARTNERS,
  SETTINGS_PART_POLICY,
  SETTINGS_PART_LIMITS
};
int settings_digest(const struct settings *settings, enum settings_part part, unsigned char out[32]);

#endif
