#include "contract/option_text.h"

#include <hanse/utf8.h>

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contract/hostport.h"
#include "contract/nearest.h"
#include "contract/trusted.h"
#include "contract/unit.h"

#define CONTENT_MAX ((size_t)1 << 20)

struct kind {
  const char *name, *form;
  size_t size;
  int (*convert)(struct option_text *t, struct hanse_slice in, void *field);
  int (*compare)(const void *a, const void *b); /* NULL: no bounds */
};

static const struct kind *kind_of(enum hanse_option_type type);

HANSE_PRINTF(2, 3)
/* Always HANSE_INVALID, so that a conversion can end with it. */
static int explain(struct option_text *t, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(t->why, sizeof t->why, format, args);
  va_end(args);
  return HANSE_INVALID;
}

static int convert_bool(struct option_text *t, struct hanse_slice in, void *field) {
  bool value = hanse_same(in, HANSE_LIT("true"));
  if (!value && !hanse_same(in, HANSE_LIT("false"))) return explain(t, "write true or false");
  *(bool *)field = value;
  return HANSE_OK;
}

static int convert_int(struct option_text *t, struct hanse_slice in, void *field) {
  return unit_integer(in, field) == HANSE_OK ? HANSE_OK : explain(t, "not a whole number; write one");
}

static int convert_size(struct option_text *t, struct hanse_slice in, void *field) {
  if (unit_size(in, field) == HANSE_OK) return HANSE_OK;
  return explain(t, "not a size; write a whole number and k, M or G, as in \"64k\"");
}

static int convert_duration(struct option_text *t, struct hanse_slice in, void *field) {
  if (unit_duration(in, field) == HANSE_OK) return HANSE_OK;
  return explain(t, "not a duration; write a whole number and ms, s, m, h or d, as in \"30s\"");
}

static int convert_rate(struct option_text *t, struct hanse_slice in, void *field) {
  if (unit_rate(in, field) == HANSE_OK) return HANSE_OK;
  return explain(t, "not a rate; write a whole number, / and s, m, h or d, as in \"20/s\"");
}

static int convert_string(struct option_text *t, struct hanse_slice in, void *field) {
  if (!hanse_is_utf8(in)) return explain(t, "not UTF-8; save the file as UTF-8");
  return hanse_copy(&t->pool->arena, in, field);
}

/* The absolute path of a file, beside the file that names it, in the pool. */
static int absolute(struct option_text *t, struct hanse_slice in, struct hanse_slice *out) {
  char path[PATH_MAX];
  if (in.len == 0) return explain(t, "no file is named; leave the line out or name one");
  int n = in.at[0] == '/' ? snprintf(path, sizeof path, "%.*s", HANSE_FMT(in))
                          : snprintf(path, sizeof path, "%s/%.*s", t->folder, HANSE_FMT(in));
  if (n < 0 || (size_t)n >= sizeof path) return explain(t, "the path is too long; shorten it");
  return hanse_copy(&t->pool->arena, hanse_text(path), out);
}

/* What was written is not repeated before it is known to name a file: it may be the secret itself. */
static int convert_secret(struct option_text *t, struct hanse_slice in, void *field) {
  struct hanse_slice path, content;
  int status = absolute(t, in, &path);
  if (status == HANSE_OK && access(path.at, F_OK) != 0)
    return explain(t, "there is no file of this name (%s); name the file that holds the secret", strerror(errno));
  if (status == HANSE_OK)
    status = trusted_read(path.at, t->user, TRUSTED_SECRET, CONTENT_MAX, t->pool, &content, t->why, sizeof t->why);
  if (status != HANSE_OK) return status;
  if (content.len && content.at[content.len - 1] == '\n') content.len--;
  if (content.len && content.at[content.len - 1] == '\r') content.len--;
  if (content.len == 0) return explain(t, "the secret \"%s\" is empty; put it there", path.at);
  *(struct hanse_slice *)field = content;
  return HANSE_OK;
}

static int convert_file(struct option_text *t, struct hanse_slice in, void *field) {
  struct hanse_file file;
  int status = absolute(t, in, &file.path);
  if (status == HANSE_OK)
    status =
        trusted_read(file.path.at, t->user, TRUSTED_FILE, CONTENT_MAX, t->pool, &file.content, t->why, sizeof t->why);
  if (status == HANSE_OK) *(struct hanse_file *)field = file;
  return status;
}

static int convert_address(struct option_text *t, struct hanse_slice in, void *field) {
  char host[HOSTPORT_HOST];
  const char *why;
  struct hanse_address address = {.where = t->where};
  int status = hostport_parse(in, host, &address.port, &why);
  if (status == HANSE_INVALID) return explain(t, "%s", why);
  if (status == HANSE_OK && (t->option->flags & HANSE_HOST_NAME) && domain_is_ip(hanse_text(host)))
    return explain(t, "\"%s\" is an IP address; write the host name that the certificate there proves", host);
  if (status == HANSE_OK) status = hanse_copy(&t->pool->arena, hanse_text(host), &address.host);
  if (status == HANSE_OK) *(struct hanse_address *)field = address;
  return status;
}

static int convert_domain(struct option_text *t, struct hanse_slice in, void *field) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice name;
  struct hanse_domain domain = {.where = t->where};
  int status = domain_canonical_strict(in, buf, sizeof buf, &name);
  if (status == HANSE_INVALID) return explain(t, "%s", domain_fault_text(domain_fault(in)));
  if (status == HANSE_OK) status = hanse_copy(&t->pool->arena, name, &domain.name);
  if (status == HANSE_OK) *(struct hanse_domain *)field = domain;
  return status;
}

static int convert_pattern(struct option_text *t, struct hanse_slice in, void *field) {
  size_t skip = in.len > 2 && memcmp(in.at, "*.", 2) == 0 ? 2 : in.len > 1 && in.at[0] == '.' ? 1 : 0;
  if (!skip) return convert_domain(t, in, field);
  struct hanse_slice rest = hanse_slice(in.at + skip, in.len - skip);
  return explain(t, "a domain stands for all names below it already; write \"%.*s\"", HANSE_FMT(rest));
}

static int convert_enum(struct option_text *t, struct hanse_slice in, void *field) {
  struct nearest nearest;
  char list[300] = "", hint[100];
  size_t used = 0;
  nearest_init(&nearest, in);
  for (const struct hanse_choice *choice = t->option->choices; choice->name; choice++) {
    if (hanse_same(hanse_text(choice->name), in)) {
      *(int *)field = choice->value;
      return HANSE_OK;
    }
    nearest_offer(&nearest, hanse_text(choice->name));
    int n = snprintf(list + used, sizeof list - used, "%s\"%s\"", used ? ", " : "", choice->name);
    if (n > 0) used = used + (size_t)n < sizeof list ? used + (size_t)n : sizeof list - 1;
  }
  return explain(t, "not among the possible values%s; write one of %s", nearest_text(&nearest, hint, sizeof hint),
                 list);
}

static int remember_reference(struct option_text *t, struct hanse_slice name) {
  struct option_references *list = t->references;
  if (list->count == list->capacity) {
    size_t capacity = list->capacity ? list->capacity * 2 : 16;
    struct option_reference *items = realloc(list->items, capacity * sizeof *items);
    if (!items) return HANSE_NOMEM;
    list->items = items;
    list->capacity = capacity;
  }
  list->items[list->count++] = (struct option_reference){t->option->refers, t->option->name, name, t->where};
  return HANSE_OK;
}

static int convert_reference(struct option_text *t, struct hanse_slice in, void *field) {
  if (in.len == 0)
    return explain(t, "no name is given; leave the line out or name an entry of \"%s\"", t->option->refers);
  struct hanse_slice name;
  int status = convert_string(t, in, &name);
  if (status == HANSE_OK && t->references) status = remember_reference(t, name);
  if (status == HANSE_OK) *(struct hanse_slice *)field = name;
  return status;
}

static int compare_int(const void *a, const void *b) {
  int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
  return x < y ? -1 : x > y;
}
static int compare_size(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}
static int compare_rate(const void *a, const void *b) {
  return unit_rate_compare(*(const struct hanse_rate *)a, *(const struct hanse_rate *)b);
}

static const struct kind kinds[] = {
    [HANSE_BOOL] = {"true or false", "true or false is written without quotes", sizeof(bool), convert_bool, NULL},
    [HANSE_INT] = {"number", "a number is written without quotes", sizeof(int64_t), convert_int, compare_int},
    [HANSE_SIZE] = {"size", "a size is written as a string with a unit", sizeof(uint64_t), convert_size, compare_size},
    [HANSE_DURATION] = {"duration", "a duration is written as a string with a unit", sizeof(hanse_time),
                        convert_duration, compare_int},
    [HANSE_RATE] = {"rate", "a rate is written as a string", sizeof(struct hanse_rate), convert_rate, compare_rate},
    [HANSE_STRING] = {"text", "text is written in quotes", sizeof(struct hanse_slice), convert_string, NULL},
    [HANSE_SECRET] = {"secret", "the name of the file with the secret is written in quotes", sizeof(struct hanse_slice),
                      convert_secret, NULL},
    [HANSE_FILE] = {"file", "a file name is written in quotes", sizeof(struct hanse_file), convert_file, NULL},
    [HANSE_ADDRESS] = {"address", "an address is written in quotes, as in \"host:port\"", sizeof(struct hanse_address),
                       convert_address, NULL},
    [HANSE_DOMAIN] = {"domain", "a domain is written in quotes", sizeof(struct hanse_domain), convert_domain, NULL},
    [HANSE_PATTERN] = {"domain and all below it", "a domain is written in quotes", sizeof(struct hanse_domain),
                       convert_pattern, NULL},
    [HANSE_ENUM] = {"choice", "one of the possible values is written in quotes", sizeof(int), convert_enum, NULL},
    [HANSE_GROUP] = {"group", "a group is written { name = value; … }", 0, NULL, NULL},
    [HANSE_REFERENCE] = {"name", "a name is written in quotes", sizeof(struct hanse_slice), convert_reference, NULL},
    [HANSE_ORIGIN] = {"place", "", sizeof(struct hanse_where), NULL, NULL},
};

static const struct kind *kind_of(enum hanse_option_type type) {
  if ((unsigned)type >= sizeof kinds / sizeof *kinds || !kinds[type].name) return NULL;
  return &kinds[type];
}

/* Room for a value of any type that has bounds. */
union bounded {
  int64_t number;
  uint64_t size;
  struct hanse_rate rate;
};

static int check_bounds(struct option_text *t, const struct kind *kind, const void *field) {
  const struct hanse_option *option = t->option;
  union bounded bound;
  const char *quote = option->type == HANSE_INT ? "" : "\"";
  if (!kind->compare) return HANSE_OK;
  if (option->min) {
    if (kind->convert(t, hanse_text(option->min), &bound) != HANSE_OK) return HANSE_INVALID;
    if (kind->compare(field, &bound) < 0)
      return explain(t, "too little; write at least %s%s%s", quote, option->min, quote);
  }
  if (option->max) {
    if (kind->convert(t, hanse_text(option->max), &bound) != HANSE_OK) return HANSE_INVALID;
    if (kind->compare(field, &bound) > 0)
      return explain(t, "too much; write at most %s%s%s", quote, option->max, quote);
  }
  return HANSE_OK;
}

int option_text_convert(struct option_text *text, struct hanse_slice in, void *field) {
  const struct kind *kind = kind_of(text->option->type);
  union bounded value;
  if (!kind || !kind->convert) return explain(text, "no value of this type can be written");
  if (!kind->compare) return kind->convert(text, in, field);
  int status = kind->convert(text, in, &value);
  if (status == HANSE_OK) status = check_bounds(text, kind, &value);
  if (status == HANSE_OK) memcpy(field, &value, kind->size);
  return status;
}

int option_text_check(struct option_text *text, struct hanse_slice in) {
  enum hanse_option_type type = text->option->type;
  char host[HOSTPORT_HOST];
  const struct kind *kind = kind_of(type);
  union bounded value;
  uint16_t port;
  const char *why;
  if (!kind || !kind->convert) return explain(text, "a value of this type has no default");
  if (kind->compare) return option_text_convert(text, in, &value);
  if (type == HANSE_BOOL) return convert_bool(text, in, &(bool){false});
  if (type == HANSE_ENUM) return convert_enum(text, in, &(int){0});
  if (type == HANSE_ADDRESS && hostport_parse(in, host, &port, &why) == HANSE_INVALID) return explain(text, "%s", why);
  if ((type == HANSE_DOMAIN || type == HANSE_PATTERN) && domain_fault(in) != DOMAIN_GOOD)
    return explain(text, "%s", domain_fault_text(domain_fault(in)));
  return HANSE_OK;
}

const char *option_type_name(enum hanse_option_type type) {
  const struct kind *kind = kind_of(type);
  return kind ? kind->name : NULL;
}
const char *option_type_form(enum hanse_option_type type) {
  const struct kind *kind = kind_of(type);
  return kind ? kind->form : "";
}
size_t option_type_size(enum hanse_option_type type) {
  const struct kind *kind = kind_of(type);
  return kind ? kind->size : 0;
}
