/* What is archived of a message: one line of JSON. */
#include "archive.h"

#include <hanse/utf8.h>
#include <stdlib.h>
#include <time.h>

enum { TIME_TEXT = sizeof "2026-01-31T12:00:00.000Z" + 16 };

/* RFC 3339, UTC. */
static json_t *time_text(int64_t microseconds) {
  char text[TIME_TEXT];
  struct tm parts;
  time_t seconds = (time_t)(microseconds / 1000000);
  gmtime_r(&seconds, &parts);
  size_t length = strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%S", &parts);
  snprintf(text + length, sizeof text - length, ".%03dZ", (int)(microseconds / 1000 % 1000));
  return json_string(text);
}

/* JSON is UTF-8. Octets that are not, which whoever is outside may have chosen, are written as in a URI. */
static json_t *words(struct hanse_slice text) {
  static const char digits[] = "0123456789ABCDEF";
  if (hanse_is_utf8(text)) return json_stringn(text.len ? text.at : "", text.len);
  char *plain = (char *)malloc(3 * text.len);
  size_t used = 0;
  if (!plain) return NULL;
  while (text.len) {
    size_t length = hanse_utf8_first(text);
    for (size_t i = 0; i < length; i++) plain[used++] = text.at[i];
    if (!length) {
      plain[used++] = '%';
      plain[used++] = digits[(unsigned char)text.at[0] >> 4];
      plain[used++] = digits[text.at[0] & 0xf];
      length = 1;
    }
    text = hanse_slice(text.at + length, text.len - length);
  }
  json_t *string = json_stringn(plain, used);
  free(plain);
  return string;
}

static json_t *address(const struct hanse_address_fact *fact) {
  json_t *user = words(fact->user), *whole = NULL;
  if (user)
    whole = json_pack("s%++%", json_string_value(user), json_string_length(user), "@",
                      fact->domain.at ? fact->domain.at : "", fact->domain.len);
  json_decref(user);
  return whole;
}

/* A value that found no memory makes the whole be none. */
static bool put(json_t *object, const char *name, json_t *value) {
  return json_object_set_new_nocheck(object, name, value) == 0;
}

json_t *archive_line(struct hanse_host *host, const struct hanse_facts *facts, struct hanse_slice text) {
  char decision[HANSE_DECISION_TEXT];
  json_t *object = json_object();
  hanse_decision_text(host, facts->decision, decision);
  bool good = object && put(object, "time", time_text(hanse_wall_time(host))) &&
              put(object, "decision", json_string(decision)) &&
              put(object, "direction", json_string(facts->side == HANSE_SIDE_PARTNER ? "in" : "out")) &&
              put(object, "from", address(&facts->from)) && put(object, "to", address(&facts->to)) &&
              put(object, "conversation", words(facts->conversation)) && put(object, "type", words(facts->text_type)) &&
              put(object, "bytes", json_integer(facts->bytes));
  if (good && text.len) good = put(object, "text", words(text));
  if (good) return object;
  json_decref(object);
  return NULL;
}
