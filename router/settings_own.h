/* What struct settings keeps for itself. Private to router/settings*.c. */
#ifndef HANSE_ROUTER_SETTINGS_OWN_H
#define HANSE_ROUTER_SETTINGS_OWN_H

#include "contract/option.h"
#include "contract/source.h"
#include "router/settings.h"
#include "router/settings_index.h"

struct settings_own {
  struct option_pool pool;
  struct source_set sources;
  struct option_references references;
  struct option_group root;         /* of all files; its parts live in the pool, and end with the sources */
  const config_setting_t **modules; /* the written entry of each; in the pool, likewise */
  const config_setting_t **partners;
  struct settings_index tls_names, module_names, home_names, partner_names;
  uid_t user;
  bool incomplete; /* a file could not be read: what is missing may stand in it */
};

#endif
