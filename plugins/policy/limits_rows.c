/* The command `watch`: partners that nobody entered, and what each is held to (R66). */
#include <stdlib.h>
#include <time.h>

#include "limits.h"

/* A row costs some 5 µs, and a turn of a command may take 2 ms. */
#define LIMITS_ROWS_A_TURN 100
/* All domains of a peer, with commas. */
#define LIMITS_DOMAINS_TEXT (LIMITS_DOMAINS * 256)

/* Which peers there are, in the order of the last: records may go while they are shown. */
struct limits_cursor {
  size_t next, count;
  uint8_t keys[][LIMITS_KEY];
};

const char *limits_mode(const struct limits *limits, const struct limits_peer *peer) {
  bool suspicious = limits_suspicious(limits, peer);
  if (peer->passed) return suspicious ? "suspicious, no new addresses" : "no new addresses";
  return suspicious ? "suspicious" : "normal";
}

static struct limits_cursor *cursor_new(const struct limits *limits) {
  struct limits_cursor *cursor =
      (struct limits_cursor *)malloc(sizeof *cursor + limits->peers.count * sizeof cursor->keys[0]);
  struct limits_peer *peer = NULL;
  if (!cursor) return NULL;
  cursor->next = 0;
  cursor->count = limits->peers.count;
  for (size_t i = cursor->count; (peer = limits_peers_next(&limits->peers, peer)) != NULL && i > 0;)
    memcpy(cursor->keys[--i], peer->key, LIMITS_KEY); /* who was heard of last comes first */
  return cursor;
}

static void row_domains(const struct limits *limits, struct hanse_rows *rows, const struct limits_peer *peer) {
  char text[LIMITS_DOMAINS_TEXT];
  size_t used = 0;
  for (size_t i = 0; i < peer->domain_count; i++) {
    int n = snprintf(text + used, sizeof text - used, "%s%s", i ? "," : "", peer->domains[i]);
    if (n < 0 || (size_t)n >= sizeof text - used) break;
    used += (size_t)n;
  }
  hanse_row_text(limits->host, rows, "domains", hanse_slice(text, used));
}

/* RFC 3339, in UTC. */
static void row_time(const struct limits *limits, struct hanse_rows *rows, const char *name, hanse_time at) {
  int64_t wall = hanse_wall_time(limits->host) - (hanse_now(limits->host) - at);
  time_t seconds = (time_t)(wall / HANSE_SECOND);
  struct tm broken;
  char text[32];
  size_t n = gmtime_r(&seconds, &broken) ? strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &broken) : 0;
  hanse_row_text(limits->host, rows, name, hanse_slice(text, n));
}

static void row(const struct limits *limits, struct hanse_rows *rows, const struct limits_peer *peer) {
  struct hanse_host *host = limits->host;
  hanse_row_begin(host, rows);
  row_domains(limits, rows, peer);
  hanse_row_text(host, rows, "mode", hanse_text(limits_mode(limits, peer)));
  hanse_row_number(host, rows, "addresses", peer->addresses.count);
  hanse_row_number(host, rows, "messages", (int64_t)peer->messages);
  hanse_row_number(host, rows, "refused", (int64_t)peer->refused);
  row_time(limits, rows, "last", peer->seen);
  hanse_row_text(host, rows, "serial", peer->serial);
  hanse_row_text(host, rows, "issuer", peer->issuer);
  hanse_row_text(host, rows, "subject", peer->subject);
}

enum hanse_outcome limits_rows(void *self, struct hanse_rows *rows, void **cursor) {
  const struct limits *limits = (const struct limits *)self;
  bool listed = hanse_row_argument(limits->host, rows, "listed").len != 0;
  if (!*cursor) *cursor = cursor_new(limits);
  struct limits_cursor *at = (struct limits_cursor *)*cursor;
  if (!at) return HANSE_NOT_DETERMINED;
  for (size_t n = 0; n < LIMITS_ROWS_A_TURN && at->next < at->count; n++) {
    const struct limits_peer *peer = limits_peers_find(&limits->peers, at->keys[at->next++]);
    if (peer && (!listed || peer->passed || limits_suspicious(limits, peer))) row(limits, rows, peer);
  }
  if (at->next < at->count) return HANSE_MORE;
  limits_rows_finish(self, at);
  return HANSE_DONE;
}

void limits_rows_finish(void *self, void *cursor) {
  (void)self;
  free(cursor);
}
