/* Decimal numbers of headers: digits only, no sign, checked. */
#ifndef SIP_NUMBER_H
#define SIP_NUMBER_H

#include <hanse/base.h>

/* A decimal value such as Expires or Max-Breadth: digits only, any leading zeros. *out is clamped to UINT32_MAX. False:
   not a number. */
bool sip_number(struct hanse_slice value, uint32_t *out);

#endif
