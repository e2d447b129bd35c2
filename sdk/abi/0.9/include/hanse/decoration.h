/* People of many domains inside a network that knows people of its own domains only: joe@example.org is called
   joe(example.org)@DECORATION there (R103). What is decorated can be told apart and undone, whatever stands in the user
   part, since a domain has no parentheses: the last pair counts. */
#ifndef HANSE_DECORATION_H
#define HANSE_DECORATION_H

#include <hanse/arena.h>

HANSE_BEGIN

/* Longest user part that is made; servers of such networks take no longer ones. */
#define HANSE_DECORATED_MAX ((size_t)1024)

/* user "joe", domain "example.org" → "joe(example.org)", cut from the arena. HANSE_OK; HANSE_INVALID: there is no user,
   or it would be too long; HANSE_NOMEM. */
static inline int hanse_decorate(struct hanse_arena *arena, struct hanse_slice user, struct hanse_slice domain,
                                 struct hanse_slice *out) {
  if (!user.len || !domain.len || user.len > HANSE_DECORATED_MAX || domain.len > HANSE_DECORATED_MAX ||
      user.len + domain.len + 2 > HANSE_DECORATED_MAX)
    return HANSE_INVALID;
  size_t n = user.len + domain.len + 2;
  char *text = (char *)hanse_alloc(arena, n);
  if (!text) return HANSE_NOMEM;
  memcpy(text, user.at, user.len);
  text[user.len] = '(';
  memcpy(text + user.len + 1, domain.at, domain.len);
  text[n - 1] = ')';
  *out = hanse_slice(text, n);
  return HANSE_OK;
}

/* "joe(example.org)" → user "joe", domain "example.org", pieces of it. False: it is not of that form. Whether what
   stands in the parentheses is a domain is for the caller to see. */
static inline bool hanse_undecorate(struct hanse_slice decorated, struct hanse_slice *user,
                                    struct hanse_slice *domain) {
  if (decorated.len < 4 || decorated.at[decorated.len - 1] != ')') return false;
  size_t open = decorated.len - 2;
  while (open > 0 && decorated.at[open] != '(') open--;
  if (open == 0 || open + 2 == decorated.len) return false;
  *user = hanse_slice(decorated.at, open);
  *domain = hanse_slice(decorated.at + open + 1, decorated.len - open - 2);
  return true;
}

HANSE_END
#endif
