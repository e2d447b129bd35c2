/* A peer's record as text, for the store and for a successor: first the line "limits 1", then a line for each field, a
   word and a value. A reader takes the fields that it knows. Moments are microseconds since 1970. */
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>

#include "limits.h"

#define LIMITS_FORMAT "limits 1\n"

/* ---- moments ---- */

/* 0: never. */
static int64_t to_wall(const struct limits *limits, hanse_time at) {
  return at ? hanse_wall_time(limits->host) - (hanse_now(limits->host) - at) : 0;
}

/* What lies in the future, because somebody set the clock back, is now. */
static hanse_time from_wall(const struct limits *limits, int64_t wall) {
  int64_t age = hanse_wall_time(limits->host) - wall;
  if (wall <= 0) return 0;
  hanse_time at = hanse_now(limits->host) - (age > 0 ? age : 0);
  return at ? at : 1;
}

/* ---- writing ---- */

struct text {
  char *at;
  size_t used;
};

static void put_number(struct text *text, const char *word, int64_t value) {
  int n = snprintf(text->at + text->used, LIMITS_RECORD - text->used, "%s %" PRId64 "\n", word, value);
  if (n > 0 && (size_t)n < LIMITS_RECORD - text->used) text->used += (size_t)n;
}

static void put_text(struct text *text, const char *word, struct hanse_slice value) {
  int n = snprintf(text->at + text->used, LIMITS_RECORD - text->used, "%s %.*s\n", word, HANSE_FMT(value));
  if (n > 0 && (size_t)n < LIMITS_RECORD - text->used) text->used += (size_t)n;
}

static void put_octets(struct text *text, const char *word, const uint8_t *octets, size_t count) {
  char digits[2 * LIMITS_KEY + 1];
  put_text(text, word, hanse_text(sodium_bin2hex(digits, sizeof digits, octets, count)));
}

size_t limits_record_write(const struct limits *limits, const struct limits_peer *peer, char *buf) {
  static const char *const told[LIMITS_NOTICES] = {"told-rate", "told-addresses", "told-suspicious"};
  struct text text = {buf, sizeof LIMITS_FORMAT - 1};
  uint32_t count = limits_peer_addresses(peer);
  memcpy(buf, LIMITS_FORMAT, sizeof LIMITS_FORMAT - 1);
  put_octets(&text, "key", peer->key, LIMITS_KEY);
  put_octets(&text, "salt", peer->addresses.salt, sizeof peer->addresses.salt);
  put_number(&text, "addresses", count);
  put_number(&text, "seen", to_wall(limits, peer->seen));
  put_number(&text, "suspect", to_wall(limits, peer->suspect));
  put_number(&text, "passed", peer->passed);
  put_number(&text, "ahead", limits_ahead(limits, peer));
  put_number(&text, "messages", (int64_t)peer->messages);
  put_number(&text, "refused", (int64_t)peer->refused);
  put_number(&text, "good", (int64_t)peer->good);
  for (int i = 0; i < LIMITS_NOTICES; i++) put_number(&text, told[i], to_wall(limits, peer->told[i]));
  put_text(&text, "serial", peer->serial);
  put_text(&text, "issuer", peer->issuer);
  put_text(&text, "subject", peer->subject);
  for (size_t i = 0; i < peer->domain_count; i++) put_text(&text, "domain", hanse_text(peer->domains[i]));
  return text.used;
}

/* ---- reading ---- */

/* Cuts the next line off; false: there is none. */
static bool next_line(struct hanse_slice *rest, struct hanse_slice *word, struct hanse_slice *value) {
  const char *end = rest->len ? (const char *)memchr(rest->at, '\n', rest->len) : NULL;
  if (!end) return false;
  struct hanse_slice line = hanse_slice(rest->at, (size_t)(end - rest->at));
  const char *blank = line.len ? (const char *)memchr(line.at, ' ', line.len) : NULL;
  *word = blank ? hanse_slice(line.at, (size_t)(blank - line.at)) : line;
  *value = blank ? hanse_slice(blank + 1, line.len - word->len - 1) : hanse_slice("", 0);
  rest->at = end + 1;
  rest->len -= line.len + 1;
  return true;
}

static bool is_word(struct hanse_slice word, const char *name) { return hanse_same(word, hanse_text(name)); }

static int64_t number_of(struct hanse_slice value) {
  int64_t number = 0;
  if (value.len > 18) return 0;
  for (size_t i = 0; i < value.len; i++) {
    if (value.at[i] < '0' || value.at[i] > '9') return 0;
    number = number * 10 + (value.at[i] - '0');
  }
  return number;
}

static bool octets_of(struct hanse_slice value, uint8_t *out, size_t count) {
  size_t read;
  return sodium_hex2bin(out, count, value.at, value.len, NULL, &read, NULL) == 0 && read == count;
}

static void read_number(const struct limits *limits, struct limits_peer *peer, struct hanse_slice word, int64_t value) {
  if (is_word(word, "addresses")) peer->addresses_due = value <= LIMITS_ADDRESSES_MAX ? (uint32_t)value : 0;
  if (is_word(word, "seen")) peer->seen = from_wall(limits, value);
  if (is_word(word, "suspect")) peer->suspect = from_wall(limits, value);
  if (is_word(word, "passed")) peer->passed = value != 0;
  if (is_word(word, "ahead")) limits_ahead_set(limits, peer, value);
  if (is_word(word, "messages")) peer->messages = (uint64_t)value;
  if (is_word(word, "refused")) peer->refused = (uint64_t)value;
  if (is_word(word, "good")) peer->good = (uint64_t)value;
  if (is_word(word, "told-rate")) peer->told[LIMITS_NOTICE_RATE] = from_wall(limits, value);
  if (is_word(word, "told-addresses")) peer->told[LIMITS_NOTICE_ADDRESSES] = from_wall(limits, value);
  if (is_word(word, "told-suspicious")) peer->told[LIMITS_NOTICE_SUSPICIOUS] = from_wall(limits, value);
}

static bool is_salt(struct hanse_slice rest, const uint8_t *salt, size_t count) {
  struct hanse_slice word, value;
  uint8_t read[LIMITS_KEY];
  while (next_line(&rest, &word, &value))
    if (is_word(word, "salt")) return octets_of(value, read, count) && memcmp(read, salt, count) == 0;
  return false;
}

/* What was noted of the same peer since the start has another salt; it is little, and goes. */
static struct limits_peer *peer_for(struct limits *limits, const uint8_t key[LIMITS_KEY], struct hanse_slice rest) {
  struct limits_peer *peer = limits_peers_find(&limits->peers, key);
  if (peer) {
    if (is_salt(rest, peer->addresses.salt, sizeof peer->addresses.salt)) return peer;
    limits_addresses_free(&peer->addresses);
    peer->addresses_written = 0;
    return peer;
  }
  while (limits->peers.count >= (size_t)limits->settings->peers)
    limits_change_forget(limits, limits_peers_victim(&limits->peers));
  return limits_peers_add(&limits->peers, key);
}

/* What is here is to stay: the same, as old or newer; or what the store told, which holds more than what was noted
   before the store told it. */
static bool stays(const struct limits_peer *peer, struct hanse_slice rest, enum behind_origin origin) {
  bool same = is_salt(rest, peer->addresses.salt, sizeof peer->addresses.salt);
  return origin == BEHIND_STORE ? same : peer->kept && !same;
}

static int read_fields(struct limits *limits, struct limits_peer *peer, struct hanse_slice rest) {
  struct hanse_slice word, value, subject = {NULL, 0}, issuer = {NULL, 0}, serial = {NULL, 0};
  bool salted = false;
  while (next_line(&rest, &word, &value)) {
    if (is_word(word, "salt"))
      salted = octets_of(value, peer->addresses.salt, sizeof peer->addresses.salt);
    else if (is_word(word, "subject"))
      subject = value;
    else if (is_word(word, "issuer"))
      issuer = value;
    else if (is_word(word, "serial"))
      serial = value;
    else if (is_word(word, "domain"))
      limits_peer_domain(peer, value);
    else
      read_number(limits, peer, word, number_of(value));
  }
  if (!salted) return HANSE_INVALID;
  return limits_peer_name(peer, subject, issuer, serial);
}

int limits_record_read(struct limits *limits, struct hanse_slice record, enum behind_origin origin) {
  const struct hanse_slice format = HANSE_LIT(LIMITS_FORMAT);
  struct hanse_slice word, value;
  uint8_t key[LIMITS_KEY];
  if (record.len < format.len || memcmp(record.at, format.at, format.len) != 0) return HANSE_INVALID;
  struct hanse_slice rest = hanse_slice(record.at + format.len, record.len - format.len);
  if (!next_line(&rest, &word, &value) || !is_word(word, "key") || !octets_of(value, key, sizeof key))
    return HANSE_INVALID;
  struct limits_peer *peer = limits_peers_find(&limits->peers, key);
  if (peer && stays(peer, rest, origin)) return HANSE_OK;
  peer = peer_for(limits, key, rest);
  if (!peer) return HANSE_NOMEM;
  peer->kept = origin == BEHIND_STORE;
  int status = read_fields(limits, peer, rest);
  if (status != HANSE_OK) limits_change_forget(limits, peer);
  if (status == HANSE_OK) limits_peers_touch(&limits->peers, peer, limits_established(limits, peer));
  if (status == HANSE_OK && origin == BEHIND_PREDECESSOR) limits_change_note(limits, peer);
  return status;
}
