/* What the core itself reads in the block of a module and in the entry of a partner: names that no plugin's table may
   have, and that may stand beside the plugin's. The tables hold names only; what the core makes of them is its own. */
#ifndef CONTRACT_CORE_NAMES_H
#define CONTRACT_CORE_NAMES_H

#include <hanse/option.h>

extern const struct hanse_option core_names_module[];
extern const struct hanse_option core_names_partner[];

#endif
