#include "subjects.h"

#include <sodium.h>
#include <stdlib.h>

#define SUBJECTS_MAX ((size_t)1 << 24)
#define SUBJECTS_DOMAIN_MAX 255

struct subjects_slot {
  uint32_t hash;
  uint32_t item; /* index + 1; 0: empty */
};

_Static_assert(crypto_shorthash_KEYBYTES == sizeof((struct subjects *)0)->key, "SipHash key");

int subjects_begin(struct subjects *subjects, struct hanse_host *host, size_t count) {
  size_t slots = 2;
  if (count > SUBJECTS_MAX) return HANSE_NOMEM;
  while (slots < 2 * count) slots *= 2;
  *subjects = (struct subjects){.room = count, .mask = (uint32_t)(slots - 1)};
  hanse_random(host, subjects->key, sizeof subjects->key);
  subjects->items = (struct subject *)malloc((count + 1) * sizeof *subjects->items);
  subjects->slots = (struct subjects_slot *)calloc(slots, sizeof *subjects->slots);
  return subjects->items && subjects->slots ? HANSE_OK : HANSE_NOMEM;
}

void subjects_free(struct subjects *subjects) {
  free(subjects->items);
  free(subjects->slots);
  *subjects = (struct subjects){0};
}

static bool subjects_fits(struct hanse_slice user, struct hanse_slice domain) {
  return user.len <= SUBJECTS_USER_MAX && domain.len <= SUBJECTS_DOMAIN_MAX;
}

/* The domain, "@" and the user, in small letters: what stands for the domains above is the end of that. */
struct subjects_text {
  char octets[SUBJECTS_DOMAIN_MAX + 1 + SUBJECTS_USER_MAX];
  size_t len;
};

static void subjects_write(struct subjects_text *text, struct hanse_slice user, struct hanse_slice domain) {
  char *p = text->octets;
  for (size_t i = 0; i < domain.len; i++) *p++ = hanse_lower(domain.at[i]);
  *p++ = '@';
  for (size_t i = 0; i < user.len; i++) *p++ = hanse_lower(user.at[i]);
  text->len = (size_t)(p - text->octets);
}

static uint32_t subjects_hash(const struct subjects *subjects, const struct subjects_text *text, size_t from) {
  unsigned char out[crypto_shorthash_BYTES];
  uint32_t value;
  crypto_shorthash(out, (const unsigned char *)text->octets + from, text->len - from, subjects->key);
  memcpy(&value, out, sizeof value);
  return value;
}

/* The slot that has this subject, or the empty one where it would be. */
static struct subjects_slot *subjects_slot(const struct subjects *subjects, struct hanse_slice user,
                                           struct hanse_slice domain, uint32_t hash) {
  for (uint32_t at = hash & subjects->mask;; at = (at + 1) & subjects->mask) {
    struct subjects_slot *slot = &subjects->slots[at];
    if (!slot->item) return slot;
    if (slot->hash != hash) continue;
    const struct subject *found = &subjects->items[slot->item - 1];
    if (hanse_same_nocase(found->domain, domain) && hanse_same_nocase(found->user, user)) return slot;
  }
}

int subjects_add(struct subjects *subjects, struct hanse_slice user, struct hanse_slice domain, const void *rule,
                 const void **earlier) {
  struct subjects_text text;
  if (!subjects_fits(user, domain) || subjects->count == subjects->room) return HANSE_INVALID;
  subjects_write(&text, user, domain);
  uint32_t hash = subjects_hash(subjects, &text, 0);
  struct subjects_slot *slot = subjects_slot(subjects, user, domain, hash);
  if (slot->item) {
    *earlier = subjects->items[slot->item - 1].rule;
    return HANSE_SKIP;
  }
  subjects->items[subjects->count] = (struct subject){user, domain, rule};
  *slot = (struct subjects_slot){hash, (uint32_t)++subjects->count};
  if (domain.len > subjects->longest) subjects->longest = domain.len;
  subjects->users |= user.len > 0;
  subjects->all |= user.len == 0;
  return HANSE_OK;
}

const void *subjects_exact(const struct subjects *subjects, struct hanse_slice user, struct hanse_slice domain) {
  struct subjects_text text;
  if (!(user.len ? subjects->users : subjects->all) || !subjects_fits(user, domain)) return NULL;
  subjects_write(&text, user, domain);
  const struct subjects_slot *slot = subjects_slot(subjects, user, domain, subjects_hash(subjects, &text, 0));
  return slot->item ? subjects->items[slot->item - 1].rule : NULL;
}

/* Cuts the leftmost label off. */
static bool subjects_parent(struct hanse_slice *domain) {
  const char *dot = (const char *)memchr(domain->at, '.', domain->len);
  if (!dot) return false;
  domain->len -= (size_t)(dot + 1 - domain->at);
  domain->at = dot + 1;
  return domain->len > 0;
}

const void *subjects_suffix(const struct subjects *subjects, struct hanse_slice user, struct hanse_slice domain) {
  struct subjects_text text;
  if (!(user.len ? subjects->users : subjects->all) || !domain.len) return NULL;
  while (domain.len > subjects->longest)
    if (!subjects_parent(&domain)) return NULL;
  if (!subjects_fits(user, domain)) return NULL;
  subjects_write(&text, user, domain);
  const char *begin = domain.at;
  do {
    uint32_t hash = subjects_hash(subjects, &text, (size_t)(domain.at - begin));
    const struct subjects_slot *slot = subjects_slot(subjects, user, domain, hash);
    if (slot->item) return subjects->items[slot->item - 1].rule;
  } while (subjects_parent(&domain));
  return NULL;
}
