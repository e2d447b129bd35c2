/* What all federation types of SIP share. */
#ifndef SIP_FEDERATION_H
#define SIP_FEDERATION_H

#include <hanse/plugin.h>

#define FEDERATION_PORT 5061 /* RFC 3261 §19.1.2: sips and TLS */

#endif
