#include "contract/syntax.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "contract/lexeme.h"

/* libconfig's parser gives up after some 1500. */
#define DEPTH 256
/* For "%.*s": enough of a token to recognize it. */
#define SHORT(s) (int)((s).len > 60 ? 60 : (s).len), (s).at

enum state {
  SETTING,      /* in a group: a name, or its end */
  EQUALS,       /* after a name */
  VALUE,        /* after = */
  FIRST,        /* after [ or (: an element, or its end */
  ELEMENT,      /* after a comma between elements */
  AFTER_ELEMENT /* a comma, or the end of the array or list */
};

struct bracket {
  char mark;
  unsigned line;
};

struct walk {
  struct lexer lexer;
  struct bracket *open; /* of DEPTH */
  size_t depth;
  enum state state;
  struct lexeme now, last; /* the token that is looked at, the one before it */
  bool separated;          /* SETTING: nothing stands before the token that a separator could end */
  struct lexeme spanning;  /* the last string that ran over a line end: maybe its quote is missing */
  unsigned since_spanning; /* tokens since */
  char *why;
  size_t cap;
  unsigned line;
};

static bool fail(struct walk *w, unsigned line, const char *format, ...) HANSE_PRINTF(3, 4);
/* Always false, so that a step can end with it. */
static bool fail(struct walk *w, unsigned line, const char *format, ...) {
  va_list args;
  va_start(args, format);
  vsnprintf(w->why, w->cap, format, args);
  va_end(args);
  w->line = line;
  return false;
}

static char innermost(const struct walk *w) { return w->depth ? w->open[w->depth - 1].mark : '{'; }
static char closing(char mark) { return mark == '{' ? '}' : mark == '[' ? ']' : ')'; }

static bool is_value(const struct lexeme *l) {
  return l->type == LEXEME_BOOL || l->type == LEXEME_INTEGER || l->type == LEXEME_FLOAT || l->type == LEXEME_STRING;
}
static bool is_opening(const struct lexeme *l) { return lexeme_is(l, '{') || lexeme_is(l, '[') || lexeme_is(l, '('); }
static bool is_closing(const struct lexeme *l) { return lexeme_is(l, '}') || lexeme_is(l, ']') || lexeme_is(l, ')'); }

/* 64k, 10.0.0.1: what follows a number without a space belongs to it in the writer's mind. */
static bool glued(const struct walk *w) {
  bool number = w->last.type == LEXEME_INTEGER || w->last.type == LEXEME_FLOAT;
  return number && w->last.text.at + w->last.text.len == w->now.text.at;
}

static bool is_truth(struct hanse_slice word, bool *value) {
  static const char *const words[] = {"no", "yes", "off", "on", "disabled", "enabled", "never", "always"};
  for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
    if (!hanse_same_nocase(hanse_text(words[i]), word)) continue;
    *value = i % 2;
    return true;
  }
  return false;
}

static bool fail_octet(struct walk *w) {
  unsigned char c = (unsigned char)w->now.text.at[0];
  if (c == '\'') return fail(w, w->now.line, "text is written in double quotes; write \" instead of '");
  if (c == 0xef && w->now.text.at == w->lexer.text.at)
    return fail(w, w->now.line, "the file begins with a byte order mark; save it as UTF-8 without one");
  if (c == '@') return fail(w, w->now.line, "\"@include\" stands at the beginning of a line; put it on its own line");
  if (c >= 0x20 && c < 0x7f) return fail(w, w->now.line, "\"%c\" is not expected here; put text in double quotes", c);
  return fail(w, w->now.line, "the octet 0x%02x is not expected here; put text in double quotes", c);
}

/* What is wrong whatever was expected; true: nothing of that kind. */
static bool check_common(struct walk *w) {
  const struct lexeme *now = &w->now;
  if (now->type == LEXEME_OPEN_COMMENT)
    return fail(w, now->line, "the comment that begins here is never closed; add */");
  if (w->spanning.text.at && w->since_spanning < 4)
    return fail(w, w->spanning.line, "the text that begins here runs on to line %u; is its closing quote missing?",
                w->spanning.end_line);
  if (now->type == LEXEME_OPEN_STRING)
    return fail(w, now->line, "the text that begins here has no closing quote; add \"");
  if (glued(w) && (now->type == LEXEME_NAME || is_value(now) || now->type == LEXEME_BAD))
    return fail(w, now->line, "%.*s%.*s is not a number; write it in quotes, as in \"%.*s%.*s\"", SHORT(w->last.text),
                SHORT(now->text), SHORT(w->last.text), SHORT(now->text));
  if (now->type == LEXEME_END && w->depth)
    return fail(w, w->open[w->depth - 1].line, "the \"%c\" of this line is never closed; add \"%c\"", innermost(w),
                closing(innermost(w)));
  return true;
}

static bool fail_closing(struct walk *w) {
  if (!w->depth) return fail(w, w->now.line, "this \"%c\" closes nothing; remove it", w->now.text.at[0]);
  return fail(w, w->now.line, "\"%c\" stands where the \"%c\" of line %u is still open; write \"%c\" before it",
              w->now.text.at[0], innermost(w), w->open[w->depth - 1].line, closing(innermost(w)));
}

static bool fail_setting(struct walk *w) {
  if (!check_common(w)) return false;
  if (is_closing(&w->now)) return fail_closing(w);
  if (w->now.type == LEXEME_BAD) return fail_octet(w);
  if (lexeme_is(&w->now, ';') || lexeme_is(&w->now, ','))
    return fail(w, w->now.line, "there is nothing before this \"%c\"; remove it", w->now.text.at[0]);
  return fail(w, w->now.line, "\"%.*s\" stands where a setting should begin; write name = value;", SHORT(w->now.text));
}

static bool fail_equals(struct walk *w) {
  if (!check_common(w)) return false;
  if (w->now.type == LEXEME_BAD && w->now.text.at[0] == '.')
    return fail(w, w->now.line, "a name has no dot; write %.*s = { … }", SHORT(w->last.text));
  if (w->now.type == LEXEME_BAD && w->now.text.at[0] != '\'') return fail_octet(w);
  return fail(w, w->last.line, "\"=\" is missing after \"%.*s\"; write %.*s = value;", SHORT(w->last.text),
              SHORT(w->last.text));
}

static bool fail_word(struct walk *w) {
  bool truth;
  struct lexer ahead = w->lexer;
  struct lexeme next = lexer_next(&ahead);
  if (w->state != VALUE && lexeme_is(&next, '='))
    return fail(w, w->now.line, "name = value stands only between { and }; write { around it");
  if (is_truth(w->now.text, &truth))
    return fail(w, w->now.line, "\"%.*s\" is not a value; write %s", SHORT(w->now.text), truth ? "true" : "false");
  return fail(w, w->now.line, "text is written in quotes; write \"%.*s\"", SHORT(w->now.text));
}

static bool fail_value(struct walk *w) {
  if (!check_common(w)) return false;
  if (w->now.type == LEXEME_NAME) return fail_word(w);
  if (w->now.type == LEXEME_BAD) return fail_octet(w);
  if (is_opening(&w->now))
    return fail(w, w->now.line, "[ … ] holds plain values only; write ( … ) around groups and lists");
  if (w->state == ELEMENT && is_closing(&w->now))
    return fail(w, w->last.line, "the comma before \"%c\" is one too many; remove it", w->now.text.at[0]);
  if (w->state == FIRST && is_closing(&w->now)) return fail_closing(w);
  if (lexeme_is(&w->now, '=')) return fail(w, w->now.line, "one \"=\" is enough; remove the other");
  return fail(w, w->last.line, "a value is missing after \"%.*s\"", SHORT(w->last.text));
}

static bool fail_after_element(struct walk *w) {
  if (!check_common(w)) return false;
  if (is_closing(&w->now)) return fail_closing(w);
  if (w->now.type == LEXEME_BAD) return fail_octet(w);
  if (lexeme_is(&w->now, ';'))
    return fail(w, w->now.line, "elements are separated by commas; write \",\" instead of \";\"");
  return fail(w, w->last.line, "a comma is missing between two elements; add \",\" after \"%.*s\"",
              SHORT(w->last.text));
}

static bool push(struct walk *w) {
  if (w->depth == DEPTH) return fail(w, w->now.line, "too many brackets within brackets");
  w->open[w->depth++] = (struct bracket){w->now.text.at[0], w->now.line};
  w->state = lexeme_is(&w->now, '{') ? SETTING : FIRST;
  w->separated = true;
  return true;
}

static void value_done(struct walk *w) {
  w->state = innermost(w) == '{' ? SETTING : AFTER_ELEMENT;
  w->separated = false;
}

static void pop(struct walk *w) {
  w->depth--;
  value_done(w);
}

static bool closes(const struct walk *w) { return w->depth && lexeme_is(&w->now, closing(innermost(w))); }

static bool step_setting(struct walk *w) {
  if (!w->separated && w->now.type == LEXEME_STRING && w->last.type == LEXEME_STRING) return true;
  if (closes(w)) return pop(w), true;
  if (!w->separated && (lexeme_is(&w->now, ';') || lexeme_is(&w->now, ','))) return w->separated = true;
  if (w->now.type != LEXEME_NAME || glued(w)) return fail_setting(w);
  w->state = EQUALS;
  return true;
}

static bool step_value(struct walk *w) {
  if (is_value(&w->now)) return value_done(w), true;
  if (is_opening(&w->now) && (w->state == VALUE || innermost(w) != '[')) return push(w);
  if (w->state == FIRST && closes(w)) return pop(w), true;
  return fail_value(w);
}

static bool step_after_element(struct walk *w) {
  if (w->now.type == LEXEME_STRING && w->last.type == LEXEME_STRING) return true;
  if (closes(w)) return pop(w), true;
  if (!lexeme_is(&w->now, ',')) return fail_after_element(w);
  w->state = ELEMENT;
  return true;
}

/* false: the walk ended at something wrong. */
static bool step(struct walk *w) {
  switch (w->state) {
    case SETTING:
      return step_setting(w);
    case EQUALS:
      if (!lexeme_is(&w->now, '=') && !lexeme_is(&w->now, ':')) return fail_equals(w);
      w->state = VALUE;
      return true;
    case VALUE:
    case FIRST:
    case ELEMENT:
      return step_value(w);
    case AFTER_ELEMENT:
      return step_after_element(w);
  }
  return false;
}

static bool walk_to_fault(struct walk *w) {
  for (;;) {
    w->now = lexer_next(&w->lexer);
    if (w->now.type == LEXEME_END && w->state == SETTING && !w->depth) return false;
    w->since_spanning++;
    if (!step(w)) return true;
    if (w->now.type == LEXEME_STRING && w->now.end_line != w->now.line) {
      w->spanning = w->now;
      w->since_spanning = 0;
    }
    w->last = w->now;
  }
}

bool syntax_explain(struct hanse_slice text, char *why, size_t cap, unsigned *line) {
  struct walk w = {.state = SETTING, .separated = true, .why = why, .cap = cap};
  w.open = malloc(DEPTH * sizeof *w.open);
  if (!w.open) return false;
  lexer_init(&w.lexer, text);
  bool found = walk_to_fault(&w);
  if (found) *line = w.line;
  free(w.open);
  return found;
}
