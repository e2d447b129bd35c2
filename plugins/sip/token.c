#include "plugins/sip/token.h"

#include <sodium.h>

/* Octets: key-id, flags, length of the partner's name and that name, the same of decoration and beyond where flags say
   that they are there, the target; 16 of MAC at the end. The MAC covers all but the key-id, and the Call-ID and the tag
   beside it. */
enum { KEY = 1, FLAGS = 1, LENGTH = 1, MAC = 16, NAME_MAX_SIZE = 255, TARGET_MAX_SIZE = 262 };
enum { RAW_MAX = KEY + FLAGS + 3 * (LENGTH + NAME_MAX_SIZE) + TARGET_MAX_SIZE + MAC, TEXT_MAX = RAW_MAX / 3 * 4 + 4 };
/* Flags: the side, two that tell what follows the name, the wire type above them. */
enum { SIDE = 3, DECORATION = 4, BEYOND = 8, WIRE_SHIFT = 4 };

static int seal(struct hanse_host *host, enum hanse_key which, const unsigned char *payload, size_t n,
                struct hanse_slice call_id, struct hanse_slice tag, uint8_t mac[16]) {
  const struct hanse_slice parts[] = {HANSE_LIT("sip record-route"), hanse_slice((const char *)payload, n), call_id,
                                      tag};
  return hanse_seal(host, which, parts, 4, mac);
}

static unsigned char *put(unsigned char *p, struct hanse_slice text) {
  return text.len ? (unsigned char *)memcpy(p, text.at, text.len) + text.len : p;
}

static unsigned char *put_name(unsigned char *p, struct hanse_slice name) {
  *p++ = (unsigned char)name.len;
  return put(p, name);
}

static unsigned flags_of(const struct sip_token *token) {
  return (unsigned)token->side | (token->decoration.len ? DECORATION : 0u) | (token->beyond.len ? BEYOND : 0u) |
         (unsigned)token->wire_type << WIRE_SHIFT;
}

int sip_token_write(struct hanse_host *host, struct hanse_arena *arena, const struct sip_token *token,
                    struct hanse_slice call_id, struct hanse_slice *out) {
  unsigned char raw[RAW_MAX], *p = raw;
  if (token->partner.len > NAME_MAX_SIZE || token->decoration.len > NAME_MAX_SIZE ||
      token->beyond.len > NAME_MAX_SIZE || token->target.len > TARGET_MAX_SIZE)
    return HANSE_INVALID;
  *p++ = hanse_key_id(host, HANSE_KEY_CURRENT);
  *p++ = (unsigned char)flags_of(token);
  p = put_name(p, token->partner);
  if (token->decoration.len) p = put_name(p, token->decoration);
  if (token->beyond.len) p = put_name(p, token->beyond);
  p = put(p, token->target);
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

/* Takes a name with its length off the front. False: there is none. */
static bool take_name(struct hanse_slice *rest, struct hanse_slice *out) {
  size_t length = rest->len ? (unsigned char)rest->at[0] : 1;
  if (length + LENGTH > rest->len) return false;
  *out = hanse_slice(rest->at + LENGTH, length);
  *rest = hanse_slice(rest->at + LENGTH + length, rest->len - LENGTH - length);
  return true;
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
  struct hanse_slice rest = hanse_slice((const char *)raw + KEY + FLAGS, n - MAC - (KEY + FLAGS));
  struct sip_token token = {.side = (enum hanse_side)(raw[KEY] & SIDE),
                            .wire_type = (enum hanse_wire_type)(raw[KEY] >> WIRE_SHIFT),
                            .tag = tag};
  if (!take_name(&rest, &token.partner) || (raw[KEY] & DECORATION && !take_name(&rest, &token.decoration)) ||
      (raw[KEY] & BEYOND && !take_name(&rest, &token.beyond)))
    return HANSE_INVALID;
  token.target = rest;
  *out = token;
  return HANSE_OK;
}
