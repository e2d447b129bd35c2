#include "plugins/sip/text.h"

#include <hanse/utf8.h>
#include <sodium.h>

#include "plugins/sip/param.h"

static struct hanse_slice without_params(struct hanse_slice value) {
  const char *end = value.len ? memchr(value.at, ';', value.len) : NULL;
  if (end) value.len = (size_t)(end - value.at);
  while (value.len && (value.at[value.len - 1] == ' ' || value.at[value.len - 1] == '\t')) value.len--;
  return value;
}

struct hanse_slice sip_text_media_type(const struct sip_message *message) {
  return without_params(sip_header_value(message, SIP_H_CONTENT_TYPE));
}

static bool is_unicode_name(struct hanse_slice name) {
  while (name.len && (name.at[name.len - 1] == ' ' || name.at[name.len - 1] == '\t')) name.len--;
  if (name.len >= 2 && name.at[0] == '"') name = hanse_slice(name.at + 1, name.len - 2);
  return hanse_same_nocase(name, HANSE_LIT("utf-8")) || hanse_same_nocase(name, HANSE_LIT("us-ascii"));
}

static bool is_unicode(struct hanse_slice content_type) {
  const char *params = content_type.len ? memchr(content_type.at, ';', content_type.len) : NULL;
  struct sip_param charset;
  if (!params) return true; /* UTF-8 is the default (RFC 3261 §7.4.1) */
  struct hanse_slice rest = hanse_slice(params, content_type.len - (size_t)(params - content_type.at));
  if (!sip_param_find(rest, HANSE_LIT("charset"), &charset)) return true;
  return is_unicode_name(charset.value);
}

static bool is_text(struct hanse_slice type) {
  return type.len > 5 && hanse_same_nocase(hanse_slice(type.at, 5), HANSE_LIT("text/"));
}

/* ---- the first text of a session ---- */

static const struct hanse_slice first_name = HANSE_LIT("ms-text-format");

/* Not by the grammar of parameters, which has no "=" in a value. `key` ends in "="; empty: it is not there. */
static struct hanse_slice first_param(struct hanse_slice value, struct hanse_slice key) {
  const char *p = value.at, *end = p + value.len;
  while (p && (size_t)(end - p) > key.len && !hanse_same_nocase(hanse_slice(p, key.len), key)) {
    p = memchr(p, ';', (size_t)(end - p));
    while (p && p < end && (*p == ';' || *p == ' ' || *p == '\t')) p++;
  }
  if (!p || (size_t)(end - p) <= key.len) return hanse_slice(NULL, 0);
  p += key.len;
  const char *stop = memchr(p, ';', (size_t)(end - p));
  return hanse_slice(p, (size_t)((stop ? stop : end) - p));
}

static struct hanse_slice first_octets(struct hanse_slice value) { return first_param(value, HANSE_LIT("ms-body=")); }

static unsigned first_header(const struct sip_message *message) {
  if (!message->request || message->method != SIP_M_INVITE) return 0;
  unsigned number = sip_header_find(message, first_name, 0);
  return number && first_octets(sip_header(message, number)->value).len ? number : 0;
}

static int read_first(const struct sip_message *message, unsigned number, struct hanse_arena *arena,
                      struct hanse_slice *type, struct hanse_slice *text) {
  struct hanse_slice value = sip_header(message, number)->value, octets = first_octets(value);
  struct hanse_slice charset = first_param(value, HANSE_LIT("charset="));
  size_t n = 0;
  char *room = hanse_alloc(arena, octets.len);
  if (!room) return HANSE_NOMEM;
  *type = without_params(value);
  if (sip_header_find(message, first_name, number) || (charset.len && !is_unicode_name(charset))) return HANSE_OK;
  if (sodium_base642bin((unsigned char *)room, octets.len, octets.at, octets.len, NULL, &n, NULL,
                        sodium_base64_VARIANT_ORIGINAL) == 0 &&
      hanse_is_utf8(hanse_slice(room, n)))
    *text = hanse_slice(room, n);
  return HANSE_OK;
}

static int replace_first(struct sip_edits *edits, unsigned number, struct hanse_slice text) {
  struct hanse_slice octets = first_octets(sip_header(edits->message, number)->value);
  size_t room = sodium_base64_ENCODED_LEN(text.len, sodium_base64_VARIANT_ORIGINAL);
  char *base64 = hanse_alloc(edits->arena, room);
  if (!base64) return HANSE_NOMEM;
  sodium_bin2base64(base64, room, (const unsigned char *)text.at, text.len, sodium_base64_VARIANT_ORIGINAL);
  return sip_edit_replace(edits, octets, hanse_slice(base64, room - 1));
}

/* ---- either ---- */

int sip_text_read(const struct sip_message *message, struct hanse_arena *arena, struct hanse_slice *type,
                  struct hanse_slice *text) {
  struct hanse_slice media_type = sip_text_media_type(message);
  unsigned first = first_header(message);
  if (first) return read_first(message, first, arena, type, text);
  if (!is_text(media_type) || !message->body.len) return HANSE_OK;
  *type = media_type;
  bool readable = !message->first[SIP_H_CONTENT_ENCODING] &&
                  is_unicode(sip_header_value(message, SIP_H_CONTENT_TYPE)) && hanse_is_utf8(message->body);
  if (readable) *text = message->body;
  return HANSE_OK;
}

int sip_text_replace(struct sip_edits *edits, struct hanse_slice text) {
  unsigned first = first_header(edits->message);
  if (first) return replace_first(edits, first, text);
  if (!edits->message->body.len) return HANSE_INVALID;
  sip_edit_body(edits, text);
  return HANSE_OK;
}
