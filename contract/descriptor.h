/* Whether a plugin's descriptor keeps the contract: read before any of the plugin's code runs. */
#ifndef CONTRACT_DESCRIPTOR_H
#define CONTRACT_DESCRIPTOR_H

#include <hanse/plugin.h>

/* The handshake: magic, version of the contract, size, name (which must be `name`) and the slots of the lifecycle.
   `plugin` may be NULL: the file at `path` has no such symbol. False: `problem` says what is wrong and what to do. */
bool descriptor_fits(const struct hanse_plugin *plugin, struct hanse_slice name, const char *path,
                     struct hanse_problem *problem);

/* The descriptor, its offers and their slots as our headers lay them out, whatever the plugin was built against: what
   theirs are too short for is 0, so that nobody who reads the copy needs to look at a size. A struct of slots that ends
   before what must be there has a size of 0 (descriptor_missing_slot names it). The rest (names, tables of options) is
   the plugin's and lives as long as its code. `theirs` has passed descriptor_fits. To be freed with free(). NULL:
   `problem` says what is wrong and what to do. */
struct hanse_plugin *descriptor_copy(const struct hanse_plugin *theirs, const char *path,
                                     struct hanse_problem *problem);

/* What an offer lacks of what is always called: a NULL is found here, not on a message's way. NULL: nothing. Of the
   plugin's own offers or of the copy's. */
const char *descriptor_missing_slot(const struct hanse_offer *offer);

/* What a capability is called in sentences; NULL: it is unknown. */
const char *descriptor_capability(enum hanse_capability capability);

/* How many offers of this capability one plugin may have: who looks for them takes no more; 0: any number. */
unsigned descriptor_most(enum hanse_capability capability);

#endif
