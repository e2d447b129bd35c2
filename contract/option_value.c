#include "contract/option_value.h"

#include <stdio.h>

#include "contract/option_text.h"
#include "contract/source.h"
#include "contract/unit.h"

#define SHOWN 120

/* The value as it stands in the file, shortened. Returns buf. */
static const char *shown(const config_setting_t *s, char buf[SHOWN]) {
  switch (config_setting_type(s)) {
    case CONFIG_TYPE_INT:
    case CONFIG_TYPE_INT64:
      snprintf(buf, SHOWN, config_setting_get_format(s) == CONFIG_FORMAT_HEX ? "0x%llx" : "%lld",
               config_setting_get_int64(s));
      break;
    case CONFIG_TYPE_FLOAT:
      snprintf(buf, SHOWN, "%g", config_setting_get_float(s));
      break;
    case CONFIG_TYPE_BOOL:
      snprintf(buf, SHOWN, "%s", config_setting_get_bool(s) ? "true" : "false");
      break;
    case CONFIG_TYPE_STRING: {
      struct hanse_slice text = hanse_text(config_setting_get_string(s));
      bool cut = text.len > 80;
      snprintf(buf, SHOWN, "\"%.*s%s\"", (int)(cut ? 80 : text.len), text.at ? text.at : "", cut ? "…" : "");
      break;
    }
    case CONFIG_TYPE_GROUP:
      snprintf(buf, SHOWN, "{ … }");
      break;
    case CONFIG_TYPE_LIST:
      snprintf(buf, SHOWN, "( … )");
      break;
    default:
      snprintf(buf, SHOWN, "[ … ]");
      break;
  }
  return buf;
}

static void report(struct option_reader *reader, const struct hanse_option *option, const config_setting_t *setting,
                   const char *why) {
  char value[SHOWN];
  struct hanse_where where = source_where(setting);
  const char *text = option->type == HANSE_SECRET ? "(hidden)" : shown(setting, value);
  problem_error(reader->problems, &where, "%s = %s: %s", option->name, text, why);
}

/* Whether a number in quotes may be what is wanted. */
static bool suggests_text(enum hanse_option_type type) {
  return type == HANSE_STRING || type == HANSE_FILE || type == HANSE_ADDRESS || type == HANSE_REFERENCE;
}

/* What somebody who wrote an integer meant; empty: there is no guess. */
static const char *guess(const struct hanse_option *option, const config_setting_t *s, char buf[UNIT_TEXT + 16]) {
  int type = config_setting_type(s);
  long long number = config_setting_get_int64(s);
  char text[UNIT_TEXT];
  buf[0] = '\0';
  if (type == CONFIG_TYPE_STRING) {
    struct hanse_slice written = hanse_text(config_setting_get_string(s));
    int64_t ignored;
    bool truth = hanse_same_nocase(written, HANSE_LIT("true")) || hanse_same_nocase(written, HANSE_LIT("false"));
    bool fits = option->type == HANSE_INT ? unit_integer(written, &ignored) == HANSE_OK : truth;
    if (fits && written.len < UNIT_TEXT) snprintf(buf, UNIT_TEXT + 16, "; write %s", written.at);
    return buf;
  }
  if ((type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) || number < 0) return buf;
  if (option->type == HANSE_SIZE)
    snprintf(buf, UNIT_TEXT + 16, "; write \"%s\"", unit_size_guess((uint64_t)number, text));
  else if (option->type == HANSE_DURATION)
    snprintf(buf, UNIT_TEXT + 16, "; write \"%llds\"", number);
  else if (option->type == HANSE_RATE)
    snprintf(buf, UNIT_TEXT + 16, "; write \"%lld/s\"", number);
  else if (suggests_text(option->type))
    snprintf(buf, UNIT_TEXT + 16, "; write \"%lld\"", number);
  else if (option->type == HANSE_BOOL && number <= 1)
    snprintf(buf, UNIT_TEXT + 16, "; write %s", number ? "true" : "false");
  return buf;
}

void option_value_wrong(struct option_reader *reader, const struct hanse_option *option,
                        const config_setting_t *setting) {
  char why[300], hint[UNIT_TEXT + 16];
  bool list = option->flags & HANSE_LIST, inside = !config_setting_name(setting);
  if (list && !inside)
    snprintf(why, sizeof why, "%s",
             option->type == HANSE_GROUP ? "a list of groups is written ( { … }, { … } )"
                                         : "a list is written [ …, … ]; put it in brackets");
  else
    snprintf(why, sizeof why, "%s%s", option_type_form(option->type), guess(option, setting, hint));
  report(reader, option, setting, why);
}

/* The text by which the setting is converted: scalars that libconfig has read are written again. */
static bool text_of(const struct hanse_option *option, const config_setting_t *s, char buf[UNIT_TEXT],
                    struct hanse_slice *out) {
  int type = config_setting_type(s);
  if (option->type == HANSE_BOOL) {
    if (type != CONFIG_TYPE_BOOL) return false;
    *out = config_setting_get_bool(s) ? HANSE_LIT("true") : HANSE_LIT("false");
    return true;
  }
  if (option->type == HANSE_INT) {
    if (type != CONFIG_TYPE_INT && type != CONFIG_TYPE_INT64) return false;
    snprintf(buf, UNIT_TEXT, "%lld", config_setting_get_int64(s));
    *out = hanse_text(buf);
    return true;
  }
  if (type != CONFIG_TYPE_STRING) return false;
  const char *text = config_setting_get_string(s);
  *out = hanse_text(text ? text : "");
  return true;
}

int option_value_convert(struct option_reader *reader, const struct hanse_option *option,
                         const config_setting_t *setting, void *field) {
  struct option_text t;
  struct hanse_slice text;
  char buf[UNIT_TEXT];
  if (!text_of(option, setting, buf, &text)) {
    option_value_wrong(reader, option, setting);
    return HANSE_INVALID;
  }
  t.option = option;
  t.pool = reader->pool;
  t.references = reader->references;
  t.user = reader->user;
  t.folder = source_folder(setting);
  if (option_pool_where(reader->pool, source_where(setting), &t.where) != HANSE_OK) return HANSE_NOMEM;
  int status = option_text_convert(&t, text, field);
  if (status == HANSE_INVALID) report(reader, option, setting, t.why);
  return status;
}

int option_value_fallback(struct option_reader *reader, const struct hanse_option *option, struct hanse_slice text,
                          void *field) {
  struct option_text t;
  t.option = option;
  t.pool = reader->pool;
  t.references = reader->references;
  t.user = reader->user;
  t.folder = "/";
  t.where = (struct hanse_where){NULL, 0};
  int status = option_text_convert(&t, text, field);
  if (status == HANSE_INVALID)
    problem_error(reader->problems, NULL, "the default of \"%s\" (%.*s) is refused: %s", option->name, HANSE_FMT(text),
                  t.why);
  return status;
}
