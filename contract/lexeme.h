/* The tokens of a configuration text, as libconfig 1.5 reads them: for what libconfig does not say (which include,
   which integer it wrapped, what a syntax error was). */
#ifndef CONTRACT_LEXEME_H
#define CONTRACT_LEXEME_H

#include <hanse/base.h>

enum lexeme_type {
  LEXEME_END = 0,
  LEXEME_NAME,
  LEXEME_BOOL,
  LEXEME_INTEGER,
  LEXEME_FLOAT,
  LEXEME_STRING,  /* with its quotes */
  LEXEME_INCLUDE, /* a whole @include line without its line end */
  LEXEME_MARK,    /* one of = : ; , { } ( ) [ ] */
  LEXEME_OPEN_STRING,
  LEXEME_OPEN_COMMENT,
  LEXEME_BAD /* one octet that begins nothing */
};

struct lexeme {
  enum lexeme_type type;
  struct hanse_slice text;
  unsigned line;     /* on which it begins */
  unsigned end_line; /* on which it ends */
};

struct lexer {
  struct hanse_slice text;
  size_t at;
  unsigned line;
};

void lexer_init(struct lexer *lexer, struct hanse_slice text);
/* The next token; LEXEME_END again and again at the end. Comments and white space are skipped, save an open comment. */
struct lexeme lexer_next(struct lexer *lexer);

/* Whether it is the mark `c`. */
static inline bool lexeme_is(const struct lexeme *lexeme, char c) {
  return lexeme->type == LEXEME_MARK && lexeme->text.at[0] == c;
}
/* How libconfig 1.5 takes an integer. */
enum lexeme_width {
  LEXEME_FITS,    /* as it is written; every token that is no integer */
  LEXEME_WRAPS,   /* silently as another number, for want of the suffix L */
  LEXEME_TOO_WIDE /* over 63 bits: silently as another number in any case */
};
enum lexeme_width lexeme_width(const struct lexeme *lexeme);

#endif
