#include "router/option_print.h"

#include <inttypes.h>
#include <sodium.h>
#include <stdio_ext.h>
#include <stdlib.h>

#include "contract/source.h"
#include "contract/unit.h"

/* The comments of one listing stand under each other. */
#define COMMENT_COLUMN 56

enum style { SHOWN, COMPARED };

static void print_quoted(struct hanse_slice text, FILE *out) {
  putc_unlocked('"', out);
  for (size_t i = 0; i < text.len; i++) {
    unsigned char c = (unsigned char)text.at[i];
    if (c == '"' || c == '\\')
      fprintf(out, "\\%c", c);
    else if (c < 0x20 || c == 0x7f)
      fprintf(out, "\\x%02x", c);
    else
      putc_unlocked(c, out);
  }
  putc_unlocked('"', out);
}

static void print_hash(struct hanse_slice content, FILE *out) {
  unsigned char hash[crypto_hash_sha256_BYTES];
  crypto_hash_sha256(hash, (const unsigned char *)content.at, content.len);
  for (size_t i = 0; i < sizeof hash; i++) fprintf(out, "%02x", hash[i]);
}

static void print_address(const struct hanse_address *address, FILE *out) {
  bool six = address->host.len && memchr(address->host.at, ':', address->host.len);
  fprintf(out, "\"%s%.*s%s", six ? "[" : "", HANSE_FMT(address->host), six ? "]" : "");
  if (address->port) fprintf(out, ":%u", address->port);
  fputc('"', out);
}

static const char *choice_name(const struct hanse_option *option, int value) {
  for (const struct hanse_choice *choice = option->choices; choice->name; choice++)
    if (choice->value == value) return choice->name;
  return "";
}

static void print_file(const struct hanse_file *file, enum style style, FILE *out) {
  print_quoted(file->path, out);
  if (style == SHOWN) return;
  fputc(' ', out);
  print_hash(file->content, out);
}

static void print_secret(struct hanse_slice secret, enum style style, FILE *out) {
  if (style == COMPARED)
    print_hash(secret, out);
  else
    fputs("\"(set)\"", out);
}

static void print_value(const struct hanse_option *option, const void *field, enum style style, FILE *out) {
  char text[UNIT_TEXT];
  switch (option->type) {
    case HANSE_BOOL:
      fputs(*(const bool *)field ? "true" : "false", out);
      break;
    case HANSE_INT:
      fprintf(out, "%" PRId64, *(const int64_t *)field);
      break;
    case HANSE_SIZE:
      fprintf(out, "\"%s\"", unit_size_text(*(const uint64_t *)field, text));
      break;
    case HANSE_DURATION:
      fprintf(out, "\"%s\"", unit_duration_text(*(const hanse_time *)field, text));
      break;
    case HANSE_RATE:
      fprintf(out, "\"%s\"", unit_rate_text(*(const struct hanse_rate *)field, text));
      break;
    case HANSE_STRING:
    case HANSE_REFERENCE:
      print_quoted(*(const struct hanse_slice *)field, out);
      break;
    case HANSE_SECRET:
      print_secret(*(const struct hanse_slice *)field, style, out);
      break;
    case HANSE_FILE:
      print_file(field, style, out);
      break;
    case HANSE_ADDRESS:
      print_address(field, out);
      break;
    case HANSE_DOMAIN:
    case HANSE_PATTERN:
      print_quoted(((const struct hanse_domain *)field)->name, out);
      break;
    case HANSE_ENUM:
      print_quoted(hanse_text(choice_name(option, *(const int *)field)), out);
      break;
    default:
      break;
  }
}

static const void *element(const struct hanse_option *option, const struct hanse_list *list, size_t i) {
  return (const char *)list->items + i * option_value_size(option);
}

static void canonical_option(const struct hanse_option *option, const void *field, FILE *out) {
  const struct hanse_list one = {1, field};
  bool list = option->flags & HANSE_LIST;
  const struct hanse_list *items = list ? (const struct hanse_list *)field : &one;
  fprintf(out, "%s", option->name);
  if (list) fprintf(out, "[%zu]", items->count);
  for (size_t i = 0; i < items->count; i++) {
    fputc(option->type == HANSE_GROUP ? '{' : '=', out);
    if (option->type == HANSE_GROUP)
      option_canonical(option->group, element(option, items, i), out);
    else
      print_value(option, element(option, items, i), COMPARED, out);
    if (option->type == HANSE_GROUP) fputc('}', out);
  }
  fputc('\n', out);
}

void option_canonical(const struct hanse_option *table, const void *settings, FILE *out) {
  for (const struct hanse_option *option = table; option && option->name; option++)
    if (option->type != HANSE_ORIGIN) canonical_option(option, (const char *)settings + option->offset, out);
}

static ssize_t hash_written(void *state, const char *bytes, size_t n) {
  crypto_generichash_update(state, (const unsigned char *)bytes, n);
  return (ssize_t)n;
}

int option_digest_list(const struct hanse_option *table, const struct hanse_list *list, size_t size,
                       unsigned char out[32]) {
  crypto_generichash_state state;
  crypto_generichash_init(&state, NULL, 0, 32);
  FILE *stream = fopencookie(&state, "w", (cookie_io_functions_t){.write = hash_written});
  if (!stream) return HANSE_NOMEM;
  __fsetlocking(stream, FSETLOCKING_BYCALLER); /* nobody else has it, and locks would be half of the work */
  for (size_t i = 0; i < list->count; i++) option_canonical(table, (const char *)list->items + i * size, stream);
  bool failed = ferror(stream) != 0;
  if (fclose(stream) != 0 || failed) return HANSE_NOMEM;
  crypto_generichash_final(&state, out, 32);
  return HANSE_OK;
}

int option_digest(const struct hanse_option *table, const void *settings, unsigned char out[32]) {
  return option_digest_list(table, &(struct hanse_list){1, settings}, 0, out);
}

/* Whether there is anything to print: a name, file, address … that nobody wrote has no form that could be read again.
 */
static bool has_value(const struct hanse_option *option, const void *field) {
  if (option->flags & HANSE_LIST) return true;
  switch (option->type) {
    case HANSE_SECRET:
    case HANSE_REFERENCE:
      return ((const struct hanse_slice *)field)->len > 0;
    case HANSE_FILE:
      return ((const struct hanse_file *)field)->path.len > 0;
    case HANSE_ADDRESS:
      return ((const struct hanse_address *)field)->host.len > 0;
    case HANSE_DOMAIN:
    case HANSE_PATTERN:
      return ((const struct hanse_domain *)field)->name.len > 0;
    case HANSE_RATE:
      return ((const struct hanse_rate *)field)->per > 0;
    default:
      return true;
  }
}

/* Ends a line of `length` characters with where the setting comes from. */
static void end_line(size_t length, const config_setting_t *const *found, size_t count, FILE *out) {
  fprintf(out, "%*s# ", length < COMMENT_COLUMN ? (int)(COMMENT_COLUMN - length) : 1, "");
  for (size_t i = 0; i < count; i++) {
    struct hanse_where where = source_where(found[i]);
    fprintf(out, "%s%s:%u", i ? ", " : "", where.file, where.line);
  }
  fprintf(out, "%s\n", count ? "" : "default");
}

static void show_plain(const struct hanse_option *option, const void *field, const config_setting_t *const *found,
                       size_t count, int indent, FILE *out) {
  char *text = NULL;
  size_t length = 0;
  FILE *line = open_memstream(&text, &length);
  if (!line) return;
  const struct hanse_list *list = field;
  fprintf(line, "%*s%s%s = ", indent, "", has_value(option, field) ? "" : "# ", option->name);
  if (!(option->flags & HANSE_LIST))
    print_value(option, field, SHOWN, line);
  else
    for (size_t i = 0; i < list->count; i++) {
      fputs(i ? ", " : "[ ", line);
      print_value(option, element(option, list, i), SHOWN, line);
    }
  if (option->flags & HANSE_LIST) fputs(list->count ? " ]" : "[ ]", line);
  fputc(';', line);
  if (fclose(line) == 0) {
    fwrite(text, 1, length, out);
    end_line(length, found, count, out);
  }
  free(text);
}

/* One entry of a list of groups. */
static void show_entry(const struct hanse_option *option, const void *field, const config_setting_t *setting,
                       size_t index, int indent, const struct option_show_more *more, FILE *out) {
  struct option_group entry = {&setting, 1, option->name};
  fprintf(out, "%s\n%*s{\n", index ? "," : "", indent, "");
  option_show(option->group, field, &entry, indent + 2, NULL, out);
  if (more && (option->flags & OPTION_OPEN)) more->show(more->context, option->name, index, &entry, indent + 2, out);
  fprintf(out, "%*s}", indent, "");
}

static void show_groups(const struct hanse_option *option, const void *field, const config_setting_t *const *found,
                        size_t count, int indent, const struct option_show_more *more, FILE *out) {
  const struct hanse_list *list = field;
  size_t at = 0;
  fprintf(out, "%*s%s = (", indent, "", option->name);
  for (size_t i = 0; i < count; i++) {
    int length = config_setting_length(found[i]);
    for (int k = 0; k < length && at < list->count; k++, at++)
      show_entry(option, element(option, list, at), config_setting_get_elem(found[i], (unsigned)k), at, indent + 2,
                 more, out);
  }
  fprintf(out, "%s%*s);\n", at ? "\n" : "", at ? indent : 0, "");
}

static void show_option(const struct hanse_option *option, const void *field, const struct option_group *group,
                        int indent, const struct option_show_more *more, FILE *out) {
  size_t count = option_find(group, option->name, NULL, 0);
  const config_setting_t **found = calloc(count + 1, sizeof *found);
  if (!found) return;
  option_find(group, option->name, found, count);
  if (option->type != HANSE_GROUP) {
    show_plain(option, field, found, count, indent, out);
  } else if (option->flags & HANSE_LIST) {
    show_groups(option, field, found, count, indent, more, out);
  } else {
    fprintf(out, "%*s%s = {\n", indent, "", option->name);
    option_show(option->group, field, &(struct option_group){found, count, option->name}, indent + 2, NULL, out);
    fprintf(out, "%*s};\n", indent, "");
  }
  free(found);
}

void option_show(const struct hanse_option *table, const void *settings, const struct option_group *group, int indent,
                 const struct option_show_more *more, FILE *out) {
  for (const struct hanse_option *option = table; option && option->name; option++)
    if (option->type != HANSE_ORIGIN)
      show_option(option, (const char *)settings + option->offset, group, indent, more, out);
}
