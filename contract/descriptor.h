/* Whether a plugin's descriptor keeps the contract: read before any of the plugin's code runs. */
#ifndef CONTRACT_DESCRIPTOR_H
#define CONTRACT_DESCRIPTOR_H

#include <hanse/plugin.h>

/* The handshake: magic, version of the contract, size, name (which must be `name`) and the slots of the lifecycle.
   `plugin` may be NULL: the file at `path` has no such symbol. False: `problem` says what is wrong and what to do. */
bool descriptor_fits(const struct hanse_plugin *plugin, struct hanse_slice name, const char *path,
                     struct hanse_problem *problem);

/* What an offer lacks of what is always called: a NULL is found here, not on a message's way. NULL: nothing. */
const char *descriptor_missing_slot(const struct hanse_offer *offer);

#endif
