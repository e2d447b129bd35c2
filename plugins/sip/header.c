#include "plugins/sip/header.h"

#include "plugins/sip/lex.h"

static const struct sip_header_kind kinds[SIP_H_COUNT] = {[SIP_H_OTHER] = {"", 0, 0},
#define ROW(id, name, len, first, last, compact, flags) [SIP_H_##id] = {name, compact, flags},
                                                          SIP_HEADERS(ROW)
#undef ROW
};

/* The only header that a name of this length, first and last letter can be. Two headers in one slot are a warning of
   the compiler, which is an error here: other factors must then be found. */
#define SLOT(len, first, last) (((len)*1u + (unsigned)(first)*20u + (unsigned)(last)*36u) % 256u)

static const unsigned char slots[256] = {
#define ROW(id, name, len, first, last, compact, flags) [SLOT(len, first, last)] = SIP_H_##id,
    SIP_HEADERS(ROW)
#undef ROW
};

static const unsigned char lengths[SIP_H_COUNT] = {
#define ROW(id, name, len, first, last, compact, flags) [SIP_H_##id] = len,
    SIP_HEADERS(ROW)
#undef ROW
};

static enum sip_header_id compact_lookup(char letter) {
  switch (letter) {
    case 'a':
      return SIP_H_ACCEPT_CONTACT;
    case 'b':
      return SIP_H_REFERRED_BY;
    case 'c':
      return SIP_H_CONTENT_TYPE;
    case 'd':
      return SIP_H_REQUEST_DISPOSITION;
    case 'e':
      return SIP_H_CONTENT_ENCODING;
    case 'f':
      return SIP_H_FROM;
    case 'i':
      return SIP_H_CALL_ID;
    case 'j':
      return SIP_H_REJECT_CONTACT;
    case 'k':
      return SIP_H_SUPPORTED;
    case 'l':
      return SIP_H_CONTENT_LENGTH;
    case 'm':
      return SIP_H_CONTACT;
    case 'n':
      return SIP_H_IDENTITY_INFO;
    case 'o':
      return SIP_H_EVENT;
    case 'r':
      return SIP_H_REFER_TO;
    case 's':
      return SIP_H_SUBJECT;
    case 't':
      return SIP_H_TO;
    case 'u':
      return SIP_H_ALLOW_EVENTS;
    case 'v':
      return SIP_H_VIA;
    case 'x':
      return SIP_H_SESSION_EXPIRES;
    case 'y':
      return SIP_H_IDENTITY;
    default:
      return SIP_H_OTHER;
  }
}

#define CASE 0x2020202020202020u

static inline bool same_octets(const char *a, const char *b) {
  uint64_t x, y;
  memcpy(&x, a, 8);
  memcpy(&y, b, 8);
  return (x | CASE) == (y | CASE);
}

static inline bool same_four(const char *a, const char *b) {
  uint32_t x, y;
  memcpy(&x, a, 4);
  memcpy(&y, b, 4);
  return (x | (uint32_t)CASE) == (y | (uint32_t)CASE);
}

static inline bool same_short(const char *a, const char *b, size_t len) {
  if (len >= 4) return same_four(a, b) && same_four(a + len - 4, b + len - 4);
  return ((a[0] ^ b[0]) & ~0x20) == 0 && ((a[1] ^ b[1]) & ~0x20) == 0 && ((a[len - 1] ^ b[len - 1]) & ~0x20) == 0;
}

/* Names of two letters or more, and "-": one bit more makes both sides lower case. The last octets may overlap those
   before. */
static bool same_name(const char *text, const char *name, size_t len) {
  if (len < 8) return same_short(text, name, len);
  for (size_t i = 0; i + 8 < len; i += 8)
    if (!same_octets(text + i, name + i)) return false;
  return same_octets(text + len - 8, name + len - 8);
}

enum sip_header_id sip_header_lookup(struct hanse_slice name) {
  if (name.len == 0) return SIP_H_OTHER;
  if (name.len == 1) return compact_lookup(hanse_lower(name.at[0]));
  unsigned first = (unsigned char)name.at[0] | 0x20u, last = (unsigned char)name.at[name.len - 1] | 0x20u;
  enum sip_header_id id = slots[SLOT((unsigned)name.len, first, last)];
  return lengths[id] == name.len && same_name(name.at, kinds[id].name, name.len) ? id : SIP_H_OTHER;
}

const struct sip_header_kind *sip_header_kind(enum sip_header_id id) {
  return &kinds[(unsigned)id < SIP_H_COUNT ? id : SIP_H_OTHER];
}
