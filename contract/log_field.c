#include "contract/log_field.h"

#include <stdint.h>
#include <stdio.h>

enum length { LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_MAX, LENGTH_SIZE, LENGTH_DIFF, LENGTH_LONG_DOUBLE };

/* One conversion specification. */
struct spec {
  char flags[6];
  int width;     /* 0: none */
  int precision; /* -1: none */
  enum length length;
  unsigned narrow; /* how often h was written */
  char conversion;
};

static void value_add(struct log_field *field, const char *at, size_t n) {
  size_t room = sizeof field->value - field->length;
  if (n > room) {
    field->cut = true;
    n = room;
  }
  memcpy(field->value + field->length, at, n);
  field->length += n;
}

static int spec_number(struct log_fields *fields) {
  int n = 0;
  if (*fields->at == '*') {
    fields->at++;
    return va_arg(fields->arguments, int);
  }
  for (; *fields->at >= '0' && *fields->at <= '9'; fields->at++)
    if (n < 10000) n = n * 10 + (*fields->at - '0');
  return n;
}

static void spec_length(struct log_fields *fields, struct spec *spec) {
  for (;; fields->at++) {
    switch (*fields->at) {
      case 'h':
        spec->narrow++;
        break;
      case 'l':
        spec->length = spec->length == LENGTH_LONG ? LENGTH_LONG_LONG : LENGTH_LONG;
        break;
      case 'j':
        spec->length = LENGTH_MAX;
        break;
      case 'z':
        spec->length = LENGTH_SIZE;
        break;
      case 't':
        spec->length = LENGTH_DIFF;
        break;
      case 'L':
        spec->length = LENGTH_LONG_DOUBLE;
        break;
      default:
        return;
    }
  }
}

/* fields->at is behind the percent sign. */
static void spec_read(struct log_fields *fields, struct spec *spec) {
  size_t n = 0;
  memset(spec, 0, sizeof *spec);
  spec->precision = -1;
  for (; *fields->at && strchr("-+ #0'", *fields->at); fields->at++)
    if (n < sizeof spec->flags - 1) spec->flags[n++] = *fields->at;
  spec->width = spec_number(fields);
  if (spec->width < 0) { /* C11 §7.21.6.1: a negative width is the flag "-" and a width */
    spec->width = spec->width < -60 ? 60 : -spec->width;
    if (n < sizeof spec->flags - 1) spec->flags[n++] = '-';
  }
  if (*fields->at == '.') {
    fields->at++;
    spec->precision = spec_number(fields);
  }
  spec_length(fields, spec);
  spec->conversion = *fields->at;
  if (*fields->at) fields->at++;
}

static bool spec_is_plain(const struct spec *spec) {
  return spec->flags[0] == '\0' && spec->width == 0 && spec->precision < 0;
}

static int64_t signed_argument(struct log_fields *fields, const struct spec *spec) {
  switch (spec->length) {
    case LENGTH_LONG:
      return va_arg(fields->arguments, long);
    case LENGTH_LONG_LONG:
    case LENGTH_LONG_DOUBLE:
      return va_arg(fields->arguments, long long);
    case LENGTH_MAX:
      return va_arg(fields->arguments, intmax_t);
    case LENGTH_SIZE:
      return va_arg(fields->arguments, ssize_t);
    case LENGTH_DIFF:
      return va_arg(fields->arguments, ptrdiff_t);
    case LENGTH_INT:
      break;
  }
  int value = va_arg(fields->arguments, int);
  return spec->narrow == 0 ? value : spec->narrow == 1 ? (short)value : (signed char)value;
}

static uint64_t unsigned_argument(struct log_fields *fields, const struct spec *spec) {
  if (spec->length != LENGTH_INT) return (uint64_t)signed_argument(fields, spec);
  unsigned value = va_arg(fields->arguments, unsigned);
  return spec->narrow == 0 ? value : spec->narrow == 1 ? (unsigned short)value : (unsigned char)value;
}

static void add_digits(struct log_field *field, uint64_t magnitude, bool negative) {
  char digits[24];
  size_t at = sizeof digits;
  do digits[--at] = (char)('0' + magnitude % 10);
  while (magnitude /= 10);
  if (negative) digits[--at] = '-';
  value_add(field, digits + at, sizeof digits - at);
}

/* The specification written again for a wider type, with bounds on width and precision. */
static const char *spec_text(const struct spec *spec, const char *length, char buf[32]) {
  int n = snprintf(buf, 32, "%%%s", spec->flags);
  if (spec->width) n += snprintf(buf + n, 32 - (size_t)n, "%d", spec->width > 60 ? 60 : spec->width);
  if (spec->precision >= 0) n += snprintf(buf + n, 32 - (size_t)n, ".%d", spec->precision > 60 ? 60 : spec->precision);
  snprintf(buf + n, 32 - (size_t)n, "%s%c", length, spec->conversion);
  return buf;
}

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral" /* spec_text writes one conversion of the type that follows */

static void add_number(struct log_fields *fields, struct log_field *field, const struct spec *spec) {
  char buf[32], text[400];
  int n = 0;
  if (strchr("di", spec->conversion)) {
    int64_t value = signed_argument(fields, spec);
    if (spec_is_plain(spec)) return add_digits(field, value < 0 ? 0 - (uint64_t)value : (uint64_t)value, value < 0);
    n = snprintf(text, sizeof text, spec_text(spec, "j", buf), (intmax_t)value);
  } else if (strchr("uxXo", spec->conversion)) {
    uint64_t value = unsigned_argument(fields, spec);
    if (spec->conversion == 'u' && spec_is_plain(spec)) return add_digits(field, value, false);
    n = snprintf(text, sizeof text, spec_text(spec, "j", buf), (uintmax_t)value);
  } else if (spec->length == LENGTH_LONG_DOUBLE) {
    n = snprintf(text, sizeof text, spec_text(spec, "L", buf), va_arg(fields->arguments, long double));
  } else {
    n = snprintf(text, sizeof text, spec_text(spec, "", buf), va_arg(fields->arguments, double));
  }
  if (n > 0) value_add(field, text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1);
}

#pragma GCC diagnostic pop

static void add_text(struct log_field *field, const char *text, const struct spec *spec) {
  static const char blanks[] = "                                                            ";
  size_t most = LOG_VALUE_MAX + 1, width = 0;
  if (spec && spec->precision >= 0 && (size_t)spec->precision < most) most = (size_t)spec->precision;
  if (spec) width = (size_t)spec->width < sizeof blanks ? (size_t)spec->width : sizeof blanks - 1;
  if (!text) text = "(null)";
  size_t length = strnlen(text, most), pad = width > length ? width - length : 0;
  bool left = spec && strchr(spec->flags, '-');
  if (!left) value_add(field, blanks, pad);
  value_add(field, text, length);
  if (left) value_add(field, blanks, pad);
}

/* fields->at is behind the percent sign. */
static void add_conversion(struct log_fields *fields, struct log_field *field) {
  struct spec spec;
  char octet, pointer[32];
  if (*fields->at == 's') { /* nearly always */
    fields->at++;
    field->number = false;
    return add_text(field, va_arg(fields->arguments, const char *), NULL);
  }
  spec_read(fields, &spec);
  if (spec.conversion != 'd' && spec.conversion != 'i' && spec.conversion != 'u') field->number = false;
  switch (spec.conversion) {
    case 's':
      if (spec.length == LENGTH_INT) return add_text(field, va_arg(fields->arguments, const char *), &spec);
      (void)va_arg(fields->arguments, void *);
      return value_add(field, "?", 1);
    case 'c':
      octet = (char)va_arg(fields->arguments, int);
      return value_add(field, &octet, 1);
    case 'p':
      snprintf(pointer, sizeof pointer, "%p", va_arg(fields->arguments, void *));
      return value_add(field, pointer, strlen(pointer));
    case 'n':
      (void)va_arg(fields->arguments, void *);
      return value_add(field, "?", 1);
    case 'm':
      return add_text(field, strerrordesc_np(fields->error), &spec);
    case '%':
      return value_add(field, "%", 1);
    case '\0':
      return;
    default:
      if (strchr("diuxXofFeEgGaA", spec.conversion)) return add_number(fields, field, &spec);
      fields->at += strlen(fields->at); /* what its argument is nobody knows, so none is read any more */
      return value_add(field, "?", 1);
  }
}

void log_fields_begin(struct log_fields *fields, const char *format, va_list arguments, int error) {
  fields->at = format;
  fields->error = error;
  va_copy(fields->arguments, arguments);
}

void log_fields_end(struct log_fields *fields) { va_end(fields->arguments); }

/* The key at `at` with its equal sign; empty: there is none. */
static struct hanse_slice key_at(const char *at) {
  const char *end = at;
  while ((*end >= 'a' && *end <= 'z') || (*end >= 'A' && *end <= 'Z') || (*end >= '0' && *end <= '9') || *end == '_' ||
         *end == '.' || *end == '-')
    end++;
  return hanse_slice(at, *end == '=' ? (size_t)(end - at) : 0);
}

static bool is_number(const struct log_field *field) {
  size_t i = field->length > 0 && field->value[0] == '-', first = i;
  while (i < field->length && field->value[i] >= '0' && field->value[i] <= '9') i++;
  bool canonical = i - first == 1 || field->value[first] != '0';
  return i == field->length && i > first && i - first <= 18 && canonical && !field->cut;
}

/* The value up to `end`, a character of the format; '\0': all of it. */
static void value_read(struct log_fields *fields, struct log_field *field, char end) {
  field->number = true; /* until something else than an integer is added */
  while (*fields->at && (end == '\0' || *fields->at != end)) {
    if (*fields->at == '%') {
      fields->at++;
      add_conversion(fields, field);
    } else {
      size_t run = strcspn(fields->at, end == '"' ? "%\"" : end == ' ' ? "% " : "%");
      value_add(field, fields->at, run);
      fields->at += run;
      field->number = false;
    }
  }
  field->number = field->number && is_number(field);
}

/* What was cut in the middle of a character ends before it. */
static void value_trim(struct log_field *field) {
  size_t end = field->length;
  if (!field->cut) return;
  while (end > 0 && field->length - end < 3 && ((unsigned char)field->value[end - 1] & 0xC0) == 0x80) end--;
  if (end > 0 && (unsigned char)field->value[end - 1] >= 0xC0) field->length = end - 1;
}

bool log_fields_next(struct log_fields *fields, struct log_field *field) {
  while (*fields->at == ' ') fields->at++;
  if (*fields->at == '\0') return false;
  field->length = 0;
  field->cut = field->number = false;
  field->key = key_at(fields->at);
  char end = ' ';
  if (field->key.len == 0) {
    field->key = HANSE_LIT("text");
    end = '\0';
  } else {
    fields->at += field->key.len + 1;
    if (*fields->at == '"') {
      fields->at++;
      end = '"';
    }
  }
  value_read(fields, field, end);
  if (*fields->at) fields->at++;
  value_trim(field);
  return true;
}
