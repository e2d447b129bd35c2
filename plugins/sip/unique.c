#include "plugins/sip/unique.h"

#include <stdio.h>

void sip_unique(struct hanse_host *host, char out[SIP_UNIQUE_TEXT]) {
  unsigned char octets[16];
  hanse_random(host, octets, sizeof octets);
  for (size_t i = 0; i < sizeof octets; i++) snprintf(out + 2 * i, 3, "%02x", octets[i]);
}
