/* What a link is: no grammar of URIs, but what clients make clickable. Only octets of ASCII are looked at; those of
   other characters separate words. */
#include <hanse/octets.h>
#include <stdlib.h>

#include "filter.h"

#define FILTER_PREFIXES_MAX 256 /* together with their length a bound for the work at each word */
#define FILTER_PREFIX_MAX 32

static bool filter_in_word(char c) {
  char lower = hanse_lower(c);
  return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static bool filter_ends_link(char c) {
  return (unsigned char)c <= ' ' || c == '"' || c == '<' || c == '>' || c == 0x7f;
}

void filter_prefixes_free(struct filter_prefixes *prefixes) {
  free(prefixes->items);
  *prefixes = (struct filter_prefixes){0};
}

/* By the first octet alone. */
static int filter_prefix_order(const void *a, const void *b) {
  const struct hanse_slice *first = (const struct hanse_slice *)a, *second = (const struct hanse_slice *)b;
  return (unsigned char)hanse_lower(first->at[0]) - (unsigned char)hanse_lower(second->at[0]);
}

/* A star at the end says what holds anyway: more may follow. */
static struct hanse_slice filter_prefix(struct hanse_slice written) {
  if (written.len && written.at[written.len - 1] == '*') written.len--;
  return written;
}

static int filter_prefix_check(struct hanse_slice prefix, const struct filter_settings *settings,
                               struct hanse_problem *problem) {
  bool fits = prefix.len > 0 && prefix.len <= FILTER_PREFIX_MAX;
  for (size_t i = 0; i < prefix.len; i++) fits = fits && !filter_ends_link(prefix.at[i]) && !(prefix.at[i] & 0x80);
  if (fits) return HANSE_OK;
  problem->where = settings->where;
  hanse_explain(problem, "prefixes: \"%.*s\" cannot begin a link; write 1 to %d characters of ASCII without blanks",
                (int)(prefix.len > 80 ? 80 : prefix.len), prefix.len ? prefix.at : "", FILTER_PREFIX_MAX);
  return HANSE_INVALID;
}

/* Upper and lower case of a letter have the same low five bits. */
static void filter_prefix_note(struct filter_prefixes *prefixes, struct hanse_slice prefix) {
  unsigned lower = (unsigned char)hanse_lower(prefix.at[0]), upper = lower >= 'a' && lower <= 'z' ? lower - 32 : lower;
  uint32_t second = prefix.len > 1 ? 1u << (prefix.at[1] & 31) : UINT32_MAX;
  prefixes->first[lower + 1]++;
  if (!filter_in_word(prefix.at[0])) prefixes->others = UINT32_MAX;
  prefixes->second[lower] |= second;
  prefixes->second[upper] = prefixes->second[lower];
}

/* For the quick look: most prefixes have a colon, which is rare in texts, behind one of few octets. */
static void filter_pair_note(struct filter_prefixes *prefixes, struct hanse_slice prefix) {
  const char *colon = (const char *)memchr(prefix.at, ':', prefix.len);
  if (colon && colon > prefix.at) {
    prefixes->before_colon |= 1u << (colon[-1] & 31);
  } else if (colon || prefix.len == 1 || prefixes->pair_count == FILTER_PAIRS) {
    prefixes->slow = true;
  } else {
    for (size_t at = prefixes->pair_count++; at < FILTER_PAIRS; at++) /* those that stay unused repeat the last */
      prefixes->pairs[at] = (struct filter_pair){(uint8_t)(prefix.at[0] | 0x20), (uint8_t)(prefix.at[1] | 0x20)};
  }
}

int filter_prefixes_build(struct filter_prefixes *prefixes, const struct filter_settings *settings,
                          struct hanse_problem *problem) {
  const struct hanse_slice *written = (const struct hanse_slice *)settings->prefixes.items;
  size_t count = settings->prefixes.count;
  int status = HANSE_OK;
  if (count > FILTER_PREFIXES_MAX) {
    problem->where = settings->where;
    hanse_explain(problem, "prefixes: %zu of them; at most %d are possible", count, FILTER_PREFIXES_MAX);
    return HANSE_INVALID;
  }
  if (!count) return HANSE_OK;
  prefixes->items = (struct hanse_slice *)malloc(count * sizeof *prefixes->items);
  if (!prefixes->items) return HANSE_NOMEM;
  for (size_t i = 0; i < count && !status; i++) {
    prefixes->items[i] = filter_prefix(written[i]);
    status = filter_prefix_check(prefixes->items[i], settings, problem);
  }
  if (status) return status;
  qsort(prefixes->items, count, sizeof *prefixes->items, filter_prefix_order);
  for (size_t i = 0; i < count; i++) {
    filter_prefix_note(prefixes, prefixes->items[i]);
    filter_pair_note(prefixes, prefixes->items[i]);
  }
  for (size_t c = 0; c < 256; c++) prefixes->first[c + 1] = (uint16_t)(prefixes->first[c + 1] + prefixes->first[c]);
  return HANSE_OK;
}

/* The longest prefix that stands here; 0: none. */
static size_t filter_prefix_at(const struct filter_prefixes *prefixes, const char *p, const char *end) {
  unsigned char c = (unsigned char)hanse_lower(*p);
  size_t longest = 0;
  for (unsigned i = prefixes->first[c]; i < prefixes->first[c + 1]; i++) {
    struct hanse_slice prefix = prefixes->items[i];
    if (prefix.len > longest && (size_t)(end - p) >= prefix.len &&
        hanse_same_nocase(hanse_slice(p, prefix.len), prefix))
      longest = prefix.len;
  }
  return longest;
}

/* Colons and pairs among the HANSE_OCTETS octets at p, and the one behind them. */
static hanse_octets filter_look_at(const struct filter_prefixes *prefixes, const char *p) {
  hanse_octets text = hanse_octets_at(p), folded = text | 0x20, next = hanse_octets_at(p + 1) | 0x20;
  hanse_octets found = (hanse_octets)(text == ':');
  for (size_t i = 0; i < FILTER_PAIRS; i++)
    found |= (hanse_octets)(folded == prefixes->pairs[i].first) & (hanse_octets)(next == prefixes->pairs[i].second);
  return found;
}

bool filter_link_possible(const struct filter_prefixes *prefixes, struct hanse_slice text) {
  if (text.len <= HANSE_OCTETS || prefixes->slow) return true;
  const char *last = text.at + text.len - HANSE_OCTETS - 1; /* no prefix ends a text */
  for (const char *p = text.at;; p = last - p > HANSE_OCTETS ? p + HANSE_OCTETS : last) {
    for (uint32_t found = hanse_octets_bits(filter_look_at(prefixes, p)); found; found &= found - 1) {
      const char *at = p + __builtin_ctz(found);
      if (*at != ':') return true;
      if (at > text.at && prefixes->before_colon >> (at[-1] & 31) & 1) return true;
    }
    if (p == last) return false;
  }
}

static inline uint32_t filter_words(const char *p) {
  hanse_octets text = hanse_octets_at(p);
  hanse_octets letters = (hanse_octets)((text | 0x20) - 'a' < 26), digits = (hanse_octets)(text - '0' < 10);
  return hanse_octets_bits(letters | digits | (hanse_octets)(text == '_'));
}

/* The end of the link that begins at p; NULL: none does. */
static const char *filter_link_end(const struct filter_prefixes *prefixes, const char *p, const char *end) {
  size_t n = filter_prefix_at(prefixes, p, end);
  if (!n || p + n == end || filter_ends_link(p[n])) return NULL;
  for (p += n; p < end && !filter_ends_link(*p);) p++;
  return p;
}

/* From p on the first octet at which a link may begin: not inside a word, and what a prefix begins with. Sixteen octets
   a time, since a text is long and links are rare. */
static const char *filter_begin(const struct filter_prefixes *prefixes, const char *begin, const char *p,
                                const char *end) {
  uint32_t inside = p > begin && filter_in_word(p[-1]);
  for (; end - p > HANSE_OCTETS; p += HANSE_OCTETS) {
    uint32_t words = filter_words(p), first = words & ~(words << 1 | inside);
    uint32_t found = (first | (prefixes->others & ~words)) & 0xffff;
    inside = words >> (HANSE_OCTETS - 1);
    for (; found; found &= found - 1) {
      const char *at = p + __builtin_ctz(found);
      if (prefixes->second[(unsigned char)*at] >> (at[1] & 31) & 1) return at;
    }
  }
  for (; p + 1 < end; p++) {
    bool word = filter_in_word(*p);
    if (!(inside && word) && prefixes->second[(unsigned char)*p] >> (p[1] & 31) & 1) return p;
    inside = word;
  }
  return end;
}

bool filter_link_next(const struct filter_prefixes *prefixes, struct hanse_slice text, size_t from,
                      struct hanse_slice *link) {
  const char *p = text.at + from, *end = text.at + text.len, *stop;
  while ((p = filter_begin(prefixes, text.at, p, end)) < end) {
    stop = filter_link_end(prefixes, p, end);
    if (stop) {
      *link = hanse_slice(p, (size_t)(stop - p));
      return true;
    }
    p++;
  }
  return false;
}

static struct hanse_slice filter_behind(struct hanse_slice link, const char *at) {
  return hanse_slice(at, link.len - (size_t)(at - link.at));
}

static const char *filter_slash(struct hanse_slice text) {
  for (size_t i = 0; i < text.len; i++)
    if (text.at[i] == '/' || text.at[i] == '\\') return text.at + i;
  return NULL;
}

/* Without query, fragment and parameters, which say nothing of what is fetched. */
static struct hanse_slice filter_path(struct hanse_slice text) {
  size_t n = 0;
  while (n < text.len && text.at[n] != '?' && text.at[n] != '#' && text.at[n] != ';') n++;
  text.len = n;
  return text;
}

/* A host is no file, though "example.com" looks like one: what is named begins behind the slash that ends it. Without
   any slash only "file:" and "href=" name files. */
struct hanse_slice filter_link_file(struct hanse_slice link) {
  static const struct hanse_slice whole[] = {{"file:", 5}, {"href=", 5}};
  const char *colon = (const char *)memchr(link.at, ':', link.len), *slash;
  struct hanse_slice rest = link;
  if (colon && colon + 2 < link.at + link.len && colon[1] == '/' && colon[2] == '/')
    rest = filter_behind(link, colon + 3);
  slash = filter_slash(rest);
  if (slash) {
    rest = filter_path(filter_behind(rest, slash + 1));
    while ((slash = filter_slash(rest)) != NULL) rest = filter_behind(rest, slash + 1);
    return rest;
  }
  for (size_t i = 0; i < sizeof whole / sizeof *whole; i++)
    if (link.len > whole[i].len && hanse_same_nocase(hanse_slice(link.at, whole[i].len), whole[i]))
      return filter_path(filter_behind(link, link.at + whole[i].len));
  return hanse_slice("", 0);
}
