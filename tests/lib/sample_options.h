/* An option table with every type, for tests and fuzzing of the configuration, and the conversion of a whole
   configuration with it: each module whose plugin is "sample" and each partner whose type is "sample" uses it. */
#ifndef HANSE_TESTS_SAMPLE_OPTIONS_H
#define HANSE_TESTS_SAMPLE_OPTIONS_H

#include <hanse/option.h>
#include <stddef.h>

#include "router/settings.h"

struct sample_item {
  struct hanse_where where;
  struct hanse_slice name;
  int64_t weight;
};

struct sample_inner {
  bool deep;
  struct hanse_slice word;
};

struct sample {
  struct hanse_where where;
  bool flag;
  int64_t count;
  uint64_t bytes;
  hanse_time wait;
  struct hanse_rate rate;
  struct hanse_slice text;
  struct hanse_slice password;
  struct hanse_file data;
  struct hanse_address peer;
  struct hanse_domain zone;
  struct hanse_domain below;
  int mode;
  struct hanse_slice profile;
  struct hanse_slice friend;
  struct sample_inner inner;
  struct hanse_list words;   /* struct hanse_slice */
  struct hanse_list numbers; /* int64_t */
  struct hanse_list zones;   /* struct hanse_domain */
  struct hanse_list items;   /* struct sample_item */
  struct hanse_list waits;   /* hanse_time */
};

#define SAMPLE_ROW(in, field, kind, ...) \
  { .name = #field, .type = HANSE_##kind, .offset = offsetof(struct in, field), __VA_ARGS__ }

static const struct hanse_choice sample_modes[] = {{"fast", 1}, {"careful", 2}, {NULL, 0}};
static const struct hanse_option sample_item_table[] = {
    SAMPLE_ROW(sample_item, where, ORIGIN, .flags = 0),
    SAMPLE_ROW(sample_item, name, STRING, .flags = HANSE_REQUIRED, .help = "What it is called."),
    SAMPLE_ROW(sample_item, weight, INT, .fallback = "1", .min = "0", .help = "How heavy it is."),
    HANSE_OPTIONS_END,
};
static const struct hanse_option sample_inner_table[] = {
    SAMPLE_ROW(sample_inner, deep, BOOL, .fallback = "true", .help = "Whether it is deep."),
    SAMPLE_ROW(sample_inner, word, STRING, .flags = HANSE_REQUIRED, .help = "One word."),
    HANSE_OPTIONS_END,
};
static const struct hanse_option sample_table[] = {
    SAMPLE_ROW(sample, where, ORIGIN, .flags = 0),
    SAMPLE_ROW(sample, flag, BOOL, .fallback = "true", .help = "A switch."),
    SAMPLE_ROW(sample, count, INT, .fallback = "3", .min = "1", .max = "10", .help = "A number | with a bar."),
    SAMPLE_ROW(sample, bytes, SIZE, .fallback = "64k", .min = "1k", .max = "1M", .help = "A size."),
    SAMPLE_ROW(sample, wait, DURATION, .fallback = "30s", .min = "1s", .max = "1h", .help = "A duration."),
    SAMPLE_ROW(sample, rate, RATE, .fallback = "20/s", .min = "1/m", .max = "100/s", .help = "A rate."),
    SAMPLE_ROW(sample, text, STRING, .fallback = "some text", .help = "A text."),
    SAMPLE_ROW(sample, password, SECRET, .help = "A secret."),
    SAMPLE_ROW(sample, data, FILE, .help = "A file."),
    SAMPLE_ROW(sample, peer, ADDRESS, .help = "An address."),
    SAMPLE_ROW(sample, zone, DOMAIN, .help = "A domain."),
    SAMPLE_ROW(sample, below, PATTERN, .help = "A domain and all below it."),
    SAMPLE_ROW(sample, mode, ENUM, .fallback = "fast", .choices = sample_modes, .help = "A choice."),
    SAMPLE_ROW(sample, profile, REFERENCE, .refers = "tls", .help = "A TLS profile."),
    SAMPLE_ROW(sample, friend, REFERENCE, .refers = "partners", .help = "A partner."),
    SAMPLE_ROW(sample, inner, GROUP, .group = sample_inner_table, .group_size = sizeof(struct sample_inner),
               .help = "A group."),
    SAMPLE_ROW(sample, words, STRING, .flags = HANSE_LIST, .fallback = "one, two", .help = "Texts."),
    SAMPLE_ROW(sample, numbers, INT, .flags = HANSE_LIST, .max = "100", .help = "Numbers."),
    SAMPLE_ROW(sample, zones, PATTERN, .flags = HANSE_LIST, .help = "Domains."),
    SAMPLE_ROW(sample, items, GROUP, .flags = HANSE_LIST, .group = sample_item_table,
               .group_size = sizeof(struct sample_item), .help = "Groups."),
    SAMPLE_ROW(sample, waits, DURATION, .flags = HANSE_LIST | HANSE_HIDDEN, .help = "Durations."),
    HANSE_OPTIONS_END,
};
/* For every other module and partner: nothing of its own. */
static const struct hanse_option sample_none[] = {HANSE_OPTIONS_END};

static inline bool sample_is(struct hanse_slice name) { return hanse_same(name, HANSE_LIT("sample")); }

/* Converts what belongs to modules and partners, and finishes. HANSE_NOMEM or HANSE_OK; see `problems`. */
static inline int sample_convert(struct settings *s, struct option_pool *pool, struct problem_list *problems) {
  int status = HANSE_OK;
  void *out;
  for (size_t i = 0; i < s->modules.count && status != HANSE_NOMEM; i++) {
    bool ours = sample_is(settings_module_at(s, i)->plugin);
    status = settings_module_options(s, i, ours ? sample_table : sample_none, ours ? sizeof(struct sample) : 0, pool,
                                     &out, problems);
  }
  for (size_t i = 0; i < s->partners.count && status != HANSE_NOMEM; i++) {
    bool ours = sample_is(settings_partner_at(s, i)->type);
    status = settings_partner_options(s, i, ours ? sample_table : sample_none, ours ? sizeof(struct sample) : 0, pool,
                                      &out, problems);
  }
  if (status == HANSE_NOMEM) return status;
  settings_finish(s, problems);
  return HANSE_OK;
}

#endif
