#include "tests/lib/sip_bench.h"

#include <stdlib.h>

#include "plugins/sip/frame.h"
#include "plugins/sip/parse.h"

enum { TEXT = 70000 };

struct block {
  struct block *next;
  _Alignas(max_align_t) char bytes[];
};

static void *more_arena(struct hanse_arena *arena, size_t n) {
  struct sip_bench *b = (struct sip_bench *)(void *)((char *)arena - offsetof(struct sip_bench, arena));
  struct block *block = malloc(sizeof *block + n);
  if (!block) abort();
  block->next = b->blocks;
  b->blocks = block;
  return block->bytes;
}

static const struct hanse_slice default_methods[] = {{"INVITE", 6}, {"MESSAGE", 7}, {"SUBSCRIBE", 9}, {"OPTIONS", 7}};

static void configure(struct sip_settings *settings) {
  *settings = (struct sip_settings){.methods = {4, default_methods},
                                    .answer_timeout = 30 * HANSE_SECOND,
                                    .invite_timeout = 32 * HANSE_SECOND,
                                    .timer_c = 210 * HANSE_SECOND,
                                    .keepalive = true,
                                    .trust_header = false,
                                    .notice_header = HANSE_LIT("ms-archiving-notice")};
}

int sip_bench_setup(void **state) {
  struct sip_bench *b = calloc(1, sizeof *b);
  if (!b) abort();
  b->arena.more = more_arena;
  configure(&b->settings);
  b->world = fake_world_new();
  fake_home(b->world, "a.test");
  fake_partner(b->world, "b.test");
  fake_side_name(b->world, HANSE_SIDE_HOME, "inner.a.test:5061");
  fake_side_name(b->world, HANSE_SIDE_PARTNER, "edge.a.test:5061");
  b->sip = fake_load(b->world, &hanse_plugin, &b->settings, NULL);
  assert_non_null(b->sip);
  b->home = fake_link(b->world, HANSE_SIDE_HOME, "10.0.0.1:34567", "inner.a.test:5061");
  b->partner = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.2:5061", "edge.a.test:5061");
  fake_link_proved(b->partner, "edge.b.test");
  b->home_target = fake_target(b->world, "home.a.test:5061");
  b->edge = fake_target(b->world, "edge.b.test:5061");
  b->edge2 = fake_target(b->world, "edge2.b.test:5061");
  fake_target_link(b->home_target, b->home, HANSE_OK);
  fake_target_link(b->edge, b->partner, HANSE_OK);
  fake_route(b->world, HANSE_SIDE_HOME, (struct hanse_target *[]){b->edge, b->edge2}, 2);
  fake_route(b->world, HANSE_SIDE_PARTNER, &b->home_target, 1);
  *state = b;
  return 0;
}

int sip_bench_teardown(void **state) {
  struct sip_bench *b = *state;
  fake_advance(b->world, 400 * HANSE_SECOND); /* every transaction ends by itself, */
  fake_target_ready(b->edge, NULL, HANSE_F_CONNECT);
  fake_target_ready(b->edge2, NULL, HANSE_F_CONNECT); /* but what waits for a link ends with the core's bound */
  fake_advance(b->world, 400 * HANSE_SECOND);
  assert_string_equal(fake_left(b->world), "");
  fake_world_free(b->world);
  for (struct block *block = b->blocks, *next; block; block = next) {
    next = block->next;
    free(block);
  }
  free(b);
  return 0;
}

struct hanse_link *sip_bench_second(struct sip_bench *b) {
  struct hanse_link *link = fake_link(b->world, HANSE_SIDE_PARTNER, "192.0.2.3:5061", "edge.a.test:5061");
  fake_target_link(b->edge2, link, HANSE_OK);
  return link;
}

/* ---- composing ---- */

struct hanse_slice sip_bench_text(struct sip_bench *b, const char *body, const char *head, ...) {
  char *lines = malloc(TEXT), *out = malloc(2 * TEXT + 64), *p = out;
  struct hanse_slice copy;
  va_list arguments;
  if (!lines || !out) abort();
  va_start(arguments, head);
  vsnprintf(lines, TEXT, head, arguments);
  va_end(arguments);
  for (const char *c = lines; *c; c++) {
    if (*c == '\n') *p++ = '\r';
    *p++ = *c;
  }
  p += sprintf(p, "Content-Length: %zu\r\n\r\n%s", body ? strlen(body) : 0, body ? body : "");
  if (hanse_copy(&b->arena, hanse_slice(out, (size_t)(p - out)), &copy) != HANSE_OK) abort();
  free(lines);
  free(out);
  return copy;
}

struct hanse_slice sip_bench_request(struct sip_bench *b, enum hanse_side side, const char *method, const char *uri,
                                     const char *branch, const char *more, const char *body) {
  bool home = side == HANSE_SIDE_HOME;
  return sip_bench_text(b, body,
                        "%s %s SIP/2.0\nVia: SIP/2.0/TLS %s;branch=z9hG4bK%s\nMax-Forwards: 70\n"
                        "From: <sip:%s>;tag=near\nTo: <sip:%s>\nCall-ID: %s\nCSeq: 1 %s\n%s",
                        method, uri, home ? "10.0.0.1:5061" : "192.0.2.2:5061", branch,
                        home ? "alice@a.test" : "bob@b.test", home ? "bob@b.test" : "alice@a.test", branch, method,
                        more ? more : "");
}

static void add(char **p, const struct sip_message *message, enum sip_header_id id, const char *behind) {
  for (unsigned n = message->first[id]; n; n = sip_header(message, n)->next) {
    const struct sip_header *header = sip_header(message, n);
    *p += sprintf(*p, "%.*s: %.*s%s\n", HANSE_FMT(header->name), HANSE_FMT(header->value), behind);
  }
}

struct hanse_slice sip_bench_response_to(struct sip_bench *b, const struct sip_message *request, const char *status,
                                         const char *more, const char *body) {
  char *lines = malloc(TEXT), *p = lines;
  if (!lines) abort();
  p += sprintf(p, "SIP/2.0 %s\n", status);
  add(&p, request, SIP_H_VIA, "");
  add(&p, request, SIP_H_RECORD_ROUTE, "");
  add(&p, request, SIP_H_FROM, "");
  add(&p, request, SIP_H_TO, request->to.tag.at || status[0] == '1' ? "" : ";tag=far");
  add(&p, request, SIP_H_CALL_ID, "");
  add(&p, request, SIP_H_CSEQ, "");
  struct hanse_slice text = sip_bench_text(b, body, "%s%s", lines, more ? more : "");
  free(lines);
  return text;
}

struct hanse_slice sip_bench_response(struct sip_bench *b, struct hanse_link *link, const char *status,
                                      const char *more, const char *body) {
  unsigned n = sip_bench_count(b, link);
  while (n && !sip_bench_sent(b, link, n)->request) n--;
  assert_int_not_equal(n, 0);
  return sip_bench_response_to(b, sip_bench_sent(b, link, n), status, more, body);
}

/* ---- reading ---- */

/* The n-th message of the output, or how many there are. */
static unsigned walk(struct sip_bench *b, struct hanse_link *link, unsigned wanted, struct hanse_slice *found) {
  const struct sip_bounds bounds = {64 << 10, 1 << 20};
  struct hanse_slice rest = fake_output(link);
  unsigned n = 0;
  (void)b;
  while (rest.len) {
    struct sip_frame frame = {0};
    enum sip_frame_result result = sip_frame(&frame, &bounds, rest.at, rest.len);
    assert_true(result == SIP_FRAME_MESSAGE || result == SIP_FRAME_KEEPALIVE);
    if (result == SIP_FRAME_MESSAGE && ++n == wanted) {
      *found = hanse_slice(rest.at, frame.length);
      return n;
    }
    rest.at += frame.length;
    rest.len -= frame.length;
  }
  return n;
}

static const struct sip_message *parse(struct sip_bench *b, struct hanse_slice bytes) {
  struct hanse_slice copy;
  struct sip_message *message = hanse_alloc(&b->arena, sizeof *message);
  assert_int_equal(hanse_copy(&b->arena, bytes, &copy), HANSE_OK);
  assert_int_equal(sip_message_parse(&b->arena, copy, message), HANSE_F_NONE);
  return message;
}

unsigned sip_bench_count(struct sip_bench *b, struct hanse_link *link) { return walk(b, link, 0, NULL); }

const struct sip_message *sip_bench_sent(struct sip_bench *b, struct hanse_link *link, unsigned n) {
  struct hanse_slice bytes = {NULL, 0};
  if (n == 0) n = sip_bench_count(b, link);
  walk(b, link, n, &bytes);
  assert_non_null(bytes.at);
  return parse(b, bytes);
}

void sip_bench_expect(struct sip_bench *b, struct hanse_link *link, unsigned status) {
  assert_int_equal(sip_bench_count(b, link), 1);
  assert_int_equal(sip_bench_sent(b, link, 1)->status, status);
  fake_take(link);
}

const char *sip_bench_header(struct sip_bench *b, const struct sip_message *message, const char *name, unsigned n) {
  unsigned at = 0;
  struct hanse_slice copy;
  while (n-- && (at = sip_header_find(message, hanse_text(name), at)))
    if (n == 0) return hanse_copy(&b->arena, sip_header(message, at)->value, &copy) == HANSE_OK ? copy.at : "";
  return "";
}

/* ---- a dialog ---- */

/* The Record-Route of a message as Route lines: as they stand for a callee, from behind for a caller (§12.1). */
static const char *routes(struct sip_bench *b, const struct sip_message *message, bool reverse) {
  char *lines = hanse_alloc(&b->arena, 4096), *p = lines;
  unsigned count = 0, at = 0;
  *p = '\0';
  while ((at = sip_header_find(message, HANSE_LIT("Record-Route"), at))) count++;
  for (unsigned i = 1; i <= count; i++)
    p += sprintf(p, "Route: %s\n", sip_bench_header(b, message, "Record-Route", reverse ? count + 1 - i : i));
  return lines;
}

struct sip_bench_dialog sip_bench_dialog(struct sip_bench *b, const char *call) {
  struct sip_bench_dialog dialog;
  char more[6000];
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", call,
                                          "Contact: <sip:alice@10.0.0.1:5061;transport=tls>\n", NULL));
  fake_take(b->home);
  dialog.partner_route = routes(b, sip_bench_sent(b, b->partner, 1), false);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", "Contact: <sip:bob@192.0.2.2:5061>\n", NULL));
  dialog.home_route = routes(b, sip_bench_sent(b, b->home, 1), true);
  snprintf(more, sizeof more, "%s", dialog.home_route);
  fake_take(b->home);
  fake_take(b->partner);
  fake_receive(b->home,
               sip_bench_text(b, NULL,
                              "ACK sip:bob@192.0.2.2:5061 SIP/2.0\nVia: SIP/2.0/TLS 10.0.0.1:5061;branch=z9hG4bK%sack\n"
                              "%sMax-Forwards: 70\nFrom: <sip:alice@a.test>;tag=near\nTo: <sip:bob@b.test>;tag=far\n"
                              "Call-ID: %s\nCSeq: 1 ACK\n",
                              call, more, call));
  assert_int_equal(sip_bench_count(b, b->partner), 1);
  fake_take(b->partner);
  return dialog;
}
