/* The parts of the policy `access`: what each of our users may do with the outside, by policies for all, for a site and
   for a user (R47, R48). */
#ifndef POLICY_ACCESS_H
#define POLICY_ACCESS_H

#include <hanse/plugin.h>

#include "subjects.h"

/* One external access policy. */
struct access_policy {
  struct hanse_where where;
  struct hanse_slice name;
  bool federation, xmpp, public_im, public_audio_video;
};

struct access_site {
  struct hanse_where where;
  struct hanse_domain domain; /* and all below it */
  struct hanse_slice policy;
};

struct access_user {
  struct hanse_where where;
  struct hanse_slice address; /* user@domain */
  struct hanse_slice policy;  /* empty: that of the site, or of all */
  bool branch;                /* homed on a branch appliance */
};

struct access_settings {
  struct hanse_list policies, sites, users; /* of the three structs above */
};

/* What holds for one user, and where it is written. */
struct access_found {
  const struct access_policy *policy;
  const char *scope; /* "user", "site" or "global" */
  struct hanse_where where;
  bool branch;
};

/* Users and sites, as they are found; borrows the settings. */
struct access_index {
  struct hanse_host *host;
  const struct access_settings *settings;
  const struct access_policy *global;
  struct subjects users, sites;
  size_t unknown; /* names of policies that nobody wrote */
};

/* Indexes some more users and sites; the index was zeroed before the first call. HANSE_AGAIN: some are left.
   HANSE_INVALID: `problem` says what; HANSE_NOMEM. access_index_clear is due in any case. */
int access_index_build(struct access_index *index, struct hanse_host *host, const struct access_settings *settings,
                       struct hanse_problem *problem);
void access_index_clear(struct access_index *index);
/* The policy of that name, as written or the built-in "global"; NULL: none. */
const struct access_policy *access_index_policy(const struct access_index *index, struct hanse_slice name);
/* What holds for the user: the policy of the user, else of the longest site, else of all. The domain is canonical; the
   user part is compared without regard to case. The cost is bounded by the labels of the domain, whatever the number of
   users and sites. */
struct access_found access_index_find(const struct access_index *index, struct hanse_slice user,
                                      struct hanse_slice domain);

struct access {
  struct hanse_host *host;
  struct access_index index;
  uint64_t *refused;
};

/* POLICY */
enum hanse_verdict access_decide(void *self, const struct hanse_case *c);
/* COMMAND: what holds for one user. */
enum hanse_outcome access_rows(void *self, struct hanse_rows *rows, void **cursor);

#endif
