#include "contract/printable.h"

/* What the lead octet says about the length of its sequence; 0: no lead octet (RFC 3629 §4). */
static size_t sequence_length(unsigned char lead) {
  if (lead < 0x80) return 1;
  if (lead < 0xC2) return 0;
  if (lead < 0xE0) return 2;
  if (lead < 0xF0) return 3;
  return lead < 0xF5 ? 4 : 0;
}

/* The code point of a sequence of n > 1 octets; 0: not UTF-8. */
static uint32_t sequence_decode(const unsigned char *at, size_t n) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  uint32_t code = at[0] & (0xFFu >> (n + 1));
  for (size_t i = 1; i < n; i++) {
    if ((at[i] & 0xC0) != 0x80) return 0;
    code = code << 6 | (at[i] & 0x3Fu);
  }
  bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code < least[n] || code > 0x10FFFF || surrogate ? 0 : code;
}

static bool code_is_hidden(uint32_t code) {
  if (code < 0xA0) return true;                                        /* C1 */
  if (code == 0x061C || code == 0x200E || code == 0x200F) return true; /* bidi marks */
  if (code >= 0x2028 && code <= 0x202E) return true;                   /* separators, bidi embeddings */
  if (code >= 0x2066 && code <= 0x2069) return true;                   /* bidi isolates */
  return code == 0xFEFF || (code >= 0xE0000 && code <= 0xE007F);       /* byte order mark, tags */
}

size_t printable_step(const char *at, size_t len) {
  const unsigned char *octets = (const unsigned char *)at;
  size_t n = sequence_length(octets[0]);
  if (n == 1) return octets[0] >= 0x20 && octets[0] != 0x7F;
  if (n == 0 || n > len) return 0;
  uint32_t code = sequence_decode(octets, n);
  return code == 0 || code_is_hidden(code) ? 0 : n;
}

bool printable_all(struct hanse_slice text) {
  for (size_t i = 0; i < text.len;) {
    size_t n = printable_step(text.at + i, text.len - i);
    if (n == 0) return false;
    i += n;
  }
  return true;
}

/* One character in its shown form: 1 to 4 octets. */
static size_t show(const char *at, size_t step, char out[4]) {
  static const char digits[] = "0123456789abcdef";
  if (step == 0) {
    unsigned char octet = (unsigned char)*at;
    out[0] = '\\', out[1] = 'x', out[2] = digits[octet >> 4], out[3] = digits[octet & 15];
    return 4;
  }
  memcpy(out, at, step); /* 4 octets at most (RFC 3629 §3) */
  return step;
}

size_t printable_copy(struct hanse_slice text, char *out, size_t cap, struct hanse_slice *rest) {
  size_t i = 0, written = 0;
  while (i < text.len) {
    char shown[4];
    size_t step = printable_step(text.at + i, text.len - i);
    size_t n = show(text.at + i, step, shown);
    if (n > cap - written) break;
    memcpy(out + written, shown, n);
    written += n;
    i += step ? step : 1;
  }
  if (rest) *rest = hanse_slice(text.at + i, text.len - i);
  return written;
}
