#include "router/address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>

enum reach { REACH_PUBLIC = 0, REACH_PRIVATE = 1, REACH_NEVER = 2 };

struct block { /* one row of the special-purpose registries */
  uint8_t prefix[16];
  uint8_t bits;
  uint8_t reach; /* enum reach */
  const char *name;
};

/* RFC 6890, RFC 1918, RFC 6598, RFC 3927, RFC 5771, RFC 2544, RFC 7526. The first row that covers the address counts.
 */
static const struct block blocks_v4[] = {
    {{0}, 8, REACH_NEVER, "unspecified"},
    {{10}, 8, REACH_PRIVATE, "private"},
    {{100, 64}, 10, REACH_PRIVATE, "carrier-grade NAT"},
    {{127}, 8, REACH_PRIVATE, "loopback"},
    {{169, 254}, 16, REACH_NEVER, "link-local"},
    {{172, 16}, 12, REACH_PRIVATE, "private"},
    {{192, 0, 0}, 24, REACH_PRIVATE, "protocol assignments"},
    {{192, 88, 99}, 24, REACH_PRIVATE, "6to4 relay"},
    {{192, 168}, 16, REACH_PRIVATE, "private"},
    {{198, 18}, 15, REACH_PRIVATE, "benchmarking"},
    {{255, 255, 255, 255}, 32, REACH_NEVER, "broadcast"},
    {{224}, 4, REACH_NEVER, "multicast"},
    {{240}, 4, REACH_NEVER, "reserved"},
};

/* RFC 6890, RFC 4193, RFC 4291, RFC 3879, RFC 6666, RFC 8215. */
static const struct block blocks_v6[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128, REACH_PRIVATE, "loopback"},
    {{0}, 128, REACH_NEVER, "unspecified"},
    {{0x01}, 64, REACH_NEVER, "discard"},
    {{0x00, 0x64, 0xff, 0x9b, 0x00, 0x01}, 48, REACH_PRIVATE, "local NAT64"},
    {{0xfc}, 7, REACH_PRIVATE, "unique local"},
    {{0xfe, 0x80}, 10, REACH_NEVER, "link-local"},
    {{0xfe, 0xc0}, 10, REACH_PRIVATE, "site-local"},
    {{0xff}, 8, REACH_NEVER, "multicast"},
};

/* Forms of IPv6 address that stand for an IPv4 one, and where in them it lies. */
struct carrier {
  uint8_t prefix[16];
  uint8_t bits, at;
  uint8_t inverted; /* XORed with this (RFC 4380 §4) */
};

static const struct carrier carriers[] = {
    {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12, 0}, /* mapped, RFC 4291 §2.5.5.2 */
    {{0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff}, 96, 12, 0},       /* translated, RFC 7915 */
    {{0}, 96, 12, 0},                                        /* compatible, RFC 4291 §2.5.5.1 */
    {{0x00, 0x64, 0xff, 0x9b}, 96, 12, 0},                   /* NAT64, RFC 6052 §2.1 */
    {{0x20, 0x02}, 16, 2, 0},                                /* 6to4, RFC 3056 */
    {{0x20, 0x01, 0, 0}, 32, 12, 0xff},                      /* Teredo's client, RFC 4380 */
};

static bool covers(const uint8_t *prefix, unsigned bits, const uint8_t *address) {
  unsigned whole = bits / 8, rest = bits % 8;
  if (memcmp(prefix, address, whole) != 0) return false;
  return rest == 0 || ((prefix[whole] ^ address[whole]) >> (8 - rest)) == 0;
}

static const struct block *block_of(const struct block *blocks, size_t count, const uint8_t *address) {
  for (size_t i = 0; i < count; i++)
    if (covers(blocks[i].prefix, blocks[i].bits, address)) return &blocks[i];
  return NULL;
}

static const struct block *block_v4(const uint8_t *address) {
  return block_of(blocks_v4, sizeof blocks_v4 / sizeof *blocks_v4, address);
}

static const struct block *block_v6(const uint8_t *address) {
  const struct block *block = block_of(blocks_v6, sizeof blocks_v6 / sizeof *blocks_v6, address);
  for (size_t i = 0; !block && i < sizeof carriers / sizeof *carriers; i++) {
    const struct carrier *carrier = &carriers[i];
    uint8_t inside[4];
    if (!covers(carrier->prefix, carrier->bits, address)) continue;
    for (size_t j = 0; j < 4; j++) inside[j] = address[carrier->at + j] ^ carrier->inverted;
    return block_v4(inside);
  }
  return block;
}

static const uint8_t *octets_v4(const struct sockaddr *address) {
  return (const uint8_t *)&((const struct sockaddr_in *)(const void *)address)->sin_addr;
}

static const uint8_t *octets_v6(const struct sockaddr *address) {
  return ((const struct sockaddr_in6 *)(const void *)address)->sin6_addr.s6_addr;
}

/* The four octets of an IPv4 or IPv4-mapped address, else NULL. */
static const uint8_t *octets_as_v4(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) return octets_v4(address);
  if (address->sa_family == AF_INET6 && covers(carriers[0].prefix, 96, octets_v6(address)))
    return octets_v6(address) + 12;
  return NULL;
}

static int parse_port(struct hanse_slice text, uint16_t *out) {
  unsigned value = 0;
  if (text.len == 0 || text.len > 5) return HANSE_INVALID;
  for (size_t i = 0; i < text.len; i++) {
    if (text.at[i] < '0' || text.at[i] > '9') return HANSE_INVALID;
    value = value * 10 + (unsigned)(text.at[i] - '0');
  }
  if (value == 0 || value > 65535) return HANSE_INVALID;
  *out = (uint16_t)value;
  return HANSE_OK;
}

static int parse_host(struct hanse_slice text, int family, uint16_t port, struct sockaddr_storage *out,
                      socklen_t *length) {
  char host[INET6_ADDRSTRLEN];
  struct sockaddr_storage made = {0};
  if (text.len == 0 || text.len >= sizeof host || memchr(text.at, '\0', text.len)) return HANSE_INVALID;
  memcpy(host, text.at, text.len);
  host[text.len] = '\0';
  void *into = family == AF_INET ? (void *)&((struct sockaddr_in *)&made)->sin_addr
                                 : (void *)&((struct sockaddr_in6 *)&made)->sin6_addr;
  if (inet_pton(family, host, into) != 1) return HANSE_INVALID;
  made.ss_family = (sa_family_t)family;
  address_port_set((struct sockaddr *)&made, port);
  *out = made;
  *length = address_length((struct sockaddr *)&made);
  return HANSE_OK;
}

int address_parse(struct hanse_slice text, struct sockaddr_storage *out, socklen_t *length) {
  struct hanse_slice host = text;
  uint16_t port = 0;
  const char *end = NULL;
  if (text.len == 0) return HANSE_INVALID;
  if (text.at[0] == '[') {
    if (!(end = memchr(text.at, ']', text.len))) return HANSE_INVALID;
    host = hanse_slice(text.at + 1, (size_t)(end - text.at) - 1);
    end++;
  } else {
    const char *colon = memchr(text.at, ':', text.len);
    size_t before = colon ? (size_t)(colon - text.at) : text.len;
    if (!colon || memchr(colon + 1, ':', text.len - before - 1))
      return parse_host(text, colon ? AF_INET6 : AF_INET, 0, out, length);
    host.len = before;
    end = colon;
  }
  struct hanse_slice rest = hanse_slice(end, (size_t)(text.at + text.len - end));
  if (rest.len) {
    if (rest.at[0] != ':' || parse_port(hanse_slice(rest.at + 1, rest.len - 1), &port) != HANSE_OK)
      return HANSE_INVALID;
  }
  return parse_host(host, text.at[0] == '[' ? AF_INET6 : AF_INET, port, out, length);
}

const char *address_host_text(const struct sockaddr *address, char buf[ADDRESS_TEXT]) {
  const void *octets = NULL;
  if (address->sa_family == AF_INET) octets = octets_v4(address);
  if (address->sa_family == AF_INET6) octets = octets_v6(address);
  if (!octets || !inet_ntop(address->sa_family, octets, buf, ADDRESS_TEXT)) memcpy(buf, "?", 2);
  return buf;
}

const char *address_text(const struct sockaddr *address, char buf[ADDRESS_TEXT]) {
  char host[ADDRESS_TEXT];
  uint16_t port = address_port(address);
  address_host_text(address, host);
  bool brackets = address->sa_family == AF_INET6 && port;
  int at = snprintf(buf, ADDRESS_TEXT, "%s%.46s%s", brackets ? "[" : "", host, brackets ? "]" : "");
  if (port) snprintf(buf + at, ADDRESS_TEXT - (size_t)at, ":%u", port);
  return buf;
}

uint16_t address_port(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) return ntohs(((const struct sockaddr_in *)(const void *)address)->sin_port);
  if (address->sa_family == AF_INET6) return ntohs(((const struct sockaddr_in6 *)(const void *)address)->sin6_port);
  return 0;
}

void address_port_set(struct sockaddr *address, uint16_t port) {
  if (address->sa_family == AF_INET) ((struct sockaddr_in *)(void *)address)->sin_port = htons(port);
  if (address->sa_family == AF_INET6) ((struct sockaddr_in6 *)(void *)address)->sin6_port = htons(port);
}

socklen_t address_length(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) return sizeof(struct sockaddr_in);
  if (address->sa_family == AF_INET6) return sizeof(struct sockaddr_in6);
  return 0;
}

bool address_same_host(const struct sockaddr *a, const struct sockaddr *b) {
  const uint8_t *a4 = octets_as_v4(a), *b4 = octets_as_v4(b);
  if (a4 || b4) return a4 && b4 && memcmp(a4, b4, 4) == 0;
  return a->sa_family == AF_INET6 && b->sa_family == AF_INET6 && memcmp(octets_v6(a), octets_v6(b), 16) == 0;
}

bool address_same(const struct sockaddr *a, const struct sockaddr *b) {
  return address_port(a) == address_port(b) && address_same_host(a, b);
}

/* The first octets of the address, behind the number of its family. */
static size_t key_of(const struct sockaddr *address, size_t octets_of_v4, size_t octets_of_v6,
                     uint8_t key[ADDRESS_KEY]) {
  const uint8_t *v4 = octets_as_v4(address);
  if (v4) {
    key[0] = 4;
    memcpy(key + 1, v4, octets_of_v4);
    return 1 + octets_of_v4;
  }
  if (address->sa_family != AF_INET6) return 0;
  key[0] = 6;
  memcpy(key + 1, octets_v6(address), octets_of_v6);
  return 1 + octets_of_v6;
}

size_t address_key(const struct sockaddr *address, uint8_t key[ADDRESS_KEY]) { return key_of(address, 4, 8, key); }

size_t address_network_key(const struct sockaddr *address, uint8_t key[ADDRESS_KEY]) {
  return key_of(address, 3, 7, key);
}

static const struct block *block_of_address(const struct sockaddr *address) {
  if (address->sa_family == AF_INET) return block_v4(octets_v4(address));
  if (address->sa_family == AF_INET6) return block_v6(octets_v6(address));
  return NULL;
}

const char *address_special(const struct sockaddr *address) {
  const struct block *block = block_of_address(address);
  return block ? block->name : NULL;
}

bool address_may_be_dialled(const struct sockaddr *address, bool may_be_private) {
  const struct block *block = block_of_address(address);
  if (address_length(address) == 0) return false;
  if (!block) return true;
  return block->reach == REACH_PRIVATE && may_be_private;
}
