#include "plugins/sip/branch.h"

#include <endian.h>

#include "plugins/sip/lex.h"
#include "plugins/sip/list.h"

#define PREFIX "z9hG4bKhs." /* the cookie, and a mark that saves looking closer at the branches of others */

enum { PREFIX_SIZE = 10, BODY = 19, MAC = 8, RAW = BODY + MAC };

enum { LOOP_PART = 128, LOOP_OCTETS = 4 * (8 + LOOP_PART) + 16 };

_Static_assert(sizeof PREFIX - 1 == PREFIX_SIZE, "the prefix is as long as it says");
_Static_assert((int)SIP_BRANCH_TEXT == (int)PREFIX_SIZE + 2 * RAW, "an octet is two hexadecimal digits");

/* The last `octets` of a number, the highest first. All of these are inlined. */
static inline unsigned char *put(unsigned char *p, uint64_t value, unsigned octets) {
  value = htobe64(value << (64 - 8 * octets));
  return (unsigned char *)memcpy(p, &value, octets) + octets;
}

static inline const unsigned char *get(const unsigned char *p, unsigned octets, uint64_t *value) {
  uint64_t found = 0;
  memcpy(&found, p, octets);
  *value = be64toh(found) >> (64 - 8 * octets);
  return p + octets;
}

/* Digits, since a branch is a token without letter case (RFC 3261 §7.3.1). */
static void encode(const unsigned char *raw, char *text) {
  for (size_t i = 0; i < RAW; i++) {
    *text++ = "0123456789abcdef"[raw[i] >> 4];
    *text++ = "0123456789abcdef"[raw[i] & 15];
  }
}

static bool decode(const char *text, unsigned char *raw) {
  unsigned all = 0;
  for (size_t i = 0; i < RAW; i++) {
    unsigned high = sip_lex_hex(text[2 * i]), low = sip_lex_hex(text[2 * i + 1]);
    all |= high | low;
    raw[i] = (unsigned char)(high << 4 | (low & 15u));
  }
  return all < 16;
}

void sip_branch_write(const struct sip_keys *keys, const struct sip_branch *branch, char out[SIP_BRANCH_TEXT]) {
  unsigned char raw[RAW], *p = raw;
  p = put(p, branch->node, 2);
  p = put(p, branch->attempt, 1);
  p = put(p, branch->boot, 4);
  p = put(p, branch->loop, 4);
  p = put(p, branch->ticket, 8);
  put(p, sip_keys_hash(keys, HANSE_KEY_CURRENT, raw, BODY), MAC);
  memcpy(out, PREFIX, PREFIX_SIZE);
  encode(raw, out + PREFIX_SIZE);
}

static bool is_sealed(const struct sip_keys *keys, const unsigned char *raw) {
  uint64_t mac;
  get(raw + BODY, MAC, &mac);
  for (int which = HANSE_KEY_CURRENT; which <= HANSE_KEY_PREVIOUS; which++)
    if (keys->have[which] && sip_keys_hash(keys, (enum hanse_key)which, raw, BODY) == mac) return true;
  return false;
}

bool sip_branch_read(const struct sip_keys *keys, struct hanse_slice text, struct sip_branch *out) {
  unsigned char raw[RAW];
  uint64_t value;
  if (text.len != SIP_BRANCH_TEXT || memcmp(text.at, PREFIX, PREFIX_SIZE) != 0) return false;
  if (!decode(text.at + PREFIX_SIZE, raw) || !is_sealed(keys, raw)) return false;
  const unsigned char *p = get(raw, 2, &value);
  out->node = (uint16_t)value;
  p = get(p, 1, &value);
  out->attempt = (uint8_t)value;
  p = get(p, 4, &value);
  out->boot = (uint32_t)value;
  p = get(p, 4, &value);
  out->loop = (uint32_t)value;
  get(p, 8, &out->ticket);
  return true;
}

/* What is hashed: each part with its length; a long one by its own hash. */
struct parts {
  const struct sip_keys *keys;
  size_t len;
  unsigned char octets[LOOP_OCTETS];
};

static void add(struct parts *parts, struct hanse_slice part) {
  unsigned char *p = put(parts->octets + parts->len, part.len, 8);
  if (part.len > LOOP_PART)
    p = put(p, sip_keys_hash(parts->keys, HANSE_KEY_CURRENT, part.at, part.len), 8);
  else if (part.len)
    p = (unsigned char *)memcpy(p, part.at, part.len) + part.len;
  parts->len = (size_t)(p - parts->octets);
}

uint32_t sip_branch_loop_hash(const struct sip_keys *keys, const struct sip_message *request) {
  struct parts parts = {.keys = keys, .len = 0};
  uint64_t routes = 0;
  for (unsigned n = request->first[SIP_H_ROUTE]; n; n = sip_header(request, n)->next) {
    struct hanse_slice value = sip_header(request, n)->value;
    routes = routes * 31 + sip_keys_hash(keys, HANSE_KEY_CURRENT, value.at, value.len);
  }
  add(&parts, request->uri.text);
  add(&parts, request->from.tag);
  add(&parts, request->to.tag);
  add(&parts, request->call_id);
  parts.len = (size_t)(put(put(parts.octets + parts.len, request->cseq, 8), routes, 8) - parts.octets);
  return (uint32_t)sip_keys_hash(keys, HANSE_KEY_CURRENT, parts.octets, parts.len);
}

static bool may_be_ours(const struct sip_message *request) {
  for (unsigned n = request->first[SIP_H_VIA]; n; n = sip_header(request, n)->next) {
    struct hanse_slice value = sip_header(request, n)->value;
    if (memmem(value.at, value.len, PREFIX, PREFIX_SIZE)) return true;
  }
  return false;
}

bool sip_branch_looped(const struct sip_keys *keys, const struct sip_message *request, uint32_t hash) {
  struct sip_list list = sip_list(request, SIP_H_VIA);
  struct sip_branch ours;
  struct sip_via via;
  const char *problem;
  if (!may_be_ours(request)) return false;
  while (sip_list_next(&list))
    if (sip_via_parse(list.entry, &via, &problem) == HANSE_F_NONE && sip_branch_read(keys, via.branch, &ours) &&
        ours.loop == hash)
      return true;
  return false;
}
