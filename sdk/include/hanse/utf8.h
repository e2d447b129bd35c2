/* UTF-8 (RFC 3629 §4): what stands in facts, in neutral messages and in JSON must be well-formed. */
#ifndef HANSE_UTF8_H
#define HANSE_UTF8_H

#include <hanse/base.h>

HANSE_BEGIN

/* The length of the character at the front of the text; 0: what stands there is not UTF-8, or the text is empty. */
static inline size_t hanse_utf8_first(struct hanse_slice text) {
  static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (text.len == 0) return 0;
  unsigned char c = (unsigned char)text.at[0];
  if (c < 0x80) return 1;
  if (c < 0xc2 || c > 0xf4) return 0;
  size_t length = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;
  uint32_t code = c & (0x7fu >> length);
  if (text.len < length) return 0;
  for (size_t i = 1; i < length; i++) {
    unsigned char next = (unsigned char)text.at[i];
    if ((next & 0xc0) != 0x80) return 0;
    code = code << 6 | (next & 0x3fu);
  }
  bool surrogate = code >= 0xd800 && code <= 0xdfff;
  return code < least[length] || code > 0x10ffff || surrogate ? 0 : length;
}

/* Is the whole text UTF-8? Words of ASCII are passed over at once. */
static inline bool hanse_is_utf8(struct hanse_slice text) {
  const char *p = text.at, *end = p + text.len;
  while (p < end) {
    uint64_t words[2];
    if ((size_t)(end - p) >= sizeof words) {
      memcpy(words, p, sizeof words);
      if (!((words[0] | words[1]) & 0x8080808080808080u)) {
        p += sizeof words;
        continue;
      }
    }
    if ((unsigned char)*p < 0x80) {
      p++;
      continue;
    }
    size_t length = hanse_utf8_first(hanse_slice(p, (size_t)(end - p)));
    if (!length) return false;
    p += length;
  }
  return true;
}

HANSE_END
#endif
