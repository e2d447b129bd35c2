#include "contract/source_text.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/lexeme.h"
#include "contract/source.h"
#include "contract/trusted.h"

/* A file that is being expanded. */
struct piece {
  const char *name, *folder;
  struct hanse_slice content;
  unsigned depth;
};

struct expansion {
  struct source_text *text;
  const struct source_origin *origin;
  struct option_pool *contents; /* of the files, until the text is complete */
  size_t files;
};

static int expand(struct expansion *e, const struct piece *piece);

static int append(struct source_text *text, const char *at, size_t n) {
  if (n >= SOURCE_MAX || text->length > SOURCE_MAX - n) return HANSE_INVALID;
  if (text->length + n + 1 > text->capacity) {
    size_t capacity = (text->length + n + 1) * 3 / 2;
    char *grown = realloc(text->at, capacity);
    if (!grown) return HANSE_NOMEM;
    text->at = grown;
    text->capacity = capacity;
  }
  if (n) memcpy(text->at + text->length, at, n);
  text->length += n;
  text->at[text->length] = '\0';
  for (const char *end = at + n; n && (at = memchr(at, '\n', (size_t)(end - at))); at++) text->line++;
  return HANSE_OK;
}

static int begin_segment(struct source_text *text, const struct piece *piece, unsigned line) {
  if (text->count == text->room) {
    size_t room = text->room ? text->room * 2 : 4;
    struct source_segment *grown = realloc(text->segments, room * sizeof *grown);
    if (!grown) return HANSE_NOMEM;
    text->segments = grown;
    text->room = room;
  }
  text->segments[text->count++] = (struct source_segment){text->line, line, piece->name, piece->folder};
  return HANSE_OK;
}

/* A problem of the file `piece`; always HANSE_INVALID. */
static int report(const struct expansion *e, const struct piece *piece, unsigned line, const char *why) {
  problem_error(e->origin->problems, &(struct hanse_where){piece->name, line}, "%s", why);
  return HANSE_INVALID;
}

static int append_part(struct expansion *e, const struct piece *piece, unsigned line, const char *from,
                       const char *to) {
  int status = append(e->text, from, (size_t)(to - from));
  if (status == HANSE_INVALID)
    report(e, piece, line, "this file with its includes is over 64 MiB; spread it over several files in conf.d");
  return status;
}

/* The absolute folder of a path, and the path's own text, into the names. */
static int name_file(struct option_pool *names, const char *path, const char *name, struct piece *out) {
  char folder[PATH_MAX], real[PATH_MAX];
  const char *slash = strrchr(path, '/');
  size_t length = slash ? (size_t)(slash - path) : 0;
  if (length >= sizeof folder) return HANSE_INVALID;
  memcpy(folder, path, length);
  strcpy(folder + length, slash ? "/." : ".");
  if (!realpath(folder, real)) strcpy(real, "/");
  struct hanse_slice kept_folder, kept_name;
  if (hanse_copy(&names->arena, hanse_text(real), &kept_folder) != HANSE_OK ||
      hanse_copy(&names->arena, hanse_text(name), &kept_name) != HANSE_OK)
    return HANSE_NOMEM;
  out->folder = kept_folder.at;
  out->name = kept_name.at;
  return HANSE_OK;
}

/* The path between the quotes of an @include line; empty when there is none. */
static struct hanse_slice include_path(struct hanse_slice directive) {
  const char *end = directive.at + directive.len;
  const char *open = memchr(directive.at, '"', directive.len);
  const char *close = open ? memchr(open + 1, '"', (size_t)(end - open) - 1) : NULL;
  return close ? hanse_slice(open + 1, (size_t)(close - open) - 1) : hanse_slice(NULL, 0);
}

/* `named`, beside `beside` unless it is absolute. false: too long. */
static bool join(char out[PATH_MAX], const char *beside, size_t beside_length, struct hanse_slice named) {
  bool absolute = named.len && named.at[0] == '/';
  int n = snprintf(out, PATH_MAX, "%.*s%.*s", absolute ? 0 : (int)beside_length, beside, HANSE_FMT(named));
  return n > 0 && n < PATH_MAX;
}

/* The path and the shown name of an included file. */
static bool include_names(const struct piece *piece, struct hanse_slice named, char path[PATH_MAX],
                          char name[PATH_MAX]) {
  char folder[PATH_MAX + 1];
  snprintf(folder, sizeof folder, "%s/", piece->folder);
  const char *slash = strrchr(piece->name, '/');
  size_t shown = slash ? (size_t)(slash - piece->name) + 1 : 0;
  return join(path, folder, strlen(folder), named) && join(name, piece->name, shown, named);
}

static int include_file(struct expansion *e, const struct piece *piece, const struct lexeme *directive) {
  char path[PATH_MAX], name[PATH_MAX], why[1024];
  struct piece inner = {.depth = piece->depth + 1};
  struct hanse_slice named = include_path(directive->text);
  if (!named.len) return report(e, piece, directive->line, "write @include \"file\" on a line of its own");
  if (!e->contents) return report(e, piece, directive->line, "this text may not include files");
  if (inner.depth > SOURCE_DEPTH || ++e->files > SOURCE_FILES)
    return report(e, piece, directive->line, "too many includes within includes; does a file include itself?");
  if (!include_names(piece, named, path, name)) return report(e, piece, directive->line, "the path is too long");
  int status = name_file(e->origin->names, path, name, &inner);
  if (status == HANSE_OK)
    status =
        trusted_read(path, e->origin->user, TRUSTED_FILE, SOURCE_MAX, e->contents, &inner.content, why, sizeof why);
  else if (status == HANSE_INVALID)
    snprintf(why, sizeof why, "the path is too long");
  if (status == HANSE_INVALID) return report(e, piece, directive->line, why);
  if (status == HANSE_OK) status = expand(e, &inner);
  return status == HANSE_OK ? begin_segment(e->text, piece, directive->line) : status;
}

/* [ "a" "b" ] is one element to libconfig, which is hardly ever meant; name = "a" "b" is how a long text is broken. */
static void warn_of_joined(const struct expansion *e, const struct piece *piece, const struct lexeme last[2],
                           const struct lexeme *now) {
  if (now->type != LEXEME_STRING || last[1].type != LEXEME_STRING) return;
  if (!lexeme_is(&last[0], ',') && !lexeme_is(&last[0], '[') && !lexeme_is(&last[0], '(')) return;
  problem_warning(e->origin->problems, &(struct hanse_where){piece->name, now->line},
                  "two texts without a comma between them are one; add \",\" before %.*s",
                  (int)(now->text.len > 60 ? 60 : now->text.len), now->text.at);
}

/* What libconfig would take wrongly without a word. *copied is moved past what was put into the text. */
static int treat(struct expansion *e, const struct piece *piece, const struct lexeme *now, const char **copied) {
  const char *end = now->text.at + now->text.len;
  enum lexeme_width width = lexeme_width(now);
  int status = HANSE_OK;
  if (now->type == LEXEME_OPEN_COMMENT)
    return report(e, piece, now->line, "the comment that begins here is never closed; add */");
  if (width == LEXEME_TOO_WIDE)
    return report(e, piece, now->line, "an integer has at most 63 bits; write a smaller one");
  if (width == LEXEME_WRAPS) {
    status = append_part(e, piece, now->line, *copied, end);
    if (status == HANSE_OK) status = append(e->text, "L", 1);
    *copied = end;
  } else if (now->type == LEXEME_INCLUDE) {
    status = append_part(e, piece, now->line, *copied, now->text.at);
    if (status == HANSE_OK) status = include_file(e, piece, now);
    *copied = end;
  }
  return status;
}

static int expand(struct expansion *e, const struct piece *piece) {
  const char *copied = piece->content.at ? piece->content.at : "", *nul = memchr(copied, '\0', piece->content.len);
  const char *content_end = copied + piece->content.len;
  if (nul) return report(e, piece, 0, "the file contains a NUL octet; is it a text file?");
  int status = begin_segment(e->text, piece, 1), worst = HANSE_OK;
  struct lexer lexer;
  struct lexeme last[2] = {{.type = LEXEME_END}, {.type = LEXEME_END}};
  lexer_init(&lexer, piece->content);
  while (status != HANSE_NOMEM) {
    struct lexeme now = lexer_next(&lexer);
    if (now.type == LEXEME_END) break;
    warn_of_joined(e, piece, last, &now);
    status = treat(e, piece, &now, &copied);
    if (status != HANSE_OK) worst = status;
    last[0] = last[1];
    last[1] = now;
  }
  if (status == HANSE_NOMEM) return status;
  status = append_part(e, piece, 0, copied, content_end);
  /* libconfig 1.5 refuses a // comment that the end of the text ends. */
  bool ended = e->text->length && e->text->at[e->text->length - 1] == '\n';
  if (status == HANSE_OK && !ended) status = append(e->text, "\n", 1);
  return status == HANSE_OK ? worst : status;
}

void source_text_init(struct source_text *text) { *text = (struct source_text){.line = 1}; }

void source_text_clear(struct source_text *text) {
  source_text_drop(text);
  free(text->segments);
  source_text_init(text);
}

void source_text_drop(struct source_text *text) {
  free(text->at);
  text->at = NULL;
  text->length = text->capacity = 0;
}

int source_text_read(struct source_text *text, const char *path, const char *name, const struct source_origin *origin) {
  struct option_pool contents;
  struct expansion e = {.text = text, .origin = origin, .contents = &contents};
  struct piece piece = {0};
  char why[1024];
  option_pool_init(&contents);
  int status = name_file(origin->names, path, name, &piece);
  if (status == HANSE_INVALID) snprintf(why, sizeof why, "the path is too long; shorten it");
  if (status == HANSE_OK)
    status = trusted_read(path, origin->user, TRUSTED_FILE, SOURCE_MAX, &contents, &piece.content, why, sizeof why);
  if (status == HANSE_INVALID)
    problem_error(origin->problems, &(struct hanse_where){name, 0}, "%s", why);
  else if (status == HANSE_OK)
    status = expand(&e, &piece);
  option_pool_clear(&contents);
  return status;
}

int source_text_put(struct source_text *text, struct hanse_slice content, const char *name, const char *folder,
                    const struct source_origin *origin) {
  struct expansion e = {.text = text, .origin = origin};
  struct piece piece = {.content = content};
  struct hanse_slice kept;
  if (hanse_copy(&origin->names->arena, hanse_text(name), &kept) != HANSE_OK) return HANSE_NOMEM;
  piece.name = kept.at;
  if (hanse_copy(&origin->names->arena, hanse_text(folder), &kept) != HANSE_OK) return HANSE_NOMEM;
  piece.folder = kept.at;
  return expand(&e, &piece);
}

const struct source_segment *source_text_segment(const struct source_text *text, unsigned line) {
  size_t low = 0, high = text->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (text->segments[middle].first <= line)
      low = middle + 1;
    else
      high = middle;
  }
  return low ? &text->segments[low - 1] : NULL;
}

struct hanse_where source_text_where(const struct source_text *text, unsigned line) {
  const struct source_segment *segment = source_text_segment(text, line);
  if (!segment) return (struct hanse_where){NULL, 0};
  return (struct hanse_where){segment->name, segment->line + (line - segment->first)};
}
