/* From what is written to what holds, and what must not be written. */
#include <stdlib.h>

#include "public.h"

#define PROBE HANSE_MODALITY_BIT(HANSE_MODALITY_PROBE)

/* ---- domains ---- */

static size_t longest(const struct hanse_list *list, struct hanse_slice domain) {
  const struct hanse_domain *item = (const struct hanse_domain *)list->items;
  size_t most = 0;
  for (size_t i = 0; i < list->count; i++)
    if (item[i].name.len > most && hanse_domain_within(domain, item[i].name)) most = item[i].name.len;
  return most;
}

size_t public_owns(const struct public_profile *profile, struct hanse_slice domain) {
  size_t most = longest(&profile->written->domains, domain);
  for (const char *const *own = profile->preset->domains; *own; own++) {
    struct hanse_slice name = hanse_text(*own);
    if (name.len > most && hanse_domain_within(domain, name)) most = name.len;
  }
  return most;
}

bool public_decorates(const struct public_profile *profile, struct hanse_slice domain) {
  return profile->decoration.len && !public_owns(profile, domain) && !longest(&profile->written->undecorated, domain);
}

/* Number i of its own domains, of both lists; empty: there are no more. */
static struct hanse_slice domain_at(const struct public_profile *profile, size_t i) {
  size_t written = profile->written->domains.count, more = 0;
  if (i < written) return ((const struct hanse_domain *)profile->written->domains.items)[i].name;
  while (more < i - written && profile->preset->domains[more]) more++;
  return hanse_text(profile->preset->domains[more]);
}

/* ---- what does not fit ---- */

static int refuse(struct hanse_problem *problem, const struct public_profile *profile) {
  problem->where = profile->written->where;
  return HANSE_INVALID;
}

static int check_whole(const struct public_profile *profile, struct hanse_problem *problem) {
  const char *lacks = !profile->name.len ? "name" : !profile->edge.len ? "edge" : NULL;
  if (lacks) {
    hanse_explain(problem, "a public provider without `%s`; write it, or a `preset` that has one", lacks);
    return refuse(problem, profile);
  }
  if (profile->decoration.len && !public_owns(profile, profile->decoration)) {
    hanse_explain(problem, "decoration = \"%.*s\" is none of the domains of \"%.*s\"; put it into `domains`",
                  HANSE_FMT(profile->decoration), HANSE_FMT(profile->name));
    return refuse(problem, profile);
  }
  if (profile->written->others && !profile->decoration.len) {
    hanse_explain(problem, "others = true needs a `decoration`: how else would \"%.*s\" tell whose they are?",
                  HANSE_FMT(profile->name));
    return refuse(problem, profile);
  }
  return HANSE_OK;
}

/* Who is ours is no provider's. */
static int check_homes(struct public *public, const struct public_profile *profile, struct hanse_problem *problem) {
  for (size_t i = 0; domain_at(profile, i).len; i++) {
    struct hanse_slice domain = domain_at(profile, i);
    struct hanse_where where = {NULL, 0};
    const char *kind = "home";
    if (!profile->written->enabled || !hanse_home_is(public->host, domain)) continue;
    hanse_entry_find(public->host, domain, &kind, &where);
    hanse_explain(problem, "\"%.*s\" is ours%s%s:%u, and cannot be a domain of the provider \"%.*s\"",
                  HANSE_FMT(domain), where.file ? ", by " : "", where.file ? where.file : "", where.line,
                  HANSE_FMT(profile->name));
    return refuse(problem, profile);
  }
  return HANSE_OK;
}

/* What two profiles must not share (R13); NULL: nothing. */
static const char *shared(const struct public_profile *a, const struct public_profile *b, struct hanse_slice *what) {
  *what = b->edge;
  if (hanse_same(a->edge, b->edge)) return "the edge";
  *what = b->name;
  if (hanse_same(a->name, b->name)) return "the name";
  if (a->written->others && b->written->others) return "`others`, set in";
  for (size_t i = 0; (*what = domain_at(b, i)).len; i++)
    for (size_t k = 0; domain_at(a, k).len; k++)
      if (hanse_same(*what, domain_at(a, k))) return "the domain";
  return NULL;
}

static int check_pair(const struct public_profile *one, const struct public_profile *other,
                      struct hanse_problem *problem) {
  struct hanse_slice what;
  const char *kind = shared(one, other, &what);
  if (!kind) return HANSE_OK;
  hanse_explain(problem, "two providers with %s \"%.*s\", the other at %s:%u; keep one", kind, HANSE_FMT(what),
                one->written->where.file ? one->written->where.file : "?", one->written->where.line);
  return refuse(problem, other);
}

/* Hosting providers are providers too. */
static int claim(struct public *public, const struct public_profile *profile, struct hanse_problem *problem) {
  const struct {
    const char *kind;
    struct hanse_slice name;
  } mine[] = {{"edge of a provider", profile->edge}, {"name of a provider", profile->name}};
  for (size_t i = 0; i < sizeof mine / sizeof mine[0]; i++) {
    struct hanse_where other = {NULL, 0};
    int status = hanse_exclusive(public->host, mine[i].kind, mine[i].name, profile->written->where, &other);
    if (status == HANSE_OK) continue;
    hanse_explain(problem, "the %s \"%.*s\" belongs to another module, at %s:%u; keep one", mine[i].kind,
                  HANSE_FMT(mine[i].name), other.file ? other.file : "?", other.line);
    refuse(problem, profile);
    return status;
  }
  return HANSE_OK;
}

static int check(struct public *public, size_t i, struct hanse_problem *problem) {
  const struct public_profile *profile = &public->profiles[i];
  int status = check_whole(profile, problem);
  for (size_t k = 0; k < i && !status; k++) status = check_pair(&public->profiles[k], profile, problem);
  if (!status) status = check_homes(public, profile, problem);
  return status ? status : claim(public, profile, problem);
}

/* ---- what holds ---- */

static uint32_t carries(const struct public_written *written, const struct public_preset *preset) {
  const int *kinds = (const int *)written->carries.items;
  uint32_t mask = written->carries.count ? 0 : preset->carries;
  for (size_t i = 0; i < written->carries.count; i++) mask |= HANSE_MODALITY_BIT(kinds[i]);
  return mask | PROBE;
}

static struct hanse_slice either(struct hanse_slice written, const char *preset) {
  return written.len ? written : hanse_text(preset);
}

struct public_profile public_profile(const struct public_written *written) {
  const struct public_preset *preset = public_preset(written->preset);
  return (struct public_profile){
      .written = written,
      .preset = preset,
      .name = either(written->name, written->preset > PUBLIC_SIP ? preset->word : NULL),
      .edge = either(written->edge.host, preset->edge),
      .decoration = either(written->decoration.name, preset->decoration),
      .port = written->edge.port ? written->edge.port : PUBLIC_PORT,
      .carries = carries(written, preset),
      .client_eku = written->client_eku || preset->client_eku,
      .reads_cn = written->reads_cn || preset->reads_cn,
  };
}

int public_profiles(struct public *public, const struct public_settings *written, struct hanse_problem *problem) {
  const struct public_written *items = (const struct public_written *)written->providers.items;
  int status = HANSE_OK;
  public->profiles = (struct public_profile *)calloc(written->providers.count + 1, sizeof *public->profiles);
  if (!public->profiles) {
    hanse_explain(problem, "no memory for the public providers");
    return HANSE_NOMEM;
  }
  for (size_t i = 0; i < written->providers.count && !status; i++) {
    public->profiles[i] = public_profile(&items[i]);
    status = check(public, i, problem);
    public->count = i + 1;
  }
  return status;
}
