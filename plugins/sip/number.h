/* Decimal numbers of headers: digits only, no sign; read with checks, and written. */
#ifndef SIP_NUMBER_H
#define SIP_NUMBER_H

#include <hanse/base.h>

/* A decimal value such as Expires or Max-Breadth: digits only, any leading zeros. *out is clamped to UINT32_MAX. False:
   not a number. */
bool sip_number(struct hanse_slice value, uint32_t *out);

enum { SIP_NUMBER_ROOM = 20 }; /* all digits of a uint64_t */

/* The digits of n, somewhere in `room`. */
struct hanse_slice sip_number_text(uint64_t n, char room[SIP_NUMBER_ROOM]);

#endif
