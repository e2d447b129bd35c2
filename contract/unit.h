/* Sizes, durations and rates as the administrator writes them, and back. libconfig 1.5 wraps integers over 31 bits, so
   all three are strings with a unit. */
#ifndef CONTRACT_UNIT_H
#define CONTRACT_UNIT_H

#include <hanse/base.h>
#include <hanse/option.h>

/* Longest text that unit_*_text writes, with its NUL. */
#define UNIT_TEXT 32

/* Bytes: "512", "64k", "1M", "2G" (powers of 1024). */
int unit_size(struct hanse_slice text, uint64_t *out);
/* Microseconds: "500us", "500ms", "30s", "5m", "8h", "1d". */
int unit_duration(struct hanse_slice text, hanse_time *out);
/* "20/s", "600/m", "1000/h", "5000/d". */
int unit_rate(struct hanse_slice text, struct hanse_rate *out);
/* A whole decimal number, with a sign. */
int unit_integer(struct hanse_slice text, int64_t *out);
/* All four return HANSE_OK or HANSE_INVALID (no such form, or out of range). */

/* The shortest text that reads back as the same value. Returns buf. */
const char *unit_size_text(uint64_t size, char buf[UNIT_TEXT]);
const char *unit_duration_text(hanse_time time, char buf[UNIT_TEXT]);
const char *unit_rate_text(struct hanse_rate rate, char buf[UNIT_TEXT]);

/* What somebody who wrote a bare number meant: 1000000 -> "1M", 65536 -> "64k", 1500 -> "1500". */
const char *unit_size_guess(uint64_t size, char buf[UNIT_TEXT]);

/* -1, 0, 1: by events per time. */
int unit_rate_compare(struct hanse_rate a, struct hanse_rate b);

#endif
