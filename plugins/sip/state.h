/* What a reload carries over: settled INVITE transactions, as records of a fixed form with a version in front. Pending
   exchanges stay with the instance that has them. */
#ifndef SIP_STATE_H
#define SIP_STATE_H

#include <hanse/host.h>

#include "plugins/sip/sip.h"

/* Saves one record for each settled INVITE. HANSE_OK, or what hanse_save says. */
int sip_state_save(struct sip *sip);

/* Takes over what a predecessor saved; a record of an unknown version is left out. HANSE_OK or HANSE_NOMEM. */
int sip_state_adopt(struct sip *sip, const struct hanse_saved *saved);

/* Drops what a successor has taken over. What nobody took ends: the process does, and only repeats suffer. */
void sip_state_drain(struct sip *sip);

/* Waiting is over: refuses what is open and ends what is settled. */
void sip_state_stop(struct sip *sip);

/* Gives back memory that is left when even `stop` was not called (an adoption that failed): tickets stay as they are.
 */
void sip_state_discard(struct sip *sip);

#endif
