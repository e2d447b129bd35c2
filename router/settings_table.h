/* The option tables of the core's own settings. */
#ifndef HANSE_ROUTER_SETTINGS_TABLE_H
#define HANSE_ROUTER_SETTINGS_TABLE_H

#include <hanse/option.h>

extern const struct hanse_option settings_table[]; /* struct settings: the whole file */

/* One entry, or group, of it each. */
extern const struct hanse_option settings_log_table[];
extern const struct hanse_option settings_dns_table[];
extern const struct hanse_option settings_tls_table[];
extern const struct hanse_option settings_module_table[];
extern const struct hanse_option settings_listener_table[];
extern const struct hanse_option settings_home_table[];
extern const struct hanse_option settings_partner_table[];
extern const struct hanse_option settings_policy_table[];
extern const struct hanse_option settings_limits_table[];

#endif
