#include "router/control_request.h"

#include <inttypes.h>
#include <stdio.h>

#include "contract/nearest.h"

void control_request_clear(struct control_request *request) {
  json_decref(request->root);
  json_decref(request->arguments);
  memset(request, 0, sizeof *request);
}

static int invalid(char why[CONTROL_WHY], const char *what, const char *name) {
  snprintf(why, CONTROL_WHY, what, name);
  return HANSE_INVALID;
}

/* The value as text; NULL: no memory, or not a value that an argument can have (*wrong). */
static json_t *as_text(const json_t *value, bool *wrong) {
  char digits[24];
  *wrong = false;
  switch (json_typeof(value)) {
    case JSON_STRING:
      return json_copy((json_t *)value);
    case JSON_INTEGER:
      snprintf(digits, sizeof digits, "%" PRId64, (int64_t)json_integer_value(value));
      return json_string(digits);
    case JSON_TRUE:
      return json_string("true");
    default:
      *wrong = true;
      return NULL;
  }
}

static int read_arguments(json_t *given, struct control_request *request, char why[CONTROL_WHY]) {
  const char *name;
  json_t *value;
  if (!(request->arguments = json_object())) return HANSE_NOMEM;
  if (!given) return HANSE_OK;
  if (!json_is_object(given)) return invalid(why, "\"arguments\" is not an object%s", "");
  json_object_foreach(given, name, value) {
    bool wrong;
    if (json_is_false(value)) continue;
    json_t *text = as_text(value, &wrong);
    if (wrong) return invalid(why, "argument \"%.60s\" is neither text nor a whole number nor true or false", name);
    if (!text || json_object_set_new(request->arguments, name, text) != 0) return HANSE_NOMEM;
  }
  return HANSE_OK;
}

static int read_members(struct control_request *request, char why[CONTROL_WHY]) {
  const char *name;
  json_t *value;
  if (!json_is_object(request->root)) return invalid(why, "a request is a JSON object%s", "");
  json_object_foreach(request->root, name, value) {
    if (strcmp(name, "command") != 0 && strcmp(name, "arguments") != 0)
      return invalid(why, "a request has \"command\" and \"arguments\", not \"%.60s\"", name);
  }
  const json_t *command = json_object_get(request->root, "command");
  if (!json_is_string(command)) return invalid(why, "\"command\" is missing or not text%s", "");
  request->command = hanse_slice(json_string_value(command), json_string_length(command));
  return read_arguments(json_object_get(request->root, "arguments"), request, why);
}

int control_request_parse(struct hanse_slice line, struct control_request *request, char why[CONTROL_WHY]) {
  struct control_request read = {0};
  json_error_t error;
  if (line.len > CONTROL_LINE_MAX) return invalid(why, "a request has at most 4096 octets%s", "");
  read.root = json_loadb(line.at, line.len, JSON_REJECT_DUPLICATES, &error);
  if (!read.root) {
    if (json_error_code(&error) == json_error_out_of_memory) return HANSE_NOMEM;
    return invalid(why, "the request is not JSON: %.160s", error.text);
  }
  int status = read_members(&read, why);
  if (status == HANSE_OK)
    *request = read;
  else
    control_request_clear(&read);
  return status;
}

static bool is_known(const struct hanse_argument *table, const char *name) {
  for (; table && table->name; table++)
    if (strcmp(table->name, name) == 0) return true;
  return false;
}

static void say_unknown(const struct hanse_argument *table, const char *name, char why[CONTROL_WHY]) {
  struct nearest nearest;
  char hint[NEAREST_LENGTH + 32];
  nearest_init(&nearest, hanse_text(name));
  for (; table && table->name; table++) nearest_offer(&nearest, hanse_text(table->name));
  snprintf(why, CONTROL_WHY, "the command has no argument \"%.60s\"%s", name,
           nearest_text(&nearest, hint, sizeof hint));
}

bool control_request_fits(const struct control_request *request, const struct hanse_argument *table,
                          char why[CONTROL_WHY]) {
  const char *name;
  json_t *value;
  json_object_foreach(request->arguments, name, value) {
    if (is_known(table, name)) continue;
    say_unknown(table, name, why);
    return false;
  }
  for (; table && table->name; table++) {
    if (!(table->flags & HANSE_ARGUMENT_REQUIRED) || json_object_get(request->arguments, table->name)) continue;
    snprintf(why, CONTROL_WHY, "the argument \"%.60s\" is missing: %.120s", table->name,
             table->help ? table->help : "");
    return false;
  }
  return true;
}
