/* Character classes and the small scanners of the codec: RFC 3261 §25.1. */
#ifndef SIP_LEX_H
#define SIP_LEX_H

#include <hanse/base.h>

#define SIP_C_TOKEN 0x01u      /* token */
#define SIP_C_PARAM 0x02u      /* name of a parameter: token and what paramchar adds to it */
#define SIP_C_VALUE 0x04u      /* unquoted value of a parameter: also "=", as base64 has it. Never @ < > " , ; \ */
#define SIP_C_USER 0x08u       /* unreserved / user-unreserved, and the # of dial strings */
#define SIP_C_URI_PARAM 0x10u  /* unreserved / param-unreserved / "=" */
#define SIP_C_URI_HEADER 0x20u /* unreserved / hnv-unreserved / "=" / "&" */
#define SIP_C_HOST 0x40u       /* letters, digits, - . _ and octets over 127 */
#define SIP_C_CALL_ID 0x80u    /* every visible character but the comma */

extern const unsigned char sip_lex_class[256];

static inline bool sip_lex_is(char c, unsigned classes) { return (sip_lex_class[(unsigned char)c] & classes) != 0; }

/* One more than the value of each hexadecimal digit; 0: none. */
extern const unsigned char sip_lex_hex_value[256];

/* The value of a hexadecimal digit; 16 or more: none. */
static inline unsigned sip_lex_hex(char c) { return sip_lex_hex_value[(unsigned char)c] - 1u; }

static inline bool sip_lex_digit(char c) { return c >= '0' && c <= '9'; }

/* LWS. CR and LF inside a header's value are always part of a fold: sip_split has seen to that. */
static inline bool sip_lex_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

/* The first octet that is in none of the classes, or end. Four at a time: this is where a parser is. */
static inline const char *sip_lex_span(const char *p, const char *end, unsigned classes) {
  for (const char *fours = p + ((size_t)(end - p) & ~(size_t)3); p < fours; p += 4) {
    if (!sip_lex_is(p[0], classes)) return p;
    if (!sip_lex_is(p[1], classes)) return p + 1;
    if (!sip_lex_is(p[2], classes)) return p + 2;
    if (!sip_lex_is(p[3], classes)) return p + 3;
  }
  while (p < end && sip_lex_is(*p, classes)) p++;
  return p;
}

static inline const char *sip_lex_skip(const char *p, const char *end) {
  while (p < end && sip_lex_blank(*p)) p++;
  return p;
}

static inline struct hanse_slice sip_lex_between(const char *p, const char *end) {
  return hanse_slice(p, (size_t)(end - p));
}

/* Without LWS at either end. */
static inline struct hanse_slice sip_lex_trim(struct hanse_slice s) {
  while (s.len && sip_lex_blank(s.at[0])) s.at++, s.len--;
  while (s.len && sip_lex_blank(s.at[s.len - 1])) s.len--;
  return s;
}

/* `lower` in lower case, consisting of letters and "-"; `text` of token characters: one bit tells the cases apart. */
static inline bool sip_lex_same(const char *text, const char *lower, size_t len) {
  for (size_t i = 0; i < len; i++)
    if ((text[i] | 0x20) != lower[i]) return false;
  return true;
}

/* p stands on the opening quote; returns what follows the closing one, or NULL. */
const char *sip_lex_quoted(const char *p, const char *end);

/* Characters of `classes`, and "%" only with two hexadecimal digits behind it. Returns the first that is neither. */
const char *sip_lex_escaped(const char *p, const char *end, unsigned classes);

#endif
