#include "router/target.h"

#include <stdio.h>
#include <stdlib.h>
#include <utlist.h>

#include "router/address.h"
#include "router/pool_own.h"

static void target_free(struct hanse_target *target) {
  if (target->settings.key.tls) tls_profile_release(target->settings.key.tls);
  free(target);
}

static void leave_idle(struct hanse_target *target) {
  DL_DELETE2(target->pool->idle, target, previous_idle, next_idle);
  target->pool->idle_count--;
  timers_stop(&target->idle);
}

static void forget(struct hanse_target *target) {
  leave_idle(target);
  HASH_DEL(target->pool->targets, target);
  target_free(target);
}

static void idle_is_over(void *owner, struct hanse_timer *timer) {
  (void)owner;
  forget((struct hanse_target *)((char *)timer - offsetof(struct hanse_target, idle)));
}

struct hanse_target *target_hold(struct hanse_target *target) {
  if (target->holds++ == 0) leave_idle(target);
  return target;
}

void target_release(struct hanse_target *target) {
  if (!target || --target->holds) return;
  struct pool *pool = target->pool;
  if (!pool) {
    target_free(target);
    return;
  }
  DL_APPEND2(pool->idle, target, previous_idle, next_idle);
  timers_start(pool->idle_timers, &target->idle, idle_is_over);
  if (++pool->idle_count > TARGET_IDLE_MAX && !pool->stopped) forget(pool->idle); /* pool_stop walks over them */
}

/* ---- the key ---- */

struct writer {
  char *at; /* NULL: only counted */
  size_t length;
};

static void put(struct writer *writer, const void *bytes, size_t length) {
  if (writer->at && length) memcpy(writer->at + writer->length, bytes, length);
  writer->length += length;
}

static void put_text(struct writer *writer, struct hanse_slice text) {
  put(writer, &text.len, sizeof text.len);
  put(writer, text.at, text.len);
}

static void write_key(struct writer *writer, const struct target_settings *settings) {
  const struct target_key *key = &settings->key;
  uint8_t flags = (uint8_t)(settings->may_be_private | settings->accept_cn << 1 | settings->wildcards << 2 |
                            settings->any_family << 3);
  uint8_t small[] = {key->wire_type, (uint8_t)key->side, (uint8_t)settings->rule, flags, key->tls != NULL};
  socklen_t source = address_length((const struct sockaddr *)&key->source);
  put(writer, small, sizeof small);
  put(writer, &key->port, sizeof key->port);
  put_text(writer, key->tls ? key->tls->name : hanse_slice(NULL, 0));
  put_text(writer, key->protocol);
  put_text(writer, key->host);
  put_text(writer, key->prove);
  put_text(writer, settings->local);
  put_text(writer, hanse_slice((const char *)&key->source, source));
}

static struct hanse_slice place(char **at, struct hanse_slice text) {
  char *placed = *at;
  if (text.len) memcpy(placed, text.at, text.len);
  placed[text.len] = '\0';
  *at += text.len + 1;
  return hanse_slice(placed, text.len);
}

static struct hanse_slice place_text(char **at, struct hanse_slice host, uint16_t port) {
  bool brackets = memchr(host.at, ':', host.len) != NULL;
  int n = sprintf(*at, "%s%.*s%s:%u", brackets ? "[" : "", (int)host.len, host.at, brackets ? "]" : "", port);
  struct hanse_slice text = hanse_slice(*at, (size_t)n);
  *at += n + 1;
  return text;
}

static struct hanse_target *make(struct pool *pool, const struct target_settings *settings, const char *key,
                                 size_t key_length) {
  const struct target_key *parts = &settings->key;
  size_t texts =
      parts->protocol.len + 2 * parts->host.len + parts->prove.len + settings->local.len + 4 + sizeof "[]:65535";
  struct hanse_target *target = calloc(1, sizeof *target + key_length + texts);
  if (!target) return NULL;
  char *at = target->key + key_length;
  memcpy(target->key, key, key_length);
  target->key_length = key_length;
  target->settings = *settings;
  target->settings.key.protocol = place(&at, parts->protocol);
  target->settings.key.host = place(&at, parts->host);
  target->settings.key.prove = place(&at, parts->prove);
  target->settings.local = place(&at, settings->local);
  target->text = place_text(&at, parts->host, parts->port);
  target->holds = 1;
  HASH_ADD_KEYPTR(hh, pool->targets, target->key, key_length, target);
  if (!HASH_ADDED(hh, target)) {
    free(target);
    return NULL;
  }
  target->pool = pool;
  if (parts->tls) tls_profile_hold(parts->tls);
  return target;
}

/* The longest texts that a key may be made of: a name has 253 octets at most. */
#define TEXT_MAX 1024
#define TEXTS 5 /* profile, protocol, host, prove, local */

static bool fits(const struct target_settings *settings) {
  const struct target_key *key = &settings->key;
  if (key->tls && key->tls->name.len > TEXT_MAX) return false;
  return key->host.len > 0 && key->host.len <= TEXT_MAX && key->prove.len <= TEXT_MAX &&
         key->protocol.len <= TEXT_MAX && settings->local.len <= TEXT_MAX;
}

struct hanse_target *target_get(struct pool *pool, const struct target_settings *settings) {
  char key[TEXTS * (TEXT_MAX + sizeof(size_t)) + sizeof(struct sockaddr_storage) + 64];
  struct writer writer = {.at = key};
  struct hanse_target *target;
  if (!fits(settings)) return NULL;
  write_key(&writer, settings);
  HASH_FIND(hh, pool->targets, key, writer.length, target);
  if (!target) return make(pool, settings, key, writer.length);
  return target_hold(target);
}

void target_renew(struct hanse_target *target, struct tls_profile *tls, unsigned links) {
  struct tls_profile *before = target->settings.key.tls;
  target->settings.links = links;
  if (before == tls) return;
  target->settings.key.tls = tls ? tls_profile_hold(tls) : NULL;
  if (before) tls_profile_release(before);
}

struct hanse_slice target_text(const struct hanse_target *target) {
  return target->text;
}
const struct target_key *target_key(const struct hanse_target *target) { return &target->settings.key; }
const struct target_settings *target_settings(const struct hanse_target *target) { return &target->settings; }
