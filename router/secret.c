#include "router/secret.h"

#include <errno.h>
#include <limits.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "contract/trusted.h"
#include "router/state_file.h"

/* One key of the file, and what is derived from it for each use, so that no use can be passed off as another. */
struct keyed {
  unsigned char key[SECRET_KEY];
  unsigned char brief[crypto_shorthash_siphashx24_KEYBYTES];
  unsigned char ample[crypto_generichash_KEYBYTES];
  uint8_t id;
  bool there;
};

struct secret {
  struct keyed keys[2]; /* by enum hanse_key */
  uid_t user;
  char folder[];
};

static const char version_line[] = "hanse-secret 1";

void secret_free(struct secret *secret) {
  if (!secret) return;
  sodium_memzero(secret->keys, sizeof secret->keys);
  free(secret);
}

static void derive(unsigned char *out, size_t length, const unsigned char key[SECRET_KEY], const char *use) {
  crypto_generichash(out, length, (const unsigned char *)use, strlen(use), key, SECRET_KEY);
}

static void keyed_set(struct keyed *keyed, const unsigned char key[SECRET_KEY]) {
  unsigned char id[crypto_generichash_BYTES_MIN];
  memcpy(keyed->key, key, SECRET_KEY);
  derive(keyed->brief, sizeof keyed->brief, key, "hanse seal 1 brief");
  derive(keyed->ample, sizeof keyed->ample, key, "hanse seal 1 ample");
  derive(id, sizeof id, key, "hanse key id");
  keyed->id = id[0];
  keyed->there = true;
}

/* ---- the file ---- */

struct file {
  unsigned char key[2][SECRET_KEY];
  bool there[2];
};

static bool parse_key(struct hanse_slice text, unsigned char out[SECRET_KEY]) {
  size_t length = 0;
  const char *end = NULL;
  if (text.len != 2 * SECRET_KEY || sodium_hex2bin(out, SECRET_KEY, text.at, text.len, NULL, &length, &end) != 0)
    return false;
  return length == SECRET_KEY && !sodium_is_zero(out, SECRET_KEY);
}

static bool parse_line(struct hanse_slice line, struct file *file) {
  static const char *const words[] = {[HANSE_KEY_CURRENT] = "current ", [HANSE_KEY_PREVIOUS] = "previous "};
  for (size_t i = 0; i < 2; i++) {
    size_t length = strlen(words[i]);
    if (line.len < length || memcmp(line.at, words[i], length) != 0) continue;
    if (file->there[i]) return false;
    file->there[i] = true;
    return parse_key(hanse_slice(line.at + length, line.len - length), file->key[i]);
  }
  return line.len == 0;
}

static struct hanse_slice next_line(struct hanse_slice *text) {
  const char *end = memchr(text->at, '\n', text->len);
  struct hanse_slice line = hanse_slice(text->at, end ? (size_t)(end - text->at) : text->len);
  size_t taken = line.len + (end ? 1 : 0);
  *text = hanse_slice(text->at + taken, text->len - taken);
  const char *comment = memchr(line.at, '#', line.len);
  if (comment) line.len = (size_t)(comment - line.at);
  while (line.len && strchr(" \t\r", line.at[line.len - 1])) line.len--;
  return line;
}

/* 0: good; else the number of the line that is not. */
static unsigned parse_file(struct hanse_slice text, struct file *file) {
  if (!hanse_same(next_line(&text), hanse_text(version_line))) return 1;
  unsigned number = 1;
  while (text.len) {
    number++;
    if (!parse_line(next_line(&text), file)) return number;
  }
  return file->there[HANSE_KEY_CURRENT] ? 0 : number + 1;
}

static int read_file(const char *folder, uid_t user, struct file *file, struct hanse_problem *problem) {
  char path[PATH_MAX], why[300] = "";
  struct hanse_slice text;
  struct option_pool pool;
  if (snprintf(path, sizeof path, "%s/secret", folder) >= (int)sizeof path)
    return state_file_problem(problem, "%s/secret: the path is too long", folder);
  option_pool_init(&pool);
  int status = trusted_read(path, user, TRUSTED_SECRET, STATE_FILE_MAX, &pool, &text, why, sizeof why);
  if (status != HANSE_OK) {
    state_file_problem(problem, "%s", *why ? why : "no memory for the router's keys");
  } else {
    unsigned line = parse_file(text, file);
    if (line)
      status = state_file_problem(problem,
                                  "%s:%u: not a secret; line 1 must be \"%s\", then \"current\" and perhaps "
                                  "\"previous\" with 64 hexadecimal digits each",
                                  path, line, version_line);
  }
  option_pool_clear(&pool);
  return status;
}

/* Somebody else may make it at the same moment: then theirs counts. */
static int make_file(const char *folder, struct hanse_problem *problem) {
  unsigned char key[SECRET_KEY];
  char hex[2 * SECRET_KEY + 1], text[256];
  randombytes_buf(key, sizeof key);
  sodium_bin2hex(hex, sizeof hex, key, sizeof key);
  int n = snprintf(text, sizeof text, "%s\ncurrent %s\n", version_line, hex);
  int status = state_file_write(folder, "secret", hanse_slice(text, (size_t)n), STATE_FILE_NEW, problem);
  sodium_memzero(key, sizeof key);
  sodium_memzero(hex, sizeof hex);
  sodium_memzero(text, sizeof text);
  return status == HANSE_GONE ? HANSE_OK : status;
}

static bool is_missing(const char *folder) {
  char path[PATH_MAX];
  struct stat what;
  return snprintf(path, sizeof path, "%s/secret", folder) < (int)sizeof path && lstat(path, &what) != 0 &&
         errno == ENOENT;
}

static struct secret *secret_alloc(const char *state_dir, uid_t user) {
  size_t length = strlen(state_dir) + 1;
  struct secret *secret = calloc(1, sizeof *secret + length);
  if (!secret) return NULL;
  secret->user = user;
  memcpy(secret->folder, state_dir, length);
  return secret;
}

struct secret *secret_open(const char *state_dir, uid_t user, struct hanse_problem *problem) {
  struct secret *secret = sodium_init() >= 0 ? secret_alloc(state_dir, user) : NULL;
  if (!secret) {
    state_file_problem(problem, "no memory, or no randomness, for the router's keys");
    return NULL;
  }
  int status = is_missing(state_dir) ? make_file(state_dir, problem) : HANSE_OK;
  if (status == HANSE_OK) status = secret_load(secret, problem);
  if (status == HANSE_OK) return secret;
  secret_free(secret);
  return NULL;
}

int secret_load(struct secret *secret, struct hanse_problem *problem) {
  struct keyed *current = &secret->keys[HANSE_KEY_CURRENT], *previous = &secret->keys[HANSE_KEY_PREVIOUS];
  struct file file = {0};
  int status = read_file(secret->folder, secret->user, &file, problem);
  if (status != HANSE_OK) goto out;
  bool other = current->there && sodium_memcmp(current->key, file.key[HANSE_KEY_CURRENT], SECRET_KEY) != 0;
  if (file.there[HANSE_KEY_PREVIOUS])
    keyed_set(previous, file.key[HANSE_KEY_PREVIOUS]);
  else if (other)
    *previous = *current;
  keyed_set(current, file.key[HANSE_KEY_CURRENT]);
out:
  sodium_memzero(&file, sizeof file);
  return status;
}

/* ---- sealing ---- */

/* What is sealed is each part behind its length, eight octets, the least first. Up to this many octets SipHash-2-4 with
   128 bits does it in a sixth of the time of BLAKE2b, and it lies on the way of messages; what is longer is rare. */
#define BRIEF 1024

static void write_length(unsigned char out[8], uint64_t length) {
  for (size_t i = 0; i < 8; i++) out[i] = (unsigned char)(length >> (8 * i));
}

static bool seal_brief(const struct keyed *keyed, const struct hanse_slice *parts, size_t count, uint8_t *mac) {
  unsigned char text[BRIEF];
  size_t at = 0;
  for (size_t i = 0; i < count; i++) {
    if (sizeof text - at < 8 || parts[i].len > sizeof text - at - 8) return false;
    write_length(text + at, parts[i].len);
    if (parts[i].len) memcpy(text + at + 8, parts[i].at, parts[i].len);
    at += 8 + parts[i].len;
  }
  crypto_shorthash_siphashx24(mac, text, at, keyed->brief);
  return true;
}

static void seal_ample(const struct keyed *keyed, const struct hanse_slice *parts, size_t count, uint8_t *mac) {
  crypto_generichash_state state;
  unsigned char length[8];
  crypto_generichash_init(&state, keyed->ample, sizeof keyed->ample, SECRET_MAC);
  for (size_t i = 0; i < count; i++) {
    write_length(length, parts[i].len);
    crypto_generichash_update(&state, length, sizeof length);
    crypto_generichash_update(&state, (const unsigned char *)parts[i].at, parts[i].len);
  }
  crypto_generichash_final(&state, mac, SECRET_MAC);
}

int secret_seal(const struct secret *secret, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                uint8_t mac[SECRET_MAC]) {
  const struct keyed *keyed = &secret->keys[key];
  if (!keyed->there) return HANSE_GONE;
  if (!seal_brief(keyed, parts, count, mac)) seal_ample(keyed, parts, count, mac);
  return HANSE_OK;
}

bool secret_check(const struct secret *secret, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                  const uint8_t mac[SECRET_MAC]) {
  uint8_t own[SECRET_MAC];
  return secret_seal(secret, key, parts, count, own) == HANSE_OK && sodium_memcmp(own, mac, SECRET_MAC) == 0;
}

uint8_t secret_key_id(const struct secret *secret, enum hanse_key key) { return secret->keys[key].id; }
