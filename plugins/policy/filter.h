/* The parts of the policy `filter`: links in texts, and files by the extension of their name. */
#ifndef POLICY_FILTER_H
#define POLICY_FILTER_H

#include <hanse/plugin.h>

enum { FILTER_IN = 1, FILTER_OUT = 2, FILTER_BOTH = 3 };
enum filter_links { FILTER_LINKS_OFF = 0, FILTER_LINKS_ALLOW = 1, FILTER_LINKS_WARN = 2, FILTER_LINKS_BLOCK = 3 };
enum filter_files { FILTER_FILES_OFF = 0, FILTER_FILES_LISTED = 1, FILTER_FILES_ALL = 2 };

struct filter_settings {
  struct hanse_where where;
  int direction; /* FILTER_IN, OUT, BOTH */
  int links;     /* enum filter_links */
  int64_t links_max;
  struct hanse_list prefixes; /* struct hanse_slice */
  struct hanse_slice warning;
  int place;                    /* enum addition_place */
  int files;                    /* enum filter_files */
  struct hanse_list extensions; /* struct hanse_slice */
};

enum { FILTER_PAIRS = 4 };
struct filter_pair {
  uint8_t first, second; /* in lower case */
};

/* Prefixes in order, found by their first octet. */
struct filter_prefixes {
  struct hanse_slice *items;              /* owned; the texts are the settings' */
  uint32_t others;                        /* all bits: a prefix begins with what is in no word; else none */
  struct filter_pair pairs[FILTER_PAIRS]; /* how those without a colon begin */
  size_t pair_count;
  uint32_t before_colon; /* a bit for the low five of each octet before the first colon of the others */
  bool slow;             /* what the three say is not all: no quick look */
  uint32_t second[256];  /* by the first octet: a bit for the low five of each second one that may follow */
  uint16_t first[257];   /* those that begin with octet c stand from first[c] to first[c + 1]; c in lower case */
};

struct filter {
  struct hanse_host *host;
  const struct filter_settings *settings;
  struct filter_prefixes prefixes;
  uint64_t *defused, *warned, *blocked_links, *blocked_files, *unreadable;
};

/* Checks and indexes what the settings say; the texts stay borrowed. HANSE_OK, HANSE_NOMEM, or HANSE_INVALID with a
   problem. On failure filter_prefixes_free is still due. */
int filter_prefixes_build(struct filter_prefixes *prefixes, const struct filter_settings *settings,
                          struct hanse_problem *problem);
void filter_prefixes_free(struct filter_prefixes *prefixes);

/* False: there is surely no link in the text. A quick look, which saves the long one at most texts. */
bool filter_link_possible(const struct filter_prefixes *prefixes, struct hanse_slice text);

/* The next link in `text` from octet `from` on: what begins with a prefix at the beginning of a word, has more behind
   it, and goes on to a blank, a quote or an angle bracket. False: there is none. Looking for all of them one after
   another takes linear time. */
bool filter_link_next(const struct filter_prefixes *prefixes, struct hanse_slice text, size_t from,
                      struct hanse_slice *link);
/* The part of a link that may be the name of a file; empty: none is. */
struct hanse_slice filter_link_file(struct hanse_slice link);

/* HANSE_OK, or HANSE_INVALID with a problem: an extension that no name can have. */
int filter_files_check(const struct filter_settings *settings, struct hanse_problem *problem);
/* Is a file of that name not let through? *extension is a piece of the settings' list, or of `room`. */
enum { FILTER_EXTENSION_ROOM = 64 };
bool filter_file_is_blocked(const struct filter_settings *settings, struct hanse_slice name,
                            char room[FILTER_EXTENSION_ROOM], struct hanse_slice *extension);

/* POLICY */
enum hanse_verdict filter_decide(void *self, const struct hanse_case *c);

#endif
