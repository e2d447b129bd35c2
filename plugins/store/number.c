#include "number.h"

#include <inttypes.h>

/* Negative while it is read: the least number has no positive counterpart. */
int number_add(struct hanse_slice digits, int64_t by, int64_t *sum) {
  bool negative = digits.len && digits.at[0] == '-';
  int64_t value = 0, result;
  if (digits.len == (negative ? 1u : 0u)) return HANSE_INVALID;
  for (size_t i = negative; i < digits.len; i++) {
    if (digits.at[i] < '0' || digits.at[i] > '9') return HANSE_INVALID;
    if (__builtin_mul_overflow(value, 10, &value) || __builtin_sub_overflow(value, digits.at[i] - '0', &value))
      return HANSE_INVALID;
  }
  if (!negative && __builtin_sub_overflow(0, value, &value)) return HANSE_INVALID;
  if (__builtin_add_overflow(value, by, &result)) return HANSE_INVALID;
  *sum = result;
  return HANSE_OK;
}

struct hanse_slice number_text(int64_t number, char buf[NUMBER_TEXT]) {
  return hanse_slice(buf, (size_t)snprintf(buf, NUMBER_TEXT, "%" PRId64, number));
}
