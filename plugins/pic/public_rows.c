/* The command `providers`: what each profile is, for people and for what checks and plans. */
#include <stdio.h>

#include "public.h"

#define ROW_TEXT 1024

/* Texts separated by blanks; what finds no room is left out. */
struct list {
  char text[ROW_TEXT];
  size_t used;
};

static void add(struct list *list, struct hanse_slice item) {
  int n = snprintf(list->text + list->used, ROW_TEXT - list->used, "%s%.*s", list->used ? " " : "", HANSE_FMT(item));
  if (n > 0 && (size_t)n < ROW_TEXT - list->used)
    list->used += (size_t)n;
  else
    list->text[list->used] = '\0';
}

static void row_list(struct public *public, struct hanse_rows *rows, const char *name, const struct list *list) {
  hanse_row_text(public->host, rows, name, hanse_slice(list->text, list->used));
}

static void row_domains(struct public *public, struct hanse_rows *rows, const char *name,
                        const struct hanse_list *written, const char *const *more) {
  struct list list = {.used = 0};
  for (size_t i = 0; i < written->count; i++) add(&list, ((const struct hanse_domain *)written->items)[i].name);
  for (; more && *more; more++) add(&list, hanse_text(*more));
  row_list(public, rows, name, &list);
}

static void row_carries(struct public *public, struct hanse_rows *rows, uint32_t carries) {
  static const struct {
    const char *word;
    enum hanse_modality kind;
  } words[] = {
      {"im", HANSE_MODALITY_IM}, {"presence", HANSE_MODALITY_PRESENCE}, {"audio_video", HANSE_MODALITY_AUDIO_VIDEO}};
  struct list list = {.used = 0};
  for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
    if (carries & HANSE_MODALITY_BIT(words[i].kind)) add(&list, hanse_text(words[i].word));
  row_list(public, rows, "carries", &list);
}

static void row_bool(struct public *public, struct hanse_rows *rows, const char *name, bool is) {
  hanse_row_text(public->host, rows, name, is ? HANSE_LIT("true") : HANSE_LIT("false"));
}

/* As it is written; empty: none. */
static void row_rate(struct public *public, struct hanse_rows *rows, struct hanse_rate rate) {
  const hanse_time day = 86400 * HANSE_SECOND, hour = 3600 * HANSE_SECOND, minute = 60 * HANSE_SECOND;
  char text[32] = "", unit = rate.per == day ? 'd' : rate.per == hour ? 'h' : rate.per == minute ? 'm' : 's';
  if (rate.count) snprintf(text, sizeof text, "%llu/%c", (unsigned long long)rate.count, unit);
  hanse_row_text(public->host, rows, "rate", hanse_text(text));
}

static const char *trust_word(int trust) {
  return trust == HANSE_TRUST_ALWAYS ? "always" : trust == HANSE_TRUST_SOURCE ? "source" : "never";
}

static void row(struct public *public, struct hanse_rows *rows, const struct public_profile *profile) {
  const struct public_written *written = profile->written;
  hanse_row_begin(public->host, rows);
  hanse_row_text(public->host, rows, "name", profile->name);
  row_bool(public, rows, "enabled", written->enabled);
  hanse_row_text(public->host, rows, "edge", profile->edge);
  hanse_row_number(public->host, rows, "port", profile->port);
  hanse_row_text(public->host, rows, "preset", hanse_text(profile->preset->word));
  row_domains(public, rows, "domains", &written->domains, profile->preset->domains);
  hanse_row_text(public->host, rows, "decoration", profile->decoration);
  row_domains(public, rows, "undecorated", &written->undecorated, NULL);
  row_bool(public, rows, "others", written->others);
  row_carries(public, rows, profile->carries);
  hanse_row_text(public->host, rows, "verification", hanse_text(trust_word(written->verification)));
  row_rate(public, rows, written->rate);
  row_bool(public, rows, "client_eku", profile->client_eku);
  row_bool(public, rows, "reads_cn", profile->reads_cn);
  hanse_row_text(public->host, rows, "media_ports", hanse_text(profile->preset->ports));
  hanse_row_text(public->host, rows, "note", hanse_text(profile->preset->gone));
  hanse_row_text(public->host, rows, "file", hanse_text(written->where.file));
  hanse_row_number(public->host, rows, "line", (int64_t)written->where.line);
}

/* Each once, whatever words it has. */
static void preset_rows(struct public *public, struct hanse_rows *rows) {
  for (const struct hanse_choice *word = public_preset_words; word->name; word++) {
    const struct public_written written = {.preset = word->value, .verification = HANSE_TRUST_NEVER};
    if (word->value == PUBLIC_NONE || strcmp(word->name, public_preset(word->value)->word) != 0) continue;
    const struct public_profile profile = public_profile(&written);
    row(public, rows, &profile);
  }
}

enum hanse_outcome public_rows(void *self, struct hanse_rows *rows, void **cursor) {
  struct public *public = (struct public *)self;
  (void)cursor;
  if (hanse_row_argument(public->host, rows, "presets").len) {
    preset_rows(public, rows);
    return HANSE_DONE;
  }
  for (size_t i = 0; i < public->count; i++) row(public, rows, &public->profiles[i]);
  return HANSE_DONE;
}
