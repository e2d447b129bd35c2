#include <stdlib.h>

#include "access.h"

/* Before anybody writes one: federation is open to all of us, everything else must be opened (lync-edge §3.6). */
static const struct access_policy built_in = {.where = {"default", 0}, .name = {"global", 6}, .federation = true};

void access_index_clear(struct access_index *index) {
  free(index->users);
  free(index->sites);
  index->users = NULL;
  index->sites = NULL;
}

/* ---- the order ---- */

static int compare_nocase(struct hanse_slice a, struct hanse_slice b) {
  size_t n = a.len < b.len ? a.len : b.len;
  for (size_t i = 0; i < n; i++) {
    int difference = (unsigned char)hanse_lower(a.at[i]) - (unsigned char)hanse_lower(b.at[i]);
    if (difference) return difference;
  }
  return (a.len > b.len) - (a.len < b.len);
}

/* An address as it is compared: first the domain, then the user. */
struct key {
  struct hanse_slice user, domain;
};

static bool split(struct hanse_slice address, struct key *out) {
  const char *at = address.len ? memrchr(address.at, '@', address.len) : NULL;
  if (!at || at == address.at || at + 1 == address.at + address.len) return false;
  out->user = hanse_slice(address.at, (size_t)(at - address.at));
  out->domain = hanse_slice(at + 1, address.len - out->user.len - 1);
  return true;
}

static int compare_keys(const struct key *a, const struct key *b) {
  int difference = compare_nocase(a->domain, b->domain);
  return difference ? difference : compare_nocase(a->user, b->user);
}

static int compare_users(const void *a, const void *b) {
  struct key one, other;
  split((*(const struct access_user *const *)a)->address, &one);
  split((*(const struct access_user *const *)b)->address, &other);
  return compare_keys(&one, &other);
}

static int compare_user(const void *wanted, const void *item) {
  struct key key;
  split((*(const struct access_user *const *)item)->address, &key);
  return compare_keys((const struct key *)wanted, &key);
}

static int compare_sites(const void *a, const void *b) {
  return compare_nocase((*(const struct access_site *const *)a)->domain.name,
                        (*(const struct access_site *const *)b)->domain.name);
}

static int compare_site(const void *wanted, const void *item) {
  return compare_nocase(*(const struct hanse_slice *)wanted, (*(const struct access_site *const *)item)->domain.name);
}

/* ---- building ---- */

const struct access_policy *access_index_policy(const struct access_index *index, struct hanse_slice name) {
  const struct access_policy *policies = (const struct access_policy *)index->settings->policies.items;
  for (size_t i = 0; i < index->settings->policies.count; i++)
    if (hanse_same(policies[i].name, name)) return &policies[i];
  return hanse_same(name, built_in.name) ? &built_in : NULL;
}

static int twice(struct hanse_problem *problem, struct hanse_slice what, struct hanse_where one,
                 struct hanse_where other) {
  problem->where = other;
  hanse_explain(problem, "\"%.*s\" stands twice, also at %s:%u; take one of them out", HANSE_FMT(what),
                one.file ? one.file : "?", one.line);
  return HANSE_INVALID;
}

static int check_policies(const struct access_settings *settings, struct hanse_problem *problem) {
  const struct access_policy *policies = (const struct access_policy *)settings->policies.items;
  for (size_t i = 0; i < settings->policies.count; i++)
    for (size_t k = 0; k < i; k++)
      if (hanse_same(policies[k].name, policies[i].name))
        return twice(problem, policies[i].name, policies[k].where, policies[i].where);
  return HANSE_OK;
}

static int index_users(struct access_index *index, struct hanse_problem *problem) {
  const struct access_user *users = (const struct access_user *)index->settings->users.items;
  size_t count = index->settings->users.count;
  struct key key;
  for (size_t i = 0; i < count; i++) {
    index->users[i] = &users[i];
    if (split(users[i].address, &key)) continue;
    problem->where = users[i].where;
    hanse_explain(problem, "\"%.*s\" is no address; write user@domain", HANSE_FMT(users[i].address));
    return HANSE_INVALID;
  }
  qsort(index->users, count, sizeof *index->users, compare_users);
  for (size_t i = 1; i < count; i++)
    if (compare_users(&index->users[i - 1], &index->users[i]) == 0)
      return twice(problem, index->users[i]->address, index->users[i - 1]->where, index->users[i]->where);
  return HANSE_OK;
}

static int index_sites(struct access_index *index, struct hanse_problem *problem) {
  const struct access_site *sites = (const struct access_site *)index->settings->sites.items;
  size_t count = index->settings->sites.count;
  for (size_t i = 0; i < count; i++) index->sites[i] = &sites[i];
  qsort(index->sites, count, sizeof *index->sites, compare_sites);
  for (size_t i = 1; i < count; i++)
    if (compare_sites(&index->sites[i - 1], &index->sites[i]) == 0)
      return twice(problem, index->sites[i]->domain.name, index->sites[i - 1]->where, index->sites[i]->where);
  return HANSE_OK;
}

int access_index_build(struct access_index *index, const struct access_settings *settings,
                       struct hanse_problem *problem) {
  index->settings = settings;
  index->users = (const struct access_user **)calloc(settings->users.count + 1, sizeof *index->users);
  index->sites = (const struct access_site **)calloc(settings->sites.count + 1, sizeof *index->sites);
  if (!index->users || !index->sites) {
    hanse_explain(problem, "no memory for the users");
    return HANSE_NOMEM;
  }
  index->global = access_index_policy(index, built_in.name);
  int status = check_policies(settings, problem);
  if (status == HANSE_OK) status = index_users(index, problem);
  return status == HANSE_OK ? index_sites(index, problem) : status;
}

/* ---- finding ---- */

static const struct access_user *find_user(const struct access_index *index, const struct key *key) {
  const struct access_user *const *found = (const struct access_user *const *)bsearch(
      key, index->users, index->settings->users.count, sizeof *index->users, compare_user);
  return found ? *found : NULL;
}

static const struct access_site *find_site(const struct access_index *index, struct hanse_slice domain) {
  size_t count = index->settings->sites.count;
  while (count && domain.len) {
    const struct access_site *const *found =
        (const struct access_site *const *)bsearch(&domain, index->sites, count, sizeof *index->sites, compare_site);
    if (found) return *found;
    const char *dot = (const char *)memchr(domain.at, '.', domain.len);
    domain = dot ? hanse_slice(dot + 1, domain.len - (size_t)(dot + 1 - domain.at)) : hanse_slice("", 0);
  }
  return NULL;
}

/* A name that no policy has leaves the question to the next scope (R48). */
static bool take(const struct access_index *index, struct hanse_slice name, const char *scope, struct hanse_where where,
                 struct access_found *found) {
  const struct access_policy *policy = name.len ? access_index_policy(index, name) : NULL;
  if (!policy) return false;
  found->policy = policy;
  found->scope = scope;
  found->where = where;
  return true;
}

struct access_found access_index_find(const struct access_index *index, struct hanse_slice user,
                                      struct hanse_slice domain) {
  struct access_found found = {.policy = index->global, .scope = "global", .where = index->global->where};
  const struct access_user *by_user = find_user(index, &(struct key){user, domain});
  const struct access_site *by_site = find_site(index, domain);
  found.branch = by_user && by_user->branch;
  if (by_user && take(index, by_user->policy, "user", by_user->where, &found)) return found;
  if (by_site) take(index, by_site->policy, "site", by_site->where, &found);
  return found;
}
