#include "plugins/sip/token.h"

#include <sodium.h>

/* Octets: key-id, side and wire type, length of the partner's name, that name, the target; 16 of MAC at the end. The
   MAC covers all but the key-id, and the Call-ID and the tag beside it. */
enum { KEY = 1, FLAGS = 1, LENGTH = 1, MAC = 16, NAME_MAX_SIZE = 255, TARGET_MAX_SIZE = 262 };
enum { RAW_MAX = KEY + FLAGS + LENGTH + NAME_MAX_SIZE + TARGET_MAX_SIZE + MAC, TEXT_MAX = RAW_MAX / 3 * 4 + 4 };

static int seal(struct hanse_host *host, enum hanse_key which, const unsigned char *payload, size_t n,
                struct hanse_slice call_id, struct hanse_slice tag, uint8_t mac[16]) {
  const struct hanse_slice parts[] = {HANSE_LIT("sip record-route"), hanse_slice((const char *)payload, n), call_id,
                                      tag};
  return hanse_seal(host, which, parts, 4, mac);
}

int sip_token_write(struct hanse_host *host, struct hanse_arena *arena, const struct sip_token *token,
                    struct hanse_slice call_id, struct hanse_slice *out) {
  unsigned char raw[RAW_MAX], *p = raw;
  if (token->partner.len > NAME_MAX_SIZE || token->target.len > TARGET_MAX_SIZE) return HANSE_INVALID;
  *p++ = hanse_key_id(host, HANSE_KEY_CURRENT);
  *p++ = (unsigned char)((unsigned)token->side | (unsigned)token->wire_type << 4);
  *p++ = (unsigned char)token->partner.len;
  if (token->partner.len) p = (unsigned char *)memcpy(p, token->partner.at, token->partner.len) + token->partner.len;
  if (token->target.len) p = (unsigned char *)memcpy(p, token->target.at, token->target.len) + token->target.len;
  int status = seal(host, HANSE_KEY_CURRENT, raw + KEY, (size_t)(p - raw) - KEY, call_id, token->tag, p);
  if (status) return status;
  size_t n = (size_t)(p - raw) + MAC;
  size_t room = sodium_base64_ENCODED_LEN(n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  char *text = hanse_alloc(arena, room);
  if (!text) return HANSE_NOMEM;
  sodium_bin2base64(text, room, raw, n, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
  *out = hanse_text(text);
  return HANSE_OK;
}

static bool is_sealed(struct hanse_host *host, const unsigned char *raw, size_t n, struct hanse_slice call_id,
                      struct hanse_slice tag) {
  uint8_t mac[16];
  if (!tag.at) return false;
  for (int which = HANSE_KEY_CURRENT; which <= HANSE_KEY_PREVIOUS; which++)
    if (hanse_key_id(host, (enum hanse_key)which) == raw[0] &&
        seal(host, (enum hanse_key)which, raw + KEY, n - KEY - MAC, call_id, tag, mac) == HANSE_OK &&
        sodium_memcmp(mac, raw + n - MAC, MAC) == 0)
      return true;
  return false;
}

/* Requests go either way: who opened the dialog stands in From or in To. */
static bool find_tag(struct hanse_host *host, const unsigned char *raw, size_t n, const struct sip_token_dialog *dialog,
                     struct hanse_slice *tag) {
  const struct hanse_slice tags[] = {dialog->from_tag, dialog->to_tag};
  for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
    if (!is_sealed(host, raw, n, dialog->call_id, tags[i])) continue;
    *tag = tags[i];
    return true;
  }
  return false;
}

int sip_token_read(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice text,
                   const struct sip_token_dialog *dialog, struct sip_token *out) {
  size_t n, room = text.len / 4 * 3 + 3;
  struct hanse_slice tag;
  if (text.len > TEXT_MAX) return HANSE_INVALID;
  unsigned char *raw = hanse_alloc(arena, room);
  if (!raw) return HANSE_NOMEM;
  if (sodium_base642bin(raw, room, text.at, text.len, NULL, &n, NULL, sodium_base64_VARIANT_URLSAFE_NO_PADDING) != 0)
    return HANSE_INVALID;
  if (n < KEY + FLAGS + LENGTH + MAC || !find_tag(host, raw, n, dialog, &tag)) return HANSE_INVALID;
  const char *name = (const char *)raw + KEY + FLAGS + LENGTH;
  size_t length = raw[KEY + FLAGS], rest = n - MAC - (KEY + FLAGS + LENGTH);
  if (length > rest) return HANSE_INVALID;
  out->side = (enum hanse_side)(raw[KEY] & 15u);
  out->wire_type = (enum hanse_wire_type)(raw[KEY] >> 4);
  out->partner = hanse_slice(name, length);
  out->target = hanse_slice(name + length, rest - length);
  out->tag = tag;
  return HANSE_OK;
}
