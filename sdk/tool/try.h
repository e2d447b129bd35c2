/* Calls each slot of an offer with what may come. For a bed whose instance is started. */
#ifndef SDK_TOOL_TRY_H
#define SDK_TOOL_TRY_H

#include "sdk/tool/bed.h"

void try_policy(struct bed *bed, const struct hanse_policy *policy);
void try_federation(struct bed *bed, const struct hanse_offer *offer);
void try_protocol(struct bed *bed, const struct hanse_protocol *protocol);
/* Has what the protocol lifted last a neutral form? False: that was reported. */
bool try_lifted(struct bed *bed);
void try_lower(struct bed *bed, const struct hanse_protocol *protocol);
void try_observer(struct bed *bed, const struct hanse_observer *observer);
void try_command(struct bed *bed, const struct hanse_command *command);
void try_store(struct bed *bed);

#endif
