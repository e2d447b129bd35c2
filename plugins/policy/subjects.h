/* Whom rules concern: found by user@domain, or by a suffix of a domain. Open addressing, at most half full, so that a
   look-up costs the same whatever the number of rules; the hash is keyed, since remote parties choose what is looked
   up. */
#ifndef POLICY_SUBJECTS_H
#define POLICY_SUBJECTS_H

#include <hanse/plugin.h>

#define SUBJECTS_USER_MAX 255 /* octets of a user part that a rule can name */

struct subject {
  struct hanse_slice user;   /* empty: everybody */
  struct hanse_slice domain; /* both without regard to case: most servers do so, and a rule must not end at a capital */
  const void *rule;
};

struct subjects {
  struct subject *items;       /* owned; their texts and rules are borrowed */
  struct subjects_slot *slots; /* owned */
  size_t count, room;
  uint32_t mask;   /* number of slots, less one */
  size_t longest;  /* octets of a domain: longer ones are not looked up */
  bool users, all; /* some rule names a user; some rule is for everybody of a domain */
  uint8_t key[16];
};

/* For at most `count` rules. HANSE_OK, or HANSE_NOMEM; subjects_free is due in any case. */
int subjects_begin(struct subjects *subjects, struct hanse_host *host, size_t count);
void subjects_free(struct subjects *subjects);

/* HANSE_OK; HANSE_INVALID: the user part is longer than SUBJECTS_USER_MAX; HANSE_SKIP: *earlier is the rule for the
   very same. */
int subjects_add(struct subjects *subjects, struct hanse_slice user, struct hanse_slice domain, const void *rule,
                 const void **earlier);

/* The rule for exactly this user (empty: everybody) and domain, or NULL. */
const void *subjects_exact(const struct subjects *subjects, struct hanse_slice user, struct hanse_slice domain);
/* The rule with the longest domain that is `domain` or stands above it on a label border, for that user (empty:
   everybody), or NULL. The cost is bounded by the labels of the domain. */
const void *subjects_suffix(const struct subjects *subjects, struct hanse_slice user, struct hanse_slice domain);

#endif
