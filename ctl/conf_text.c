#include "ctl/conf_text.h"

#include <stdbool.h>
#include <string.h>

#define COLUMNS 118

void conf_text_string(FILE *out, const char *text) {
  putc('"', out);
  for (; *text; text++) {
    unsigned char octet = (unsigned char)*text;
    if (octet == '"' || octet == '\\')
      fprintf(out, "\\%c", octet);
    else if (octet < 0x20 || octet == 0x7f)
      fprintf(out, "\\x%02x", octet);
    else
      putc(octet, out);
  }
  putc('"', out);
}

void conf_text_comment(FILE *out, unsigned indent, const char *text) {
  size_t column = 0;
  while (*text) {
    size_t length = strcspn(text, " \n");
    if (column && column + 1 + length > COLUMNS) {
      putc('\n', out);
      column = 0;
    }
    if (length) {
      column += (size_t)(column ? fprintf(out, " ") : fprintf(out, "%*s# ", (int)indent, "")) + length;
      for (size_t i = 0; i < length; i++) {
        unsigned char octet = (unsigned char)text[i];
        putc(octet < 0x20 || octet == 0x7f ? '?' : octet, out);
      }
    }
    text += length;
    if (*text == '\n') {
      putc('\n', out);
      column = 0;
    }
    if (*text) text++;
  }
  if (column) putc('\n', out);
}

static void value(FILE *out, const config_setting_t *setting, unsigned indent);

static void scalar(FILE *out, const config_setting_t *setting) {
  switch (config_setting_type(setting)) {
    case CONFIG_TYPE_STRING:
      conf_text_string(out, config_setting_get_string(setting));
      break;
    case CONFIG_TYPE_BOOL:
      fputs(config_setting_get_bool(setting) ? "true" : "false", out);
      break;
    case CONFIG_TYPE_INT:
      fprintf(out, "%d", config_setting_get_int(setting));
      break;
    case CONFIG_TYPE_INT64:
      fprintf(out, "%lldL", config_setting_get_int64(setting));
      break;
    default:
      fprintf(out, "%.17g", config_setting_get_float(setting));
  }
}

static bool has_inner(const config_setting_t *group) {
  for (int i = 0; i < config_setting_length(group); i++)
    if (config_setting_is_aggregate(config_setting_get_elem(group, (unsigned)i))) return true;
  return false;
}

/* Each member on a line of its own, or all on one. */
static void members(FILE *out, const config_setting_t *group, unsigned indent, bool lines) {
  for (int i = 0; i < config_setting_length(group); i++) {
    const config_setting_t *member = config_setting_get_elem(group, (unsigned)i);
    fprintf(out, "%*s%s = ", lines ? (int)indent : 1, "", config_setting_name(member));
    value(out, member, indent);
    fputs(lines ? ";\n" : ";", out);
  }
}

static void group_value(FILE *out, const config_setting_t *group, unsigned indent) {
  bool lines = has_inner(group);
  fputs(lines ? "{\n" : "{", out);
  members(out, group, indent + 2, lines);
  if (lines)
    fprintf(out, "%*s}", (int)indent, "");
  else
    fputs(" }", out);
}

static void list_value(FILE *out, const config_setting_t *list, unsigned indent) {
  int count = config_setting_length(list);
  bool array = config_setting_is_array(list), lines = count > 1 || has_inner(list);
  putc(array ? '[' : '(', out);
  for (int i = 0; i < count; i++) {
    if (lines)
      fprintf(out, "\n%*s", (int)indent + 2, "");
    else
      putc(' ', out);
    value(out, config_setting_get_elem(list, (unsigned)i), indent + 2);
    if (i + 1 < count) putc(',', out);
  }
  if (lines)
    fprintf(out, "\n%*s", (int)indent, "");
  else
    putc(' ', out);
  putc(array ? ']' : ')', out);
}

static void value(FILE *out, const config_setting_t *setting, unsigned indent) {
  if (config_setting_is_group(setting))
    group_value(out, setting, indent);
  else if (config_setting_is_aggregate(setting))
    list_value(out, setting, indent);
  else
    scalar(out, setting);
}

void conf_text_members(FILE *out, const config_setting_t *group) { members(out, group, 0, true); }
