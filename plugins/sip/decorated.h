/* Addresses at the border of a network that calls people of other domains user(domain)@decoration (R103): made so on
   the way out, made plain on the way in, in Request-URI, From and To. Which network does is its target's property: the
   core says it of each message, and our Record-Route token of each dialog. Responses bring back what was asked. */
#ifndef SIP_DECORATED_H
#define SIP_DECORATED_H

#include <hanse/message.h>

#include "plugins/sip/exchange.h"

/* In a dialog: facts->from of a request from that network, made plain, where it calls somebody of the domain that the
   token names. HANSE_F_NONE or MEMORY. */
enum hanse_failure sip_decorated_sender(struct sip *sip, struct hanse_message *message, const struct sip_token *token);

/* What the addresses of x's request are decorated with; empty: nothing. */
struct hanse_slice sip_decoration(const struct sip_exchange *x);

/* Before anything is sent: HANSE_F_NONE, MEMORY, or URI_TOO_LONG: an address would be longer than such networks take.
 */
enum hanse_failure sip_decorated_check(struct sip_exchange *x);

#define SIP_DECORATED_TOO_LONG 1 /* what no status of the contract is */

/* Edits them for the way on; notes in x what the response has to bring back. HANSE_OK, HANSE_NOMEM, HANSE_INVALID (an
   earlier edit contradicts), or SIP_DECORATED_TOO_LONG. */
int sip_decorated_edit(struct sip_exchange *x, struct sip_edits *edits, struct hanse_slice decoration);

#endif
