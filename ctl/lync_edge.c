/* The Access Edge: what is switched on, with whom one talks, who serves others. */
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "ctl/conf_text.h"
#include "ctl/lync.h"

/* ---- CsAccessEdgeConfiguration ---- */

#define ALWAYS "AlwaysVerifiable"
#define SOURCE "UseSourceVerification"

/* What our verification calls the levels is what they call them; others are refused by the check. Each is written, also
   where it is Lync's default (`usual`, for an object that does not name it), since ours are other ones. */
static bool level(struct lync *lync, const char *of, const char *who, const json_t *object, const char *property,
                  const char *usual) {
  const char *name = lync_text(object, property);
  FILE *out = lync->parts[PART_LEVELS].out;
  if (!name) name = usual;
  fputs("{", out);
  lync_put(out, of, who);
  lync_put(out, "level", name);
  return strcasecmp(name, SOURCE) == 0;
}

/* Of domains and providers with that level a message without a mark is refused, which is our default, too. */
static void level_of(struct lync *lync, const char *of, const char *who, const json_t *object, const char *property,
                     const char *usual) {
  lync->refuses_unmarked |= level(lync, of, who, object, property, usual);
  fputs(" }\n", lync->parts[PART_LEVELS].out);
}

/* Of a default route it is unverified. */
static void level_of_route(struct lync *lync, const char *host, const json_t *edge) {
  FILE *out = lync->parts[PART_LEVELS].out;
  if (level(lync, "provider", host, edge, "VerificationLevel", SOURCE)) lync_put(out, "missing", "unverified");
  fputs(" }\n", out);
}

static bool default_routing(const json_t *edge) {
  const char *method = lync_text(edge, "RoutingMethod");
  return lync_true(edge, "UseDefaultRouting") || (method && strcasestr(method, "Default"));
}

/* A default route is a clearing house; it believes what comes from there, so the level is its own. */
static void default_route(struct lync *lync, const json_t *edge) {
  const char *host = lync_text(edge, "DefaultRouteFqdn");
  FILE *out = lync->parts[PART_MODULES].out;
  if (!host) host = lync_text(edge, "DefaultRoute");
  if (!host) {
    lync_say(lync, PART_WITHOUT, "CsAccessEdgeConfiguration: default routing without DefaultRouteFqdn leads nowhere");
    return;
  }
  fputs("{ name = \"clearing\";", out);
  lync_put(out, "edge", host);
  fputs(" }\n", out);
  level_of_route(lync, host, edge);
  lync_say(
      lync, PART_DECIDED,
      "Default routing: all domains without an entry go to the clearing house %s. Providers and discovery are left "
      "out, which Lync, too, allows only without it.",
      host);
}

/* Whoever is discovered is let in by this module, and held to it. */
static void discovery_limits(struct lync *lync, const json_t *edge) {
  const char *rate = lync_text(edge, "DiscoveredPartnerStandardRate");
  const char *addresses = lync_text(edge, "MaxContactsPerDiscoveredPartner");
  const char *period = lync_text(edge, "DiscoveredPartnerReportPeriodMinutes");
  FILE *out = lync->parts[PART_MODULES].out;
  fputs("{ name = \"lync-limits\"; plugin = \"limits\";", out);
  if (rate) fprintf(out, " rate = \"%lu/s\";", strtoul(rate, NULL, 10));
  if (lync_false(edge, "EnableDiscoveredPartnerContactsLimit")) fputs(" limit_addresses = false;", out);
  if (addresses) fprintf(out, " addresses = %lu;", strtoul(addresses, NULL, 10) & INT_MAX);
  if (period) fprintf(out, " report_period = \"%lum\";", strtoul(period, NULL, 10));
  fputs(" }\n", out);
  lync_stage(lync->admit, "lync-limits");
  lync_stage(lync->routed, "lync-limits");
}

static void discovery(struct lync *lync, const json_t *edge) {
  lync->discovered = true;
  level_of(lync, "type", "discovered", edge, "DiscoveredPartnerVerificationLevel", SOURCE);
  discovery_limits(lync, edge);
  lync_say(lync, PART_DECIDED,
           "EnablePartnerDiscovery: domains without an entry are found by SRV; the module lync-limits "
           "lets them in, and holds them to limits.");
}

/* Only those who are reached directly relay to each other. */
static void clearing_house(struct lync *lync, const json_t *edge) {
  if (!lync_true(edge, "BeClearingHouse")) return;
  lync->relays = true;
  lync_say(lync, PART_DECIDED,
           "BeClearingHouse: partners with an edge of their own are members, and may write to each other "
           "through us%s.",
           lync->present.direct ? "; set be_clearing_house of the module direct, which is loaded already" : "");
}

static void main_switch(struct lync *lync, const json_t *edge) {
  bool off = lync_false(edge, "AllowFederatedUsers");
  if (!off && !lync_true(edge, "AllowFederatedUsers")) return;
  if (!lync->present.federation)
    fprintf(lync->parts[PART_POLICY].out, "federation = %s;\n", off ? "false" : "true");
  else
    lync_say(lync, PART_DECIDED, "AllowFederatedUsers is %s: see policy.federation, which hanse.conf sets already.",
             off ? "False" : "True");
}

static void connections(struct lync *lync, const json_t *edge) {
  const char *count = lync_text(edge, "OutgoingTlsCountForFederatedPartners");
  char *end = NULL;
  unsigned long links = count ? strtoul(count, &end, 10) : 0;
  if (!count) return;
  if (links < 1 || links > 4 || *end)
    lync_say(lync, PART_WITHOUT, "OutgoingTlsCountForFederatedPartners = %.20s: is no number from 1 to 4", count);
  else if (lync->present.links_per_partner)
    lync_say(lync, PART_DECIDED,
             "OutgoingTlsCountForFederatedPartners is %.20s: see limits.links_per_partner, which is set already.",
             count);
  else
    fprintf(lync->parts[PART_LIMITS].out, "links_per_partner = %lu;\n", links);
}

/* A value of the edge that differs from Lync's default, and was not taken. usual: NULL: any differs. */
static void idle_value(struct lync *lync, const json_t *edge, const char *name, const char *usual, const char *why) {
  const char *text = lync_text(edge, name);
  if (text && (!usual || strcasecmp(text, usual) != 0))
    lync_say(lync, PART_WITHOUT, "CsAccessEdgeConfiguration: %s = %.200s: asks for nothing %s", name, text, why);
}

static void idle_values(struct lync *lync, const json_t *edge) {
  static const char *const figures[][2] = {{"EnableDiscoveredPartnerContactsLimit", "True"},
                                           {"MaxContactsPerDiscoveredPartner", "1000"},
                                           {"DiscoveredPartnerStandardRate", "20"},
                                           {"DiscoveredPartnerReportPeriodMinutes", "60"},
                                           {"DiscoveredPartnerVerificationLevel", SOURCE}};
  for (size_t i = 0; i < sizeof figures / sizeof *figures && !lync->discovered; i++)
    idle_value(lync, edge, figures[i][0], figures[i][1], "without partner discovery");
  if (default_routing(edge)) return;
  idle_value(lync, edge, "DefaultRouteFqdn", NULL, "without default routing");
  idle_value(lync, edge, "DefaultRoute", NULL, "without default routing");
  idle_value(lync, edge, "VerificationLevel", NULL, "without default routing");
}

void lync_edge(struct lync *lync) {
  const json_t *edge = lync_global(lync, LYNC_ACCESS_EDGE);
  if (!edge) return;
  main_switch(lync, edge);
  connections(lync, edge);
  if (default_routing(edge)) default_route(lync, edge);
  if (lync_true(edge, "EnablePartnerDiscovery") && !default_routing(edge)) discovery(lync, edge);
  if (lync_true(edge, "EnableArchivingDisclaimer")) {
    fputs("{ name = \"lync-disclaimer\"; plugin = \"disclaimer\"; }\n", lync->parts[PART_MODULES].out);
    lync_stage(lync->routed, "lync-disclaimer");
    lync_stage(lync->answer, "lync-disclaimer");
    lync_say(lync, PART_DECIDED,
             "EnableArchivingDisclaimer: partners are told in a header that conversations are archived; "
             "which header their clients show is notice_header of the module sip.");
  }
  clearing_house(lync, edge);
  idle_values(lync, edge);
}

/* ---- CsAllowedDomain, CsBlockedDomain ---- */

static void comment_of(FILE *out, const json_t *object) {
  const char *comment = lync_text(object, "Comment");
  if (comment) lync_put(out, "comment", comment);
}

static const char *domain_of(const json_t *object) {
  const char *domain = lync_text(object, "Domain");
  return domain ? domain : lync_name(object);
}

static void allowed(struct lync *lync, const json_t *object) {
  const char *edge = lync_text(object, "ProxyFqdn");
  FILE *out = lync->parts[PART_PARTNERS].out;
  fputs("{", out);
  lync_put(out, "domain", domain_of(object));
  lync_put(out, "type", edge ? "direct" : "enhanced");
  if (edge) lync_put(out, "edge", edge);
  if (edge && lync->relays) fputs(" member = true;", out);
  comment_of(out, object);
  fputs(" }\n", out);
  lync->direct |= edge != NULL;
  lync->enhanced |= edge == NULL;
}

struct depth {
  const json_t *object;
  size_t labels, place;
};

static int deeper_first(const void *a, const void *b) {
  const struct depth *one = a, *other = b;
  if (one->labels != other->labels) return one->labels > other->labels ? -1 : 1;
  return one->place < other->place ? -1 : 1;
}

static size_t dots(const char *domain) {
  size_t count = 0;
  for (; *domain; domain++) count += *domain == '.';
  return count;
}

/* The first level that fits counts, so subdomains come before what they are below. */
static int levels_of_domains(struct lync *lync) {
  const json_t *domains = lync->objects[LYNC_ALLOWED];
  size_t i, count = json_array_size(domains);
  struct depth *depths = count ? malloc(count * sizeof *depths) : NULL;
  json_t *object;
  if (count && !depths) return HANSE_NOMEM;
  json_array_foreach(domains, i, object) depths[i] = (struct depth){object, dots(domain_of(object)), i};
  if (count) qsort(depths, count, sizeof *depths, deeper_first);
  for (i = 0; i < count; i++)
    level_of(lync, "domain", domain_of(depths[i].object), depths[i].object, "VerificationLevel", SOURCE);
  free(depths);
  return HANSE_OK;
}

static void blocked(struct lync *lync, const json_t *object) {
  const char *comment = lync_text(object, "Comment");
  FILE *out = lync->parts[PART_BLOCK].out;
  conf_text_string(out, domain_of(object));
  putc('\n', out);
  if (comment) lync_say(lync, PART_DECIDED, "Blocked %.255s: %.1000s", domain_of(object), comment);
}

int lync_domains(struct lync *lync) {
  size_t i;
  json_t *object;
  json_array_foreach(lync->objects[LYNC_ALLOWED], i, object) allowed(lync, object);
  json_array_foreach(lync->objects[LYNC_BLOCKED], i, object) blocked(lync, object);
  json_array_foreach(lync->objects[LYNC_SIP_DOMAIN], i, object) {
    const char *name = lync_text(object, "Name");
    lync_say(lync, PART_DECIDED, "%.255s is one of your SIP domains: it needs an entry of home in hanse.conf.",
             name ? name : lync_name(object));
  }
  if (lync->enhanced && json_array_size(lync->objects[LYNC_HOSTING]))
    lync_say(lync, PART_DECIDED,
             "Allowed domains without ProxyFqdn became type \"enhanced\", whose SRV record leads into the "
             "domain itself. Where it leads to a hosting provider, write \"hosting\" (hansectl explain says so: "
             "srv-domain).");
  if (levels_of_domains(lync) != HANSE_OK) return HANSE_NOMEM;
  if (lync->refuses_unmarked)
    lync_say(lync, PART_DECIDED,
             "UseSourceVerification: as in Lync, a message is refused (unverified) of which the sender's side does not "
             "say whether it has verified the sender. For a partner who never says so, write `missing = "
             "\"unverified\"` or another level in lync-verification.");
  return HANSE_OK;
}

/* ---- CsHostingProvider, CsPublicProvider ---- */

static void hosting(struct lync *lync, const json_t *object) {
  const char *edge = lync_text(object, "ProxyFqdn"), *name = lync_name(object);
  FILE *out = lync->parts[PART_PROVIDERS].out;
  if (lync_true(object, "IsLocal") || !edge) {
    lync_say(lync, PART_WITHOUT, "CsHostingProvider \"%.200s\": left out: %s", name,
             edge ? "IsLocal: it is your own" : "it has no ProxyFqdn");
    return;
  }
  fputs("{", out);
  lync_put(out, "name", name);
  lync_put(out, "edge", edge);
  fprintf(out, " enabled = %s;", lync_true(object, "Enabled") ? "true" : "false");
  if (lync_true(object, "EnabledSharedAddressSpace")) {
    fputs(" shared_address_space = true;", out);
    lync->shared |= lync_true(object, "Enabled");
  }
  fputs(" }\n", out);
  level_of(lync, "provider", name, object, "VerificationLevel", ALWAYS);
}

/* Providers that the module knows by name, with their domains and how they decorate. */
static const char *preset_of(const char *name, const char *edge) {
  if (strcasecmp(edge, "federation.messenger.msn.com") == 0) return strcasestr(name, "Skype") ? "skype" : "messenger";
  if (strcasecmp(edge, "lcsap.msg.yahoo.com") == 0) return "yahoo";
  return strcasecmp(edge, "sip.oscar.aol.com") == 0 ? "aol" : NULL;
}

/* The words of a list, with commas between them, as elements; a word that is there already is left out. */
static void own_domains(FILE *out, const json_t *object) {
  static const char *const from[] = {"NameDecorationRoutingDomain", "NameDecorationDomain",
                                     "NameDecorationExcludedDomainList"};
  json_t *seen = json_object();
  fputs(" domains = [", out);
  for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
    const char *at = lync_text(object, from[i]);
    for (size_t n; at && *at; at += n) {
      char word[256];
      at += strspn(at, ", ;");
      n = strcspn(at, ", ;");
      snprintf(word, sizeof word, "%.*s", (int)(n < 255 ? n : 255), at);
      if (!n || json_object_get(seen, word)) continue;
      fputs(json_object_size(seen) ? ", " : " ", out);
      conf_text_string(out, word);
      json_object_set_new(seen, word, json_true());
    }
  }
  fputs(" ];", out);
  json_decref(seen);
}

/* A preset decorates as Lync's own entry did; one that was changed is not followed. True: it is followed. */
static bool decorates_as_preset(struct lync *lync, const json_t *object, const char *preset) {
  bool msn = strcmp(preset, "skype") == 0 || strcmp(preset, "messenger") == 0, same = true;
  const char *const usual[][2] = {
      {"NameDecorationDomain", msn ? "msn.com" : ""},
      {"NameDecorationRoutingDomain", msn ? "msn.com" : ""},
      {"NameDecorationExcludedDomainList", msn ? "msn.com,outlook.com,live.com,hotmail.com" : ""}};
  for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
    const char *text = lync_text(object, usual[i][0]);
    if (!text || strcasecmp(text, usual[i][1]) == 0) continue;
    same = false;
    lync_say(lync, PART_WITHOUT,
             "CsPublicProvider \"%.200s\": %s = %.255s: not taken, the preset \"%s\" has its own; write decoration, "
             "domains and undecorated of the provider instead",
             lync_name(object), usual[i][0], text, preset);
  }
  return same;
}

static void public_provider(struct lync *lync, const json_t *object) {
  const char *edge = lync_text(object, "ProxyFqdn"), *name = lync_name(object);
  const char *decoration = lync_text(object, "NameDecorationRoutingDomain");
  const char *trust = lync_text(object, "VerificationLevel"), *preset = edge ? preset_of(name, edge) : NULL;
  FILE *out = lync->parts[PART_PUBLIC].out;
  if (!edge) {
    lync_say(lync, PART_WITHOUT, "CsPublicProvider \"%.200s\": left out: it has no ProxyFqdn", name);
    return;
  }
  fputs("{", out);
  lync_put(out, "name", name);
  if (preset) lync_put(out, "preset", preset);
  if (!preset) lync_put(out, "edge", edge);
  fprintf(out, " enabled = %s;", lync_true(object, "Enabled") ? "true" : "false");
  lync_put(out, "verification", trust ? trust : "AlwaysUnverifiable"); /* as the control panel does */
  if (!preset) own_domains(out, object);
  if (!preset && decoration) lync_put(out, "decoration", decoration);
  fputs(" }\n", out);
  bool followed = !preset || decorates_as_preset(lync, object, preset);
  if (decoration && followed)
    lync_say(lync, PART_DECIDED,
             "Public provider \"%.100s\": people of other domains are decorated for %.255s once an entry "
             "of type \"public\" names their domain, or with `others = true`.",
             name, decoration);
}

void lync_providers(struct lync *lync) {
  bool instead = default_routing(lync_global(lync, LYNC_ACCESS_EDGE));
  size_t i;
  json_t *object;
  json_array_foreach(lync->objects[LYNC_PUBLIC], i, object) {
    if (instead)
      lync_say(lync, PART_WITHOUT, "CsPublicProvider \"%.200s\": left out beside default routing", lync_name(object));
    else
      public_provider(lync, object);
  }
  json_array_foreach(lync->objects[LYNC_HOSTING], i, object) {
    if (instead)
      lync_say(lync, PART_WITHOUT, "CsHostingProvider \"%.200s\": left out beside default routing", lync_name(object));
    else
      hosting(lync, object);
  }
  if (lync->shared)
    lync_say(lync, PART_DECIDED,
             "EnabledSharedAddressSpace: set `shared = true` in the entries of home whose users are "
             "partly at the provider.");
}
