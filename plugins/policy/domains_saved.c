/* Hits across a reload. A record is text: first line "domains 1", then one line for each rule that was hit:
   "<hits> <allow|block> <pattern>". A reader takes the lines that it understands and leaves the others. */
#include <stdlib.h>

#include "domains.h"

#define DOMAINS_RECORD (60u << 10)
#define DOMAINS_LINE 320 /* a number of at most 20 digits, a word, a domain */
#define DOMAINS_FORMAT "domains 1\n"
/* To save a rule and to adopt it takes 0.6 µs, and a call may take 2 ms. */
#define DOMAINS_SAVED_A_CALL 1500

struct domains_record {
  char *text; /* DOMAINS_RECORD octets */
  size_t used;
};

static int domains_record_end(const struct domains *domains, struct domains_record *record) {
  size_t empty = sizeof DOMAINS_FORMAT - 1;
  int status = record->used > empty ? hanse_save(domains->host, hanse_slice(record->text, record->used)) : HANSE_OK;
  memcpy(record->text, DOMAINS_FORMAT, empty);
  record->used = empty;
  return status;
}

static void domains_put(struct domains_record *record, struct hanse_slice text) {
  memcpy(record->text + record->used, text.at, text.len);
  record->used += text.len;
}

/* Not with printf, which takes a multiple of the time, and the loop waits. */
static void domains_put_line(struct domains_record *record, const struct domains_rule *rule) {
  char digits[20], *first = digits + sizeof digits;
  for (uint64_t rest = domains_rule_hits(rule); rest; rest /= 10) *--first = (char)('0' + rest % 10);
  domains_put(record, hanse_slice(first, (size_t)(digits + sizeof digits - first)));
  domains_put(record, HANSE_LIT(" "));
  domains_put(record, hanse_text(domains_rule_word(rule)));
  domains_put(record, HANSE_LIT(" "));
  domains_put(record, domains_rule_name(rule));
  domains_put(record, HANSE_LIT("\n"));
}

/* Nothing is counted here any more: a successor judges. */
int domains_save_rest(void *self) {
  struct domains *domains = (struct domains *)self;
  struct domains_record record = {.text = (char *)malloc(DOMAINS_RECORD)};
  if (!record.text) return HANSE_NOMEM;
  int status = domains_record_end(domains, &record);
  for (size_t n = 0; n < DOMAINS_SAVED_A_CALL && domains->saved < domains->rules.count && status == HANSE_OK; n++) {
    const struct domains_rule *rule = domains_rule_at(&domains->rules, domains->saved++);
    if (!domains_rule_hits(rule)) continue;
    if (DOMAINS_RECORD - record.used < DOMAINS_LINE) status = domains_record_end(domains, &record);
    domains_put_line(&record, rule);
  }
  if (status == HANSE_OK) status = domains_record_end(domains, &record);
  free(record.text);
  return status == HANSE_OK && domains->saved < domains->rules.count ? HANSE_AGAIN : status;
}

/* The word before the next blank, cut off *line. */
static struct hanse_slice domains_word(struct hanse_slice *line) {
  const char *blank = line->len ? (const char *)memchr(line->at, ' ', line->len) : NULL;
  struct hanse_slice word = blank ? hanse_slice(line->at, (size_t)(blank - line->at)) : *line;
  size_t cut = word.len + (blank ? 1 : 0);
  line->at += cut;
  line->len -= cut;
  return word;
}

static bool domains_number(struct hanse_slice word, uint64_t *out) {
  uint64_t value = 0;
  if (!word.len || word.len > 18) return false;
  for (size_t i = 0; i < word.len; i++) {
    if (word.at[i] < '0' || word.at[i] > '9') return false;
    value = value * 10 + (uint64_t)(word.at[i] - '0');
  }
  *out = value;
  return true;
}

static void domains_adopt_line(const struct domains *domains, struct hanse_slice line) {
  uint64_t hits;
  struct hanse_slice number = domains_word(&line), list = domains_word(&line);
  if (!domains_number(number, &hits) || !line.len) return;
  struct domains_rule *rule = domains_rule_exact(&domains->rules, line);
  if (rule && hanse_same(list, hanse_text(domains_rule_word(rule)))) domains_rule_hit(rule, hits);
}

int domains_adopt(void *self, const struct hanse_saved *saved) {
  const struct domains *domains = (const struct domains *)self;
  for (uint32_t i = 0; i < saved->count; i++) {
    struct hanse_slice rest = saved->records[i], format = HANSE_LIT(DOMAINS_FORMAT);
    if (rest.len < format.len || memcmp(rest.at, format.at, format.len) != 0) continue;
    while (rest.len) {
      const char *end = (const char *)memchr(rest.at, '\n', rest.len);
      if (!end) break;
      domains_adopt_line(domains, hanse_slice(rest.at, (size_t)(end - rest.at)));
      rest.len -= (size_t)(end + 1 - rest.at);
      rest.at = end + 1;
    }
  }
  return HANSE_OK;
}
