/* Slices, times and the other words that every header of the contract uses. */
#ifndef HANSE_BASE_H
#define HANSE_BASE_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#ifdef __cplusplus
#define HANSE_BEGIN extern "C" {
#define HANSE_END }
#else
#define HANSE_BEGIN
#define HANSE_END
#endif

/* For compilers: what a plugin shows, what must not be ignored, which argument is a format. */
#if defined(__GNUC__)
#define HANSE_EXPORT __attribute__((visibility("default")))
#define HANSE_MUST_USE __attribute__((warn_unused_result))
#define HANSE_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define HANSE_RARE __attribute__((cold, noinline)) /* not on a message's way: kept out of its code */
#else
#define HANSE_EXPORT
#define HANSE_MUST_USE
#define HANSE_RARE
#define HANSE_PRINTF(f, a)
#endif

HANSE_BEGIN

/* Time on the router's monotonic clock, or a length of time: microseconds. */
typedef int64_t hanse_time;
#define HANSE_MSEC ((hanse_time)1000)
#define HANSE_SECOND ((hanse_time)1000000)

/* How often something may be. */
struct hanse_rate {
  uint64_t count; /* so many; 0: no matter how often */
  hanse_time per; /* in this time */
};

/* What calls and slots that can fail return: 0 is done, a negative value says why not. */
enum hanse_status {
  HANSE_OK = 0,
  HANSE_SKIP = 1,     /* start: this instance has nothing to do, go on without it */
  HANSE_AGAIN = 2,    /* configure, save_rest: not done yet; call again in a later turn of the loop */
  HANSE_NOMEM = -1,   /* no memory, or a named bound was reached */
  HANSE_INVALID = -2, /* an argument or an input breaks a rule */
  HANSE_GONE = -3,    /* the thing that the call names is not there any more */
  HANSE_THREAD = -4,  /* called from a thread other than the loop's */
  HANSE_FAIL = -5     /* anything else; the problem's text says what */
};

/* A piece of somebody else's bytes: never NUL-terminated unless said so, never owned. */
struct hanse_slice {
  const char *at; /* may be NULL where len is 0 */
  size_t len;     /* octets */
};

/* A slice over a string literal. */
#ifdef __cplusplus
#define HANSE_LIT(literal) hanse_slice((literal), sizeof(literal) - 1)
#else
#define HANSE_LIT(literal) ((struct hanse_slice){(literal), sizeof(literal) - 1})
#endif

/* A slice over `len` octets at `at`. */
static inline struct hanse_slice hanse_slice(const char *at, size_t len) {
  struct hanse_slice s;
  s.at = at;
  s.len = len;
  return s;
}

/* A slice over a C string; NULL gives the empty slice. */
static inline struct hanse_slice hanse_text(const char *text) { return hanse_slice(text, text ? strlen(text) : 0); }

/* Are they of one length, and the same octet for octet? */
static inline bool hanse_same(struct hanse_slice a, struct hanse_slice b) {
  return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* ASCII letters only; every other octet is compared as it is. */
static inline char hanse_lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c; }

/* The same, but for the case of ASCII letters. */
static inline bool hanse_same_nocase(struct hanse_slice a, struct hanse_slice b) {
  if (a.len != b.len) return false;
  for (size_t i = 0; i < a.len; i++)
    if (hanse_lower(a.at[i]) != hanse_lower(b.at[i])) return false;
  return true;
}

/* Does the text begin so, but for the case of ASCII letters? */
static inline bool hanse_begins_nocase(struct hanse_slice text, struct hanse_slice begin) {
  return text.len >= begin.len && hanse_same_nocase(hanse_slice(text.at, begin.len), begin);
}

/* Is this canonical domain the other one, or below it? The border is between labels. */
static inline bool hanse_domain_within(struct hanse_slice domain, struct hanse_slice of) {
  if (of.len == 0 || domain.len < of.len) return false;
  size_t front = domain.len - of.len;
  if (memcmp(domain.at + front, of.at, of.len) != 0) return false;
  return front == 0 || domain.at[front - 1] == '.';
}

/* A slice for printf's "%.*s"; at most 4096 octets of it. */
#define HANSE_FMT(s) (int)((s).len > 4096 ? 4096 : (s).len), ((s).at ? (s).at : "")

/* Where the administrator wrote something. file is NULL when nobody wrote it (a default). */
struct hanse_where {
  const char *file; /* path as it was opened; borrowed: it lives as long as the settings it stands beside */
  unsigned line;    /* the first is 1 */
};

/* What a failing call says to the administrator. The caller owns it; who fails fills it. */
struct hanse_problem {
  struct hanse_where where; /* filled beforehand with the place of the module; a better one may be put in its stead */
  char text[480];           /* what is wrong; what to do */
};

/* Fills the text of a problem; it is cut where it is too long. */
static inline void hanse_explain(struct hanse_problem *problem, const char *format, ...) HANSE_PRINTF(2, 3);
static inline void hanse_explain(struct hanse_problem *problem, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(problem->text, sizeof problem->text, format, arguments);
  va_end(arguments);
}

HANSE_END
#endif
