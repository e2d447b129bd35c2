#include "contract/utf8.h"

size_t utf8_first(struct hanse_slice text) {
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

bool utf8_valid(struct hanse_slice text) {
  while (text.len) {
    size_t length = utf8_first(text);
    if (!length) return false;
    text = hanse_slice(text.at + length, text.len - length);
  }
  return true;
}
