#include "contract/source.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "contract/lexeme.h"
#include "contract/memory_room.h"
#include "contract/source_text.h"
#include "contract/syntax.h"

struct source {
  config_t config; /* first: a setting leads to its config, and so to its source */
  struct source_text text;
};

/* What libconfig may need for a text: a setting takes a dozen times the octets that it is written with. */
#define ROOM_AT_LEAST ((size_t)256 << 10)
#define ROOM_AN_OCTET 12

/* libconfig 1.5 does not ask whether it got memory. */
static bool room_for_libconfig(size_t text) { return memory_room(ROOM_AT_LEAST + text * ROOM_AN_OCTET); }

static void source_free(struct source *source) {
  config_destroy(&source->config);
  source_text_clear(&source->text);
  free(source);
}

static struct source *source_new(void) {
  struct source *source = calloc(1, sizeof *source);
  if (!source || !room_for_libconfig(0)) {
    free(source);
    return NULL;
  }
  config_init(&source->config);
  source_text_init(&source->text);
  return source;
}

static const struct source *source_of(const config_setting_t *setting) {
  return (const struct source *)(const void *)setting->config;
}

static int keep(struct source_set *set, struct source *source) {
  if (set->count == set->capacity) {
    size_t capacity = set->capacity ? set->capacity * 2 : 8;
    struct source **items = realloc(set->items, capacity * sizeof *items);
    if (!items) return HANSE_NOMEM;
    set->items = items;
    set->capacity = capacity;
  }
  set->items[set->count++] = source;
  return HANSE_OK;
}

/* The group on the way to the last thing parsed that has a member of this name already: where libconfig stopped. */
static const config_setting_t *first_definition(const config_setting_t *root, const char *name) {
  const config_setting_t *found = NULL;
  while (root && config_setting_is_aggregate(root)) {
    const config_setting_t *member = config_setting_is_group(root) ? config_setting_get_member(root, name) : NULL;
    if (member) found = member;
    int count = config_setting_length(root);
    root = count ? config_setting_get_elem(root, (unsigned)count - 1) : NULL;
  }
  return found;
}

/* The names that are set on this line of the text, until one was defined before. */
static const config_setting_t *repeated_on(const struct source *source, unsigned line) {
  struct lexer lexer;
  struct lexeme last = {.type = LEXEME_END};
  const config_setting_t *found = NULL;
  lexer_init(&lexer, hanse_slice(source->text.at, source->text.length));
  for (struct lexeme now; (now = lexer_next(&lexer)).type != LEXEME_END && last.line <= line; last = now) {
    char name[64];
    if (last.type != LEXEME_NAME || last.line != line || !(lexeme_is(&now, '=') || lexeme_is(&now, ':'))) continue;
    if (last.text.len >= sizeof name) continue;
    memcpy(name, last.text.at, last.text.len);
    name[last.text.len] = '\0';
    const config_setting_t *first = first_definition(source->config.root, name);
    if (first) found = first;
  }
  return found;
}

static void report_repeated(const struct source *source, unsigned line, struct problem_list *problems) {
  struct hanse_where where = source_text_where(&source->text, line);
  const config_setting_t *first = repeated_on(source, line);
  if (!first) {
    problem_error(problems, &where, "a setting of this line is set twice in its group; remove one of them");
    return;
  }
  struct hanse_where before = source_text_where(&source->text, first->line);
  problem_error(problems, &where, "\"%s\" is set already at %s:%u; remove one of them", first->name, before.file,
                before.line);
}

/* The line as it was written, without the white space around it. */
static struct hanse_slice line_of(const struct source *source, unsigned line) {
  const char *at = source->text.at, *end = at + source->text.length;
  for (unsigned i = 1; i < line && at < end; i++) {
    const char *next = memchr(at, '\n', (size_t)(end - at));
    at = next ? next + 1 : end;
  }
  const char *stop = memchr(at, '\n', (size_t)(end - at));
  if (stop) end = stop;
  while (at < end && strchr(" \t\r", *at)) at++;
  while (at < end && strchr(" \t\r", end[-1])) end--;
  return hanse_slice(at, (size_t)(end - at) > 100 ? 100 : (size_t)(end - at));
}

static void report_syntax(const struct source *source, unsigned line, const char *why, struct problem_list *problems) {
  struct hanse_where where = source_text_where(&source->text, line);
  struct hanse_slice text = line_of(source, line);
  problem_error(problems, &where, "%s (the line is: %.*s)", why, HANSE_FMT(text));
}

static void report_parse_error(const struct source *source, struct problem_list *problems) {
  const char *text = source->config.error_text ? source->config.error_text : "";
  unsigned line = source->config.error_line > 0 ? (unsigned)source->config.error_line : 1;
  struct hanse_where where = source_text_where(&source->text, line);
  if (strstr(text, "duplicate"))
    report_repeated(source, line, problems);
  else if (strstr(text, "mismatched"))
    problem_error(problems, &where, "the elements of this [ … ] are of different types; write all of them in quotes");
  else
    report_syntax(source, line, "syntax error; look for a missing quote or \"=\"", problems);
}

/* libconfig stops at its first error, so there is one for each file. The grammar is checked by us first: we can say
   what is wrong, and libconfig 1.5 leaks what it has in hand at a syntax error. */
static int parse_text(struct source *source, struct problem_list *problems) {
  char why[400];
  unsigned line;
  if (syntax_explain(hanse_slice(source->text.at, source->text.length), why, sizeof why, &line)) {
    report_syntax(source, line, why, problems);
    return HANSE_INVALID;
  }
  if (!room_for_libconfig(source->text.length)) return HANSE_NOMEM;
  if (config_read_string(&source->config, source->text.at ? source->text.at : "")) return HANSE_OK;
  report_parse_error(source, problems);
  return HANSE_INVALID;
}

/* Takes over `source`. HANSE_OK also for one that is wrong: it is not kept. */
static int parse(struct source_set *set, struct source *source, struct problem_list *problems) {
  int status = parse_text(source, problems);
  if (status == HANSE_OK) {
    source_text_drop(&source->text);
    status = keep(set, source);
    if (status == HANSE_OK) return HANSE_OK;
  }
  source_free(source);
  return status == HANSE_INVALID ? HANSE_OK : status;
}

/* `name`: how the file is called in what is said of it. */
static int read_one(struct source_set *set, const char *path, const char *name, uid_t user,
                    struct problem_list *problems) {
  struct source_origin origin = {user, &set->pool, problems};
  struct source *source = source_new();
  if (!source) return HANSE_NOMEM;
  int status = source_text_read(&source->text, path, name, &origin);
  if (status == HANSE_OK) return parse(set, source, problems);
  source_free(source);
  return status == HANSE_INVALID ? HANSE_OK : status;
}

static int has_suffix(const struct dirent *entry) {
  size_t length = strlen(entry->d_name);
  return entry->d_name[0] != '.' && length > 5 && strcmp(entry->d_name + length - 5, ".conf") == 0;
}

/* By octets, whatever locale the process has. */
static int by_octets(const struct dirent **a, const struct dirent **b) { return strcmp((*a)->d_name, (*b)->d_name); }

static int read_entry(struct source_set *set, const char *folder, const char *name, const struct source_draft *draft,
                      uid_t user, struct problem_list *problems) {
  char path[PATH_MAX];
  struct stat st;
  int n = snprintf(path, sizeof path, "%s/%s", folder, name);
  if (n < 0 || (size_t)n >= sizeof path) {
    problem_error(problems, &(struct hanse_where){folder, 0}, "the path of \"%s\" is too long; shorten it", name);
    return HANSE_OK;
  }
  if (draft->name && strcmp(name, draft->name) == 0) return read_one(set, draft->path, path, user, problems);
  if (stat(path, &st) == 0 && !S_ISREG(st.st_mode)) return HANSE_OK;
  return read_one(set, path, path, user, problems);
}

static int read_folder(struct source_set *set, const char *folder, struct source_draft draft, uid_t user,
                       struct problem_list *problems) {
  struct dirent **entries = NULL;
  int count = scandir(folder, &entries, has_suffix, by_octets), status = HANSE_OK;
  struct hanse_where where = {folder, 0};
  if (count < 0 && errno == ENOMEM) return HANSE_NOMEM;
  if (count < 0 && errno != ENOENT)
    problem_error(problems, &where, "the folder cannot be read: %s; make it readable or remove it", strerror(errno));
  if (count > SOURCE_FILES)
    problem_error(problems, &where, "it has %d files, at most %d are read; join some of them", count, SOURCE_FILES);
  for (int i = 0; i < count; i++) {
    if (status == HANSE_OK && draft.name && strcmp(draft.name, entries[i]->d_name) < 0) {
      status = read_entry(set, folder, draft.name, &draft, user, problems); /* its turn, and no file had it */
      draft.name = NULL;
    }
    if (status == HANSE_OK && count <= SOURCE_FILES)
      status = read_entry(set, folder, entries[i]->d_name, &draft, user, problems);
    if (draft.name && strcmp(draft.name, entries[i]->d_name) == 0) draft.name = NULL;
    free(entries[i]);
  }
  free(entries);
  if (status == HANSE_OK && draft.name) status = read_entry(set, folder, draft.name, &draft, user, problems);
  return status;
}

void source_set_init(struct source_set *set) {
  *set = (struct source_set){0};
  option_pool_init(&set->pool);
}

void source_set_clear(struct source_set *set) {
  for (size_t i = 0; i < set->count; i++) source_free(set->items[i]);
  free(set->items);
  option_pool_clear(&set->pool);
  source_set_init(set);
}

int source_set_read(struct source_set *set, const char *path, const struct source_draft *draft, uid_t user,
                    struct problem_list *problems) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  int n = snprintf(folder, sizeof folder, "%.*sconf.d", slash ? (int)(slash - path) + 1 : 0, path);
  if (n < 0 || (size_t)n >= sizeof folder) {
    problem_error(problems, NULL, "the path of the configuration is too long; shorten it");
    return HANSE_OK;
  }
  int status = read_one(set, path, path, user, problems);
  if (status != HANSE_OK) return status;
  return read_folder(set, folder, draft ? *draft : (struct source_draft){NULL, NULL}, user, problems);
}

int source_set_read_text(struct source_set *set, struct hanse_slice text, const char *name, const char *folder,
                         struct problem_list *problems) {
  struct source_origin origin = {0, &set->pool, problems};
  struct source *source = source_new();
  if (!source) return HANSE_NOMEM;
  int status = source_text_put(&source->text, text, name, folder, &origin);
  if (status == HANSE_OK) return parse(set, source, problems);
  source_free(source);
  return status == HANSE_INVALID ? HANSE_OK : status;
}

const config_setting_t *source_root(const struct source *source) { return source->config.root; }

struct hanse_where source_where(const config_setting_t *setting) {
  /* The root has line 0: the file as a whole. */
  if (!setting->line) return (struct hanse_where){source_text_where(&source_of(setting)->text, 1).file, 0};
  return source_text_where(&source_of(setting)->text, setting->line);
}

const char *source_folder(const config_setting_t *setting) {
  const struct source_segment *segment =
      source_text_segment(&source_of(setting)->text, setting->line ? setting->line : 1);
  return segment ? segment->folder : "/";
}
