/* The parts of the policy `modality`: rules by partner and by user, which kinds of talk are open. */
#ifndef POLICY_MODALITY_H
#define POLICY_MODALITY_H

#include <hanse/plugin.h>

#include "subjects.h"

/* From the partner, to the partner; both are bits. */
enum { MODALITY_IN = 1, MODALITY_OUT = 2, MODALITY_BOTH = 3, MODALITY_WAYS = 4 };

/* What can be closed: OTHER to FILE, but for PROBE, by which servers look after each other. */
#define MODALITY_ALL (((HANSE_MODALITY_BIT(HANSE_MODALITY_FILE) << 1) - 1) & ~HANSE_MODALITY_BIT(HANSE_MODALITY_PROBE))

/* One entry of `partners` or `users`, as its option table lays it out. */
struct modality_rule {
  struct hanse_where where;
  struct hanse_domain domain; /* a pattern: itself and all below */
  struct hanse_slice user;    /* empty: everybody of the domain; always so in `partners` */
  struct hanse_list open;     /* int: enum hanse_modality */
  int direction;              /* MODALITY_IN, OUT, BOTH */
};

struct modality_settings {
  struct hanse_where where;
  struct hanse_list open; /* int: enum hanse_modality */
  int direction;
  struct hanse_list partners, users; /* struct modality_rule */
};

struct modality_entry; /* modality_index.c */

/* The rules of one list for one direction. */
struct modality_index {
  struct subjects subjects;
  struct modality_entry *items; /* owned */
  size_t count;
};

struct modality {
  struct hanse_host *host;
  const struct modality_settings *settings;
  struct modality_index partners[MODALITY_WAYS], users[MODALITY_WAYS]; /* by MODALITY_IN and MODALITY_OUT */
  uint32_t closed[MODALITY_WAYS];                                      /* by default, as bits */
  uint32_t closed_somewhere[MODALITY_WAYS]; /* by default or by any rule: no more need be looked up for others */
  uint64_t *refused[HANSE_MODALITY_FILE + 1];
};

/* The words of the configuration for them. */
extern const struct hanse_choice modality_choices[];
/* The name of a modality in the configuration; NULL: it has none. */
const char *modality_name(unsigned modality);
/* What a list of open modalities leaves closed, as bits. */
uint32_t modality_closed(const struct hanse_list *open);

/* Indexes the rules of one list that hold for `way` (MODALITY_IN or OUT). HANSE_OK; HANSE_INVALID: two rules are for
   the same, or there are too many, `problem` says where; HANSE_NOMEM. The rules stay borrowed. */
int modality_index_build(struct modality_index *index, struct hanse_host *host, const struct hanse_list *rules,
                         unsigned way, struct hanse_problem *problem);
void modality_index_free(struct modality_index *index);
/* The bits that any of its rules closes. */
uint32_t modality_index_closed(const struct modality_index *index);
/* The rule of this very user, else the one with the longest pattern that is `domain` or stands above it on a label
   border; NULL: none. *closed are its bits. The cost is bounded by the labels, whatever the number of rules. */
const struct modality_rule *modality_index_find(const struct modality_index *index, struct hanse_slice domain,
                                                struct hanse_slice user, uint32_t *closed);

/* POLICY */
enum hanse_verdict modality_decide(void *self, const struct hanse_case *c);

#endif
