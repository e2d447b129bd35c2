/* The command `domains`: every rule, and how often it decided. */
#include <stdlib.h>

#include "domains.h"

/* A row costs 1 to 2 µs, and a turn of a command may take 2 ms. */
#define DOMAINS_ROWS_A_TURN 400

struct domains_cursor {
  size_t next;
};

static void domains_row(const struct domains *domains, struct hanse_rows *rows, const struct domains_rule *rule) {
  struct hanse_where where = domains_rule_where(rule);
  hanse_row_begin(domains->host, rows);
  hanse_row_text(domains->host, rows, "domain", domains_rule_name(rule));
  hanse_row_text(domains->host, rows, "list", hanse_text(domains_rule_word(rule)));
  hanse_row_number(domains->host, rows, "hits", (int64_t)(domains_rule_hits(rule) & INT64_MAX));
  hanse_row_text(domains->host, rows, "file", hanse_text(where.file));
  hanse_row_number(domains->host, rows, "line", (int64_t)where.line);
}

enum hanse_outcome domains_rows(void *self, struct hanse_rows *rows, void **cursor) {
  const struct domains *domains = (const struct domains *)self;
  struct domains_cursor *at = (struct domains_cursor *)*cursor;
  if (!at && !(at = (struct domains_cursor *)calloc(1, sizeof *at))) return HANSE_NOT_DETERMINED;
  *cursor = at;
  for (size_t n = 0; n < DOMAINS_ROWS_A_TURN && at->next < domains->rules.count; n++)
    domains_row(domains, rows, domains_rule_at(&domains->rules, at->next++));
  if (at->next < domains->rules.count) return HANSE_MORE;
  domains_rows_finish(self, at);
  *cursor = NULL;
  return HANSE_DONE;
}

void domains_rows_finish(void *self, void *cursor) {
  (void)self;
  free(cursor);
}
