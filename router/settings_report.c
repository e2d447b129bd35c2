/* The settings written for people, and their digests. */
#include "contract/option_manual.h"
#include "router/option_print.h"
#include "router/settings_own.h"
#include "router/settings_table.h"

struct listing {
  settings_show_fn *part;
  void *context;
};

static void show_part(void *context, const char *list, size_t index, const struct option_group *entry, int indent,
                      FILE *out) {
  const struct listing *listing = context;
  struct settings_show_part part = {NULL, NULL};
  if (listing->part(listing->context, strcmp(list, "partners") == 0, index, &part))
    option_show(part.table, part.settings, entry, indent, NULL, out);
}

void settings_show(const struct settings *settings, settings_show_fn *part, void *context, FILE *out) {
  struct listing listing = {part, context};
  struct option_show_more more = {show_part, &listing};
  option_show(settings_table, settings, &settings->own->root, 0, part ? &more : NULL, out);
}

void settings_manual(FILE *out) { option_manual(settings_table, out); }

void settings_sample(FILE *out) { option_sample(settings_table, 0, out); }

int settings_digest(const struct settings *s, enum settings_part part, unsigned char out[32]) {
  switch (part) {
    case SETTINGS_PART_LOG:
      return option_digest(settings_log_table, &s->log, out);
    case SETTINGS_PART_DNS:
      return option_digest(settings_dns_table, &s->dns, out);
    case SETTINGS_PART_TLS:
      return option_digest_list(settings_tls_table, &s->tls, sizeof(struct settings_tls), out);
    case SETTINGS_PART_LISTEN:
      return option_digest_list(settings_listener_table, &s->listen, sizeof(struct settings_listener), out);
    case SETTINGS_PART_HOME:
      return option_digest_list(settings_home_table, &s->home, sizeof(struct settings_home), out);
    case SETTINGS_PART_PARTNERS:
      return option_digest_list(settings_partner_table, &s->partners, sizeof(struct settings_partner), out);
    case SETTINGS_PART_POLICY:
      return option_digest(settings_policy_table, &s->policy, out);
    case SETTINGS_PART_LIMITS:
      return option_digest(settings_limits_table, &s->limits, out);
  }
  return HANSE_INVALID;
}
