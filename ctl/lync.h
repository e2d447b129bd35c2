/* From the objects of Lync's Get-Cs… cmdlets to our configuration: one file for conf.d, with what was decided and what
   has no counterpart as comments. */
#ifndef CTL_LYNC_H
#define CTL_LYNC_H

#include <jansson.h>
#include <stdio.h>

#include "ctl/status.h"

enum lync_kind {
  LYNC_ACCESS_EDGE,
  LYNC_ALLOWED,
  LYNC_BLOCKED,
  LYNC_HOSTING,
  LYNC_PUBLIC,
  LYNC_ACCESS,
  LYNC_USER,
  LYNC_XMPP_PARTNER,
  LYNC_XMPP_GATEWAY,
  LYNC_IM_FILTER,
  LYNC_FILE_FILTER,
  LYNC_ARCHIVING,
  LYNC_PROXY,
  LYNC_DIAGNOSTICS,
  LYNC_USER_SERVICES,
  LYNC_PRESENCE,
  LYNC_SIP_DOMAIN,
  LYNC_KINDS
};

/* Pieces of the result, in the order in which they are written. */
enum lync_part {
  PART_DECIDED, /* comments */
  PART_WITHOUT, /* comments: what has no counterpart */
  PART_PARTNERS,
  PART_MODULES, /* whole entries */
  PART_BLOCK,
  PART_PUBLIC,
  PART_PROVIDERS,
  PART_LEVELS,
  PART_POLICIES,
  PART_USERS,
  PART_POLICY, /* settings of `policy` but the stages */
  PART_LIMITS,
  PARTS
};

/* What the configuration says already into which the result shall go. */
struct lync_present {
  bool direct, enhanced, discovered, archive; /* plugins that are loaded */
  bool federation;                            /* of policy: set */
  bool links_per_partner, message, keepalive; /* of limits: set, or what depends on it */
  unsigned long headers;                      /* limits.headers in KiB; 0: not set */
};

struct lync {
  json_t *objects[LYNC_KINDS]; /* arrays of what clixml_read made; owned */
  struct lync_present present;
  struct {
    char *text; /* owned */
    size_t length;
    FILE *out;
  } parts[PARTS];
  const char *admit[8], *routed[8], *answer[8]; /* modules of the stages, NULL at the end */
  bool direct, enhanced, discovered;            /* federation types that are wanted */
  bool shared;                                  /* a provider shares our address space */
  bool relays;                                  /* partners write to each other through us */
  bool refuses_unmarked;                        /* a level refuses what carries no mark */
};

/* The cmdlet that gives objects of a kind, without its "Get-". */
const char *lync_cmdlet(enum lync_kind kind);
/* What an object is, by its type; LYNC_KINDS: nothing that we know. */
enum lync_kind lync_kind_of(const json_t *object);
/* Puts each of `objects`, which `file` had, to those of its kind. HANSE_OK, HANSE_NOMEM. */
int lync_sort(struct lync *lync, const json_t *objects, const char *file);
/* What to call an object in a comment: its Identity without scope, or what it says of itself. */
const char *lync_name(const json_t *object);

/* A property as text; NULL: it is not there, nil or empty. */
const char *lync_text(const json_t *object, const char *name);
/* Whether a property is true, and false; neither when it is not there. */
bool lync_true(const json_t *object, const char *name);
bool lync_false(const json_t *object, const char *name);
/* The one object of a kind whose scope is global, else the first; NULL: none. */
const json_t *lync_global(const struct lync *lync, enum lync_kind kind);

/* A sentence as a comment among what was decided, or what has no counterpart. */
void lync_say(struct lync *lync, enum lync_part part, const char *format, ...) HANSE_PRINTF(3, 4);
/* `name = "value"; ` */
void lync_put(FILE *out, const char *name, const char *value);
void lync_stage(const char *stage[8], const char *module);

/* The parameters that have no counterpart, each with a word why; and those that nobody knows (lync_words.c). */
void lync_leftovers(struct lync *lync);

/* lync_edge.c, lync_policy.c: each fills parts. The archive comes last into the stages. */
void lync_edge(struct lync *lync);
void lync_providers(struct lync *lync);
/* After the providers, whose levels go before those of domains. HANSE_OK, HANSE_NOMEM. */
int lync_domains(struct lync *lync);
void lync_access(struct lync *lync);
void lync_filters(struct lync *lync);
void lync_bounds(struct lync *lync);
void lync_archive(struct lync *lync);

/* Fills the parts from the objects, and ends them. HANSE_OK, HANSE_NOMEM. */
int lync_make(struct lync *lync);
/* The whole text. `files`: names of what was read, for its head. */
void lync_write(const struct lync *lync, char *const *files, int count, FILE *out);

int lync_begin(struct lync *lync);
/* Ends the parts, so that they can be written. */
void lync_finish(struct lync *lync);
void lync_clear(struct lync *lync);

#endif
