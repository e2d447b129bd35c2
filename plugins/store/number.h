/* Counters: kept as their decimal digits, so that every store reads them alike. */
#ifndef STORE_NUMBER_H
#define STORE_NUMBER_H

#include <hanse/base.h>

#define NUMBER_TEXT 24 /* octets that one takes at most, with its NUL */

/* *sum = the number in `digits` + by. HANSE_INVALID: it is none, or the sum is none of 64 bits. */
int number_add(struct hanse_slice digits, int64_t by, int64_t *sum);
/* The digits, in buf. */
struct hanse_slice number_text(int64_t number, char buf[NUMBER_TEXT]);

#endif
