#include "access.h"

/* Before anybody writes one: federation is open to all of us, everything else must be opened (lync-edge §3.6). */
static const struct access_policy built_in = {.where = {"default", 0}, .name = {"global", 6}, .federation = true};

/* What a call may add, of the 2 ms that it may take. */
#define ADDED_A_CALL 4000
/* How many names of policies that nobody wrote are told one by one. */
#define UNKNOWN_LOGGED 20

void access_index_clear(struct access_index *index) {
  subjects_free(&index->users);
  subjects_free(&index->sites);
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

/* What names a policy that nobody wrote is no error: the next scope decides (R48). */
static void warn_of(struct access_index *index, struct hanse_slice policy, struct hanse_where where) {
  if (policy.len && !access_index_policy(index, policy) && index->unknown++ < UNKNOWN_LOGGED)
    hanse_log(index->host, HANSE_WARNING, "access.no_policy",
              "policy=%.*s file=%s line=%u then=\"the next scope decides\"", HANSE_FMT(policy),
              where.file ? where.file : "?", where.line);
}

static void warn_of_more(const struct access_index *index) {
  if (index->unknown > UNKNOWN_LOGGED)
    hanse_log(index->host, HANSE_WARNING, "access.no_policy", "more=%zu then=\"the next scope decides\"",
              index->unknown - UNKNOWN_LOGGED);
}

static int add_user(struct access_index *index, const struct access_user *user, struct hanse_problem *problem) {
  struct hanse_address_fact address;
  const void *earlier;
  int status = HANSE_INVALID;
  if (hanse_address_cut(user->address, &address))
    status = subjects_add(&index->users, address.user, address.domain, user, &earlier);
  if (status == HANSE_SKIP)
    return twice(problem, user->address, ((const struct access_user *)earlier)->where, user->where);
  if (!status) warn_of(index, user->policy, user->where);
  if (!status) return HANSE_OK;
  problem->where = user->where;
  hanse_explain(problem, "\"%.600s\" is no address; write user@domain, at most %d octets on either side",
                user->address.at ? user->address.at : "", SUBJECTS_USER_MAX);
  return status;
}

static int add_site(struct access_index *index, const struct access_site *site, struct hanse_problem *problem) {
  const void *earlier;
  int status = subjects_add(&index->sites, hanse_slice("", 0), site->domain.name, site, &earlier);
  if (status == HANSE_SKIP)
    return twice(problem, site->domain.name, ((const struct access_site *)earlier)->where, site->where);
  if (!status) warn_of(index, site->policy, site->where);
  return status;
}

static int begin(struct access_index *index, struct hanse_host *host, const struct access_settings *settings,
                 struct hanse_problem *problem) {
  index->host = host;
  index->settings = settings;
  index->global = access_index_policy(index, built_in.name);
  int status = subjects_begin(&index->users, host, settings->users.count);
  if (!status) status = subjects_begin(&index->sites, host, settings->sites.count);
  if (status) hanse_explain(problem, "no memory for the users");
  return status ? status : check_policies(settings, problem);
}

int access_index_build(struct access_index *index, struct hanse_host *host, const struct access_settings *settings,
                       struct hanse_problem *problem) {
  const struct access_user *users = (const struct access_user *)settings->users.items;
  const struct access_site *sites = (const struct access_site *)settings->sites.items;
  size_t left = ADDED_A_CALL;
  int status = index->settings ? HANSE_OK : begin(index, host, settings, problem);
  for (; !status && index->users.count < settings->users.count; left--) {
    if (!left) return HANSE_AGAIN;
    status = add_user(index, &users[index->users.count], problem);
  }
  for (; !status && index->sites.count < settings->sites.count; left--) {
    if (!left) return HANSE_AGAIN;
    status = add_site(index, &sites[index->sites.count], problem);
  }
  if (!status) warn_of_more(index);
  return status;
}

/* ---- finding ---- */

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
  const struct access_user *by_user = (const struct access_user *)subjects_exact(&index->users, user, domain);
  const struct access_site *by_site =
      (const struct access_site *)subjects_suffix(&index->sites, hanse_slice("", 0), domain);
  found.branch = by_user && by_user->branch;
  if (by_user && take(index, by_user->policy, "user", by_user->where, &found)) return found;
  if (by_site) take(index, by_site->policy, "site", by_site->where, &found);
  return found;
}
