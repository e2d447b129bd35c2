#include "contract/lexeme.h"

static bool is_digit(char c) { return c >= '0' && c <= '9'; }
static bool is_hex(char c) { return is_digit(c) || (hanse_lower(c) >= 'a' && hanse_lower(c) <= 'f'); }
static bool is_name_start(char c) { return (hanse_lower(c) >= 'a' && hanse_lower(c) <= 'z') || c == '*'; }
static bool is_name(char c) { return is_name_start(c) || is_digit(c) || c == '-' || c == '_'; }

static char peek(const struct lexer *lexer, size_t ahead) {
  size_t at = lexer->at + ahead;
  return at < lexer->text.len ? lexer->text.at[at] : '\0';
}

static void step(struct lexer *lexer) {
  if (peek(lexer, 0) == '\n') lexer->line++;
  lexer->at++;
}

static void skip_line(struct lexer *lexer) {
  while (lexer->at < lexer->text.len && peek(lexer, 0) != '\n') lexer->at++;
}

/* false: it is never closed, and the lexer stays at its beginning. */
static bool skip_comment(struct lexer *lexer) {
  const char *start = lexer->text.at + lexer->at, *end = lexer->text.at + lexer->text.len;
  const char *close = memmem(start + 2, (size_t)(end - start) - 2, "*/", 2);
  if (!close) return false;
  while (lexer->text.at + lexer->at < close + 2) step(lexer);
  return true;
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f'; }

/* White space and comments; false at a comment that is never closed. */
static bool skip_blank(struct lexer *lexer) {
  while (lexer->at < lexer->text.len) {
    char c = peek(lexer, 0), d = peek(lexer, 1);
    if (is_blank(c))
      step(lexer);
    else if (c == '#' || (c == '/' && d == '/'))
      skip_line(lexer);
    else if (c != '/' || d != '*')
      return true;
    else if (!skip_comment(lexer))
      return false;
  }
  return true;
}

static enum lexeme_type take_string(struct lexer *lexer) {
  lexer->at++;
  while (lexer->at < lexer->text.len) {
    char c = peek(lexer, 0);
    if (c == '\\' && lexer->at + 1 < lexer->text.len) lexer->at++;
    step(lexer);
    if (c == '"') return LEXEME_STRING;
  }
  return LEXEME_OPEN_STRING;
}

static void take_suffix(struct lexer *lexer) {
  for (int i = 0; i < 2 && peek(lexer, 0) == 'L'; i++) lexer->at++;
}

static enum lexeme_type take_number(struct lexer *lexer) {
  if (peek(lexer, 0) == '0' && hanse_lower(peek(lexer, 1)) == 'x' && is_hex(peek(lexer, 2))) {
    lexer->at += 2;
    while (is_hex(peek(lexer, 0))) lexer->at++;
    take_suffix(lexer);
    return LEXEME_INTEGER;
  }
  bool real = false;
  if (peek(lexer, 0) == '-' || peek(lexer, 0) == '+') lexer->at++;
  while (is_digit(peek(lexer, 0))) lexer->at++;
  if (peek(lexer, 0) == '.') {
    real = true;
    for (lexer->at++; is_digit(peek(lexer, 0));) lexer->at++;
  }
  size_t sign = peek(lexer, 1) == '-' || peek(lexer, 1) == '+';
  if (hanse_lower(peek(lexer, 0)) == 'e' && is_digit(peek(lexer, 1 + sign))) {
    real = true;
    for (lexer->at += 1 + sign; is_digit(peek(lexer, 0));) lexer->at++;
  }
  if (real) return LEXEME_FLOAT;
  take_suffix(lexer);
  return LEXEME_INTEGER;
}

static bool starts_number(const struct lexer *lexer) {
  size_t sign = peek(lexer, 0) == '-' || peek(lexer, 0) == '+';
  return is_digit(peek(lexer, sign)) || (peek(lexer, sign) == '.' && is_digit(peek(lexer, sign + 1)));
}

static enum lexeme_type take_name(struct lexer *lexer) {
  size_t start = lexer->at;
  while (is_name(peek(lexer, 0))) lexer->at++;
  struct hanse_slice name = hanse_slice(lexer->text.at + start, lexer->at - start);
  bool truth = hanse_same_nocase(name, HANSE_LIT("true")) || hanse_same_nocase(name, HANSE_LIT("false"));
  return truth ? LEXEME_BOOL : LEXEME_NAME;
}

/* libconfig reads the directive only at the beginning of a line. */
static bool starts_include(const struct lexer *lexer) {
  static const char word[] = "@include";
  if (lexer->text.len - lexer->at < sizeof word - 1) return false;
  if (memcmp(lexer->text.at + lexer->at, word, sizeof word - 1) != 0) return false;
  for (size_t i = lexer->at; i > 0 && lexer->text.at[i - 1] != '\n'; i--)
    if (lexer->text.at[i - 1] != ' ' && lexer->text.at[i - 1] != '\t') return false;
  return true;
}

static enum lexeme_type take(struct lexer *lexer) {
  char c = peek(lexer, 0);
  if (starts_number(lexer)) return take_number(lexer);
  if (is_name_start(c)) return take_name(lexer);
  if (c == '"') return take_string(lexer);
  if (c == '@' && starts_include(lexer)) {
    skip_line(lexer);
    return LEXEME_INCLUDE;
  }
  lexer->at++;
  return c && strchr("=:;,{}()[]", c) ? LEXEME_MARK : LEXEME_BAD;
}

void lexer_init(struct lexer *lexer, struct hanse_slice text) { *lexer = (struct lexer){.text = text, .line = 1}; }

struct lexeme lexer_next(struct lexer *lexer) {
  bool open_comment = !skip_blank(lexer);
  size_t start = lexer->at;
  struct lexeme found = {.line = lexer->line};
  if (open_comment) {
    found.type = LEXEME_OPEN_COMMENT;
    while (lexer->at < lexer->text.len) step(lexer);
  } else if (start < lexer->text.len) {
    found.type = take(lexer);
  }
  found.end_line = lexer->line;
  found.text = hanse_slice(lexer->text.at + start, lexer->at - start);
  return found;
}

static bool take_digits(struct hanse_slice text, unsigned base, uint64_t *out) {
  uint64_t value = 0;
  for (size_t i = 0; i < text.len && is_hex(text.at[i]); i++) {
    char c = hanse_lower(text.at[i]);
    unsigned digit = is_digit(c) ? (unsigned)(c - '0') : (unsigned)(c - 'a') + 10;
    if (__builtin_mul_overflow(value, (uint64_t)base, &value) || __builtin_add_overflow(value, digit, &value))
      return false;
  }
  *out = value;
  return true;
}

enum lexeme_width lexeme_width(const struct lexeme *lexeme) {
  if (lexeme->type != LEXEME_INTEGER) return LEXEME_FITS;
  struct hanse_slice text = lexeme->text;
  bool wide = text.at[text.len - 1] == 'L';
  bool negative = text.at[0] == '-';
  if (negative || text.at[0] == '+') text = hanse_slice(text.at + 1, text.len - 1);
  bool hex = text.len > 2 && hanse_lower(text.at[1]) == 'x';
  uint64_t value;
  if (!take_digits(hex ? hanse_slice(text.at + 2, text.len - 2) : text, hex ? 16 : 10, &value)) return LEXEME_TOO_WIDE;
  if (value > (uint64_t)INT64_MAX + negative) return LEXEME_TOO_WIDE;
  return !wide && value > (uint64_t)INT32_MAX + negative ? LEXEME_WRAPS : LEXEME_FITS;
}
