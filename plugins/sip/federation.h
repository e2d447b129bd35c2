/* What all federation types of SIP share: how they refuse. */
#ifndef SIP_FEDERATION_H
#define SIP_FEDERATION_H

#include <hanse/plugin.h>

#define FEDERATION_PORT 5061 /* RFC 3261 §19.1.2: sips and TLS */
#define FEDERATION_NAMES 320 /* room for federation_names */

/* Fills question->why; a text that finds no memory is left out: the number and the place still tell. */
enum hanse_found federation_refuse(struct hanse_question *question, struct hanse_where where,
                                   enum hanse_failure failure, const char *format, ...) HANSE_PRINTF(4, 5);

/* "a.example, b.example and 3 more" of the names that the peer proved, or "no name"; returns out. */
const char *federation_names(const struct hanse_peer *peer, char out[FEDERATION_NAMES]);

#endif
