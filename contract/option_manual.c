#include "contract/option_manual.h"

#include <string.h>

#include "contract/option_text.h"

#define NAME_MAX_SHOWN 200

/* Types whose values stand in quotes. */
static bool is_quoted(const struct hanse_option *option) {
  return option->type != HANSE_BOOL && option->type != HANSE_INT && option->type != HANSE_GROUP;
}

static void print_default(const struct hanse_option *option, const char *unknown, FILE *out) {
  bool list = option->flags & HANSE_LIST;
  const char *quote = is_quoted(option) ? "\"" : "", *at = option->fallback;
  if (!at && list) {
    fputs(option->type == HANSE_GROUP ? "( )" : "[ ]", out);
  } else if (!at) {
    const char *zero = option->type == HANSE_INT ? "0" : option->type == HANSE_BOOL ? "false" : NULL;
    fprintf(out, "%s%s%s", zero ? "" : quote, zero ? zero : unknown, zero ? "" : quote);
  } else if (!list) {
    fprintf(out, "%s%s%s", quote, at, quote);
  } else {
    fputs("[ ", out);
    for (size_t length; *at; at += length + strspn(at + length, ", ")) {
      length = strcspn(at, ",");
      fprintf(out, "%s%.*s%s%s", quote, (int)length, at, quote, at[length] ? ", " : "");
    }
    fputs(" ]", out);
  }
}

static void print_type(const struct hanse_option *option, FILE *out) {
  if (option->flags & HANSE_LIST) fputs("list of: ", out);
  fputs(option_type_name(option->type), out);
  if (option->type == HANSE_REFERENCE) fprintf(out, " of an entry of `%s`", option->refers);
}

/* Bounds or choices; whether there are any. */
static bool print_bounds(const struct hanse_option *option, FILE *out) {
  if (option->type == HANSE_ENUM) {
    for (const struct hanse_choice *choice = option->choices; choice->name; choice++)
      fprintf(out, "%s\"%s\"", choice == option->choices ? "" : ", ", choice->name);
    return true;
  }
  if (option->min && option->max)
    fprintf(out, "%s to %s", option->min, option->max);
  else if (option->min)
    fprintf(out, "at least %s", option->min);
  else if (option->max)
    fprintf(out, "at most %s", option->max);
  return option->min || option->max;
}

/* A cell of a Markdown table. */
static void print_cell(const char *text, FILE *out) {
  for (; *text; text++) {
    if (*text == '|') fputc('\\', out);
    fputc(*text == '\n' ? ' ' : *text, out);
  }
}

static void manual_row(const struct hanse_option *option, const char *name, FILE *out) {
  fprintf(out, "| `%s` | ", name);
  print_type(option, out);
  fputs(" | ", out);
  if (option->flags & HANSE_REQUIRED)
    fputs("must be set", out);
  else if (option->fallback || (option->flags & HANSE_LIST) || option->type == HANSE_INT ||
           option->type == HANSE_BOOL) {
    fputc('`', out);
    print_default(option, "", out);
    fputc('`', out);
  } else
    fputs("not set", out);
  fputs(" | ", out);
  print_bounds(option, out);
  fputs(" | ", out);
  print_cell(option->help ? option->help : "", out);
  fputs(" |\n", out);
}

static void manual_rows(const struct hanse_option *table, const char *prefix, FILE *out) {
  for (const struct hanse_option *option = table; option && option->name; option++) {
    char name[NAME_MAX_SHOWN];
    bool group = option->type == HANSE_GROUP, list = option->flags & HANSE_LIST;
    if (option->type == HANSE_ORIGIN) continue;
    snprintf(name, sizeof name, "%s%s", prefix, option->name);
    if (!group || list) manual_row(option, name, out);
    if (!group) continue;
    snprintf(name, sizeof name, "%s%s%s.", prefix, option->name, list ? "[]" : "");
    manual_rows(option->group, name, out);
  }
}

void option_manual(const struct hanse_option *table, FILE *out) {
  fputs("| setting | type | default | bounds | meaning |\n|---|---|---|---|---|\n", out);
  manual_rows(table, "", out);
}

static void sample_head(const struct hanse_option *option, int indent, FILE *out) {
  fprintf(out, "#%*s %s", indent, "", option->help ? option->help : option->name);
  if (option->type != HANSE_GROUP && option->type != HANSE_BOOL &&
      (option->type == HANSE_ENUM || option->min || option->max)) {
    fputs(" (", out);
    print_bounds(option, out);
    fputc(')', out);
  }
  fputs("\n", out);
}

static void sample_group(const struct hanse_option *option, int indent, FILE *out) {
  bool list = option->flags & HANSE_LIST;
  fprintf(out, "#%*s%s = %s\n", indent, "", option->name, list ? "( {" : "{");
  option_sample(option->group, indent + 2, out);
  fprintf(out, "#%*s%s;\n", indent, "", list ? "} )" : "}");
}

void option_sample(const struct hanse_option *table, int indent, FILE *out) {
  for (const struct hanse_option *option = table; option && option->name; option++) {
    if (option->type == HANSE_ORIGIN || (option->flags & HANSE_HIDDEN)) continue;
    sample_head(option, indent, out);
    if (option->type == HANSE_GROUP) {
      sample_group(option, indent, out);
    } else {
      fprintf(out, "#%*s%s = ", indent, "", option->name);
      print_default(option, "…", out);
      fputs(";\n", out);
    }
  }
}
