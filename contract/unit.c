#include "contract/unit.h"

#include <inttypes.h>
#include <stdio.h>

struct unit {
  const char *name;
  uint64_t factor;
};

/* Largest first, as the way back tries them. Both letters of a size are read, the first is written. */
static const struct unit size_units[] = {{"G", (uint64_t)1 << 30},
                                         {"M", (uint64_t)1 << 20},
                                         {"k", (uint64_t)1 << 10},
                                         {"K", (uint64_t)1 << 10},
                                         {"", 1},
                                         {NULL, 0}};
static const struct unit time_units[] = {{"d", 86400000000u}, {"h", 3600000000u}, {"m", 60000000u}, {"s", 1000000u},
                                         {"ms", 1000u},       {"us", 1u},         {NULL, 0}};
static const struct unit rate_units[] = {
    {"s", 1000000u}, {"m", 60000000u}, {"h", 3600000000u}, {"d", 86400000000u}, {NULL, 0}};

/* So that count times seconds of a day stays inside 64 bits. */
#define RATE_MAX 1000000000u

/* Takes the digits at the front of *text. */
static int take_number(struct hanse_slice *text, uint64_t *out) {
  uint64_t number = 0;
  size_t i = 0;
  for (; i < text->len && text->at[i] >= '0' && text->at[i] <= '9'; i++) {
    if (__builtin_mul_overflow(number, 10u, &number) ||
        __builtin_add_overflow(number, (uint64_t)(text->at[i] - '0'), &number))
      return HANSE_INVALID;
  }
  if (i == 0) return HANSE_INVALID;
  *text = hanse_slice(text->at + i, text->len - i);
  *out = number;
  return HANSE_OK;
}

static const struct unit *find_unit(const struct unit *units, struct hanse_slice name) {
  for (; units->name; units++)
    if (hanse_same(hanse_text(units->name), name)) return units;
  return NULL;
}

/* A number and its unit, multiplied; at most INT64_MAX. */
static int read_quantity(const struct unit *units, struct hanse_slice text, uint64_t *out) {
  uint64_t number;
  if (take_number(&text, &number) != HANSE_OK) return HANSE_INVALID;
  const struct unit *unit = find_unit(units, text);
  if (!unit || __builtin_mul_overflow(number, unit->factor, &number) || number > INT64_MAX) return HANSE_INVALID;
  *out = number;
  return HANSE_OK;
}

static const char *write_quantity(const struct unit *units, uint64_t value, char *buf) {
  const struct unit *unit = units;
  while (unit[1].name && value % unit->factor != 0) unit++;
  snprintf(buf, UNIT_TEXT, "%" PRIu64 "%s", value / unit->factor, unit->name);
  return buf;
}

int unit_size(struct hanse_slice text, uint64_t *out) { return read_quantity(size_units, text, out); }

int unit_duration(struct hanse_slice text, hanse_time *out) {
  uint64_t time;
  if (read_quantity(time_units, text, &time) != HANSE_OK) return HANSE_INVALID;
  *out = (hanse_time)time;
  return HANSE_OK;
}

int unit_rate(struct hanse_slice text, struct hanse_rate *out) {
  uint64_t count;
  if (take_number(&text, &count) != HANSE_OK || count > RATE_MAX) return HANSE_INVALID;
  if (text.len < 2 || text.at[0] != '/') return HANSE_INVALID;
  const struct unit *unit = find_unit(rate_units, hanse_slice(text.at + 1, text.len - 1));
  if (!unit) return HANSE_INVALID;
  *out = (struct hanse_rate){count, (hanse_time)unit->factor};
  return HANSE_OK;
}

int unit_integer(struct hanse_slice text, int64_t *out) {
  bool negative = text.len > 0 && text.at[0] == '-';
  if (negative) text = hanse_slice(text.at + 1, text.len - 1);
  uint64_t number;
  if (take_number(&text, &number) != HANSE_OK || text.len > 0 || number > INT64_MAX) return HANSE_INVALID;
  *out = negative ? -(int64_t)number : (int64_t)number;
  return HANSE_OK;
}

const char *unit_size_text(uint64_t size, char buf[UNIT_TEXT]) {
  return size ? write_quantity(size_units, size, buf) : memcpy(buf, "0", 2);
}

const char *unit_duration_text(hanse_time time, char buf[UNIT_TEXT]) {
  return time > 0 ? write_quantity(time_units, (uint64_t)time, buf) : memcpy(buf, "0s", 3);
}

const char *unit_rate_text(struct hanse_rate rate, char buf[UNIT_TEXT]) {
  const struct unit *unit = rate_units;
  while (unit[1].name && (hanse_time)unit->factor != rate.per) unit++;
  snprintf(buf, UNIT_TEXT, "%" PRIu64 "/%s", rate.count, unit->name);
  return buf;
}

const char *unit_size_guess(uint64_t size, char buf[UNIT_TEXT]) {
  static const struct unit decimal[] = {{"G", 1000000000u}, {"M", 1000000u}, {"k", 1000u}, {"", 1}, {NULL, 0}};
  bool binary = size % 1024 == 0;
  return size ? write_quantity(binary ? size_units : decimal, size, buf) : memcpy(buf, "0", 2);
}

int unit_rate_compare(struct hanse_rate a, struct hanse_rate b) {
  uint64_t left = a.count * (uint64_t)(b.per / HANSE_SECOND), right = b.count * (uint64_t)(a.per / HANSE_SECOND);
  return left < right ? -1 : left > right;
}
