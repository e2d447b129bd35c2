/* A policy that denies by a list: nothing passes between us and the domains and addresses that its settings name. It
   shows an option table with a list of groups, an index that is built once and asked for each message, a refusal that
   says what decided and where that is written, and what `dry` is for. */
#include <hanse/plugin.h>
#include <stdlib.h>

/* Sorting so many takes a millisecond or two, for which everybody waits at a reload. More would be sorted in pieces:
   `configure` may return HANSE_AGAIN. */
#define DENY_LIST_MOST 5000

/* One row of the list as the administrator writes it; the router fills it by the table below. */
struct entry {
  struct hanse_where where; /* file and line: for the refusal, and for complaints about the entry itself */
  struct hanse_domain domain;
  struct hanse_slice user; /* empty: everybody of that domain, and of those below it */
};

struct settings {
  struct hanse_list entries; /* struct entry */
};

/* All that an instance knows hangs on this. There are no static variables: two instances, and the old and the new code
   during a reload, live in one process. */
struct deny_list {
  const struct entry **index; /* the entries in the order of `compare` */
  size_t count;
  uint64_t *denied; /* a counter of the router's; it outlives us */
};

/* ---- options ---- */

static const struct hanse_option entry_table[] = {
    HANSE_OPTION(struct entry, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the entry stands."),
    HANSE_OPTION(struct entry, domain, HANSE_PATTERN, HANSE_REQUIRED, NULL,
                 "The domain; without `user` also all below it."),
    HANSE_OPTION(struct entry, user, HANSE_STRING, 0, NULL,
                 "What stands before the @ of one address of exactly that domain, in any case; not set: everybody."),
    HANSE_OPTIONS_END,
};

static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, entries, HANSE_GROUP, HANSE_LIST, NULL,
                 "Who may not write to us, and to whom we may not write.", .group = entry_table,
                 .group_size = sizeof(struct entry)),
    HANSE_OPTIONS_END,
};

/* ---- the index ---- */

static int compare_text(struct hanse_slice a, struct hanse_slice b) {
  for (size_t i = 0; i < a.len && i < b.len; i++) {
    int difference = (unsigned char)hanse_lower(a.at[i]) - (unsigned char)hanse_lower(b.at[i]);
    if (difference) return difference;
  }
  return (a.len > b.len) - (a.len < b.len);
}

static int compare(const void *a, const void *b) {
  const struct entry *one = *(const struct entry *const *)a, *other = *(const struct entry *const *)b;
  int difference = compare_text(one->domain.name, other->domain.name);
  return difference ? difference : compare_text(one->user, other->user);
}

static const struct entry *find(const struct deny_list *list, struct hanse_slice domain, struct hanse_slice user) {
  const struct entry wanted = {.domain.name = domain, .user = user}, *key = &wanted;
  const struct entry **found = bsearch(&key, list->index, list->count, sizeof *list->index, compare);
  return found ? *found : NULL;
}

/* The address itself, then its domain, then each domain above it: as many look-ups as the domain has labels, however
   long the list is. */
static const struct entry *find_address(const struct deny_list *list, const struct hanse_address_fact *address) {
  struct hanse_slice domain = address->domain;
  const struct entry *entry = address->user.len ? find(list, domain, address->user) : NULL;
  while (!entry && domain.len) {
    entry = find(list, domain, HANSE_LIT(""));
    const char *dot = memchr(domain.at, '.', domain.len);
    size_t label = dot ? (size_t)(dot - domain.at) + 1 : domain.len;
    domain = hanse_slice(domain.at + label, domain.len - label);
  }
  return entry;
}

/* ---- the verdict ---- */

static enum hanse_verdict decide(void *self, const struct hanse_case *c) {
  struct deny_list *list = self;
  bool in = c->facts->side == HANSE_SIDE_PARTNER;
  const struct hanse_address_fact *outside = in ? &c->facts->from : &c->facts->to;
  const struct entry *entry = find_address(list, outside);
  /* We only forbid. To say ALLOW would be a vote for everybody who is not listed. */
  if (!entry) return HANSE_ABSTAIN;
  /* `hansectl explain` asks the same question without sending anything: its answers are not counted. */
  if (!c->dry) ++*list->denied;
  char text[400];
  snprintf(text, sizeof text, "%.*s%s%.*s is on the deny list; take the entry out to let it through",
           HANSE_FMT(entry->user), entry->user.len ? "@" : "", HANSE_FMT(entry->domain.name));
  /* The failure's number decides what the other side is told (docs/failures.md); the text is for our own people, and
     the place is what they look for first. */
  hanse_refusal_say(c->why, c->arena, HANSE_F_BLOCKED, entry->where, text);
  return HANSE_DENY;
}

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct deny_list *list = calloc(1, sizeof *list);
  if (!list) return HANSE_NOMEM; /* every failure is said, none ends the process */
  list->denied = hanse_counter(host, "denied", "messages from and to those on the deny list");
  *self = list;
  return HANSE_OK;
}

/* The settings are checked against the table by now, domains are canonical (lower case, A-labels), and all of it lives
   until destroy: the index may point into it. */
static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct deny_list *list = self;
  const struct hanse_list *entries = &((const struct settings *)settings)->entries;
  const struct entry *items = entries->items;
  if (entries->count > DENY_LIST_MOST) {
    problem->where = items[DENY_LIST_MOST].where;
    hanse_explain(problem, "more than %d entries; list whole domains, or use the policy `domains`", DENY_LIST_MOST);
    return HANSE_INVALID;
  }
  list->index = calloc(entries->count + 1, sizeof *list->index);
  if (!list->index) {
    hanse_explain(problem, "no memory for %zu entries", entries->count);
    return HANSE_NOMEM;
  }
  for (size_t i = 0; i < entries->count; i++) list->index[list->count++] = &items[i];
  qsort(list->index, list->count, sizeof *list->index, compare);
  for (size_t i = 1; i < list->count; i++) {
    const struct entry *one = list->index[i - 1], *other = list->index[i];
    if (compare(&one, &other) != 0) continue;
    problem->where = other->where; /* a complaint stands at a line, and names the other one */
    hanse_explain(problem, "%.*s is listed twice, also in line %u; take one out", HANSE_FMT(other->domain.name),
                  one->where.line);
    return HANSE_INVALID;
  }
  return HANSE_OK;
}

static void destroy(void *self) {
  struct deny_list *list = self;
  free(list->index);
  free(list);
}

/* ADMIT is the first stage: who sends and to whom is known, and nothing was spent on routing yet. */
static const struct hanse_policy policy = {.size = sizeof policy, .stages = HANSE_STAGE_ADMIT, .decide = decide};

static const struct hanse_offer offers[] = {{.capability = HANSE_POLICY, .slots = &policy}, HANSE_OFFERS_END};

/* The one symbol that is seen from outside. It is read before any code of ours runs. */
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),      /* the lowest minor version of the contract that has all we use */
    .name = "deny_list", /* of the file as well: deny_list.so */
    .version = "1.0",       .summary = "denies what comes from listed domains and addresses, and what goes there",
    .options = options,     .settings_size = sizeof(struct settings),
    .offers = offers,       .create = create,
    .configure = configure, .destroy = destroy,
};
