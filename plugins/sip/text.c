#include "plugins/sip/text.h"

#include "plugins/sip/param.h"

struct hanse_slice sip_text_media_type(const struct sip_message *message) {
  struct hanse_slice value = sip_header_value(message, SIP_H_CONTENT_TYPE);
  const char *end = value.len ? memchr(value.at, ';', value.len) : NULL;
  if (end) value.len = (size_t)(end - value.at);
  while (value.len && (value.at[value.len - 1] == ' ' || value.at[value.len - 1] == '\t')) value.len--;
  return value;
}

/* Octets that follow a first octet, and the least code point that so many may stand for (RFC 3629 §3). */
static int utf8_more(unsigned char first, uint32_t *value, uint32_t *least) {
  if (first < 0x80) return *value = first, *least = 0, 0;
  if ((first & 0xe0) == 0xc0) return *value = first & 0x1fu, *least = 0x80, 1;
  if ((first & 0xf0) == 0xe0) return *value = first & 0x0fu, *least = 0x800, 2;
  if ((first & 0xf8) == 0xf0) return *value = first & 0x07u, *least = 0x10000, 3;
  return -1;
}

/* Past whole words of ASCII. */
static const unsigned char *skip_ascii(const unsigned char *p, const unsigned char *end) {
  uint64_t word;
  while ((size_t)(end - p) >= sizeof word) {
    memcpy(&word, p, sizeof word);
    if (word & 0x8080808080808080u) break;
    p += sizeof word;
  }
  return p;
}

static bool is_utf8(struct hanse_slice s) {
  const unsigned char *p = (const unsigned char *)s.at, *end = p + s.len;
  p = skip_ascii(p, end);
  while (p < end) {
    uint32_t value, least;
    int more = utf8_more(*p++, &value, &least);
    if (more < 0 || end - p < more) return false;
    for (; more; more--, p++) {
      if ((*p & 0xc0) != 0x80) return false;
      value = value << 6 | (*p & 0x3fu);
    }
    if (value < least || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return false;
  }
  return true;
}

static bool is_unicode(struct hanse_slice content_type) {
  const char *params = content_type.len ? memchr(content_type.at, ';', content_type.len) : NULL;
  struct sip_param charset;
  if (!params) return true; /* UTF-8 is the default (RFC 3261 §7.4.1) */
  struct hanse_slice rest = hanse_slice(params, content_type.len - (size_t)(params - content_type.at));
  if (!sip_param_find(rest, HANSE_LIT("charset"), &charset)) return true;
  struct hanse_slice name = charset.value;
  if (name.len >= 2 && name.at[0] == '"') name = hanse_slice(name.at + 1, name.len - 2);
  return hanse_same_nocase(name, HANSE_LIT("utf-8")) || hanse_same_nocase(name, HANSE_LIT("us-ascii"));
}

struct hanse_slice sip_text_type(const struct sip_message *message) {
  struct hanse_slice type = sip_text_media_type(message);
  bool is_text = type.len > 5 && hanse_same_nocase(hanse_slice(type.at, 5), HANSE_LIT("text/"));
  return is_text && message->body.len ? type : hanse_slice(NULL, 0);
}

struct hanse_slice sip_text_part(const struct sip_message *message) {
  if (message->first[SIP_H_CONTENT_ENCODING]) return hanse_slice(NULL, 0);
  if (!is_unicode(sip_header_value(message, SIP_H_CONTENT_TYPE)) || !is_utf8(message->body))
    return hanse_slice(NULL, 0);
  return message->body;
}
