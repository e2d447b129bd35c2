/* Random orders of what can happen to the proxy: octets, links that close, time, verdicts, reloads. The input is a list
   of steps, one octet each with its arguments behind it. Nothing may crash, hang, or stay when all is over, and what is
   written to a link must be framed messages. */
#include <stdio.h>
#include <stdlib.h>

#include <hanse/fake_host.h>
#include "plugins/sip/frame.h"
#include "plugins/sip/message.h"
#include "plugins/sip/sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const struct hanse_plugin hanse_plugin;

enum { LINKS = 8, INSTANCES = 4, STEPS = 200, TEXT = 4096, ROUTES = 2048 };

struct trial {
  const uint8_t *at, *end;
  struct fake_world *world;
  struct fake_instance *instances[INSTANCES]; /* the newest first */
  size_t instance_count;
  struct sip_settings settings;
  struct hanse_link *links[LINKS];
  size_t link_count;
  struct hanse_target *targets[3]; /* of home, and two of the partner */
  char request[LINKS][TEXT];       /* the last that was written to each link */
  char routes[2][ROUTES];          /* what was recorded on either side */
  unsigned number;
};

static unsigned take(struct trial *t, unsigned below) { return t->at < t->end ? *t->at++ % below : 0; }

/* ---- what was written ---- */

/* Keeps requests, so that they can be answered, and the Record-Route, so that there can be dialogs. */
static void note(struct trial *t, size_t link, struct hanse_slice message) {
  if (message.len >= TEXT || memcmp(message.at, "SIP/2.0 ", 8) == 0) return;
  memcpy(t->request[link], message.at, message.len);
  t->request[link][message.len] = '\0';
  char *out = t->routes[link % 2];
  size_t n = 0;
  for (const char *p = strstr(t->request[link], "Record-Route: "); p; p = strstr(p + 1, "Record-Route: ")) {
    const char *eol = strchr(p, '\n');
    if (!eol || n + (size_t)(eol - p) >= ROUTES - 1) break;
    memcpy(out + n, p + 7, (size_t)(eol - p) - 6); /* "Route: …" */
    n += (size_t)(eol - p) - 6;
  }
  if (n) out[n] = '\0';
}

/* Every octet that leaves belongs to a message that a strict parser frames. */
static void read_output(struct trial *t, size_t link) {
  const struct sip_bounds bounds = {64 << 10, 1 << 20};
  struct hanse_slice rest = fake_output(t->links[link]);
  while (rest.len) {
    struct sip_frame frame = {0};
    enum sip_frame_result result = sip_frame(&frame, &bounds, rest.at, rest.len);
    if (result != SIP_FRAME_MESSAGE && result != SIP_FRAME_KEEPALIVE) abort();
    if (result == SIP_FRAME_MESSAGE) note(t, link, hanse_slice(rest.at, frame.length));
    rest.at += frame.length;
    rest.len -= frame.length;
  }
  fake_take(t->links[link]);
}

/* ---- steps ---- */

static void send(struct trial *t, size_t link, const char *text, size_t n) {
  size_t cut = n ? take(t, 8) * n / 8 : 0;
  fake_receive(t->links[link], hanse_slice(text, cut));
  fake_receive(t->links[link], hanse_slice(text + cut, n - cut));
}

/* A request; `branch` may repeat an earlier one, so that ACK, CANCEL and repeats find what they mean. */
static void request(struct trial *t) {
  static const char *const methods[] = {"INVITE",  "ACK",    "CANCEL",   "MESSAGE",   "BYE",
                                        "OPTIONS", "NOTIFY", "BENOTIFY", "SUBSCRIBE", "X"};
  static const char *const tags[] = {"", ";tag=far"};
  char text[TEXT + ROUTES];
  size_t link = take(t, (unsigned)t->link_count);
  bool home = link % 2 == 0;
  const char *method = methods[take(t, 10)];
  unsigned branch = take(t, 4), extra = take(t, 8);
  int n = snprintf(
      text, sizeof text,
      "%s sip:%s SIP/2.0\r\nVia: SIP/2.0/TLS h%u.test;branch=z9hG4bK%u\r\n%sMax-Forwards: %u\r\n"
      "From: <sip:x@%s>;tag=n\r\nTo: <sip:y@%s>%s\r\nCall-ID: %u\r\nCSeq: 1 %s\r\n%sContent-Length: 2\r\n\r\nhi",
      method,
      extra == 7 ? "node.test"
      : home     ? "y@b.test"
                 : "y@a.test",
      extra == 6, branch, extra & 1 ? t->routes[home ? 0 : 1] : "", 70 - extra * 10, home ? "a.test" : "b.test",
      home ? "b.test" : "a.test", tags[extra & 1], branch, method,
      extra == 4 ? "Route: <sip:strict.test>\r\nMax-Breadth: 3\r\n" : "");
  if (n > 0 && (size_t)n < sizeof text) send(t, link, text, (size_t)n);
}

static void response(struct trial *t) {
  static const unsigned statuses[] = {100, 180, 200, 302, 407, 408, 487, 503};
  char text[2 * TEXT], *p = text;
  size_t asked = take(t, (unsigned)t->link_count), link = take(t, 4) ? asked : take(t, (unsigned)t->link_count);
  const char *line = strchr(t->request[asked], '\n');
  p += snprintf(p, 64, "SIP/2.0 %u X\r\n", statuses[take(t, 8)]);
  if (!line) return;
  for (line++; *line && *line != '\r'; line = strchr(line, '\n') + 1) {
    size_t n = (size_t)(strchr(line, '\n') + 1 - line);
    if (strncmp(line, "Content-Length", 14) == 0 || strncmp(line, "Max-", 4) == 0 || strncmp(line, "Route", 5) == 0)
      continue;
    memcpy(p, line, n);
    p += n;
  }
  p += sprintf(p, "Content-Length: 0\r\n\r\n");
  send(t, link, text, (size_t)(p - text));
}

static void raw(struct trial *t) {
  size_t n = take(t, 64), link = take(t, (unsigned)t->link_count);
  if (n > (size_t)(t->end - t->at)) n = (size_t)(t->end - t->at);
  fake_receive(t->links[link], hanse_slice((const char *)t->at, n));
  t->at += n;
}

/* Even numbers are links of the home side. */
static void open_link(struct trial *t) {
  static const char *const peers[] = {"10.0.0.1:5061", "192.0.2.2:5061"};
  if (t->link_count == LINKS) return;
  size_t i = t->link_count++;
  t->links[i] = fake_link(t->world, i % 2 ? HANSE_SIDE_PARTNER : HANSE_SIDE_HOME, peers[i % 2],
                          i % 2 ? "edge.a.test:5061" : "inner.a.test:5061");
}

static void change_target(struct trial *t) {
  static const int statuses[] = {HANSE_SKIP, HANSE_NOMEM, HANSE_FAIL};
  unsigned which = take(t, 3), how = take(t, 8);
  struct hanse_link *link = t->links[(take(t, (unsigned)t->link_count) & ~1u) | (which > 0)];
  if (!link || !fake_link_is_open(link)) link = NULL;
  if (how < 4)
    fake_target_link(t->targets[which], link, statuses[how % 3]);
  else
    fake_target_ready(t->targets[which], link, HANSE_F_CONNECT);
}

static void judge(struct trial *t) {
  enum fake_verdict verdict = (enum fake_verdict)take(t, 3);
  unsigned what = take(t, 4);
  if (what == 3)
    fake_release(t->world, verdict == FAKE_HOLD ? FAKE_PASS : verdict, HANSE_F_POLICY);
  else if (what == 2)
    fake_judge_answers(t->world, verdict, HANSE_F_POLICY);
  else
    fake_judge(t->world, what ? HANSE_SIDE_PARTNER : HANSE_SIDE_HOME, verdict, HANSE_F_POLICY);
}

static void reload(struct trial *t) {
  struct fake_instance *old = t->instance_count ? t->instances[0] : NULL;
  if (t->instance_count == INSTANCES) {
    while (fake_release(t->world, FAKE_REFUSE, HANSE_F_POLICY)) continue; /* an instance with messages is not buried */
    fake_unload(t->instances[--t->instance_count]);
    return;
  }
  struct fake_instance *fresh = fake_load(t->world, &hanse_plugin, &t->settings, old);
  if (!fresh) return;
  memmove(t->instances + 1, t->instances, t->instance_count++ * sizeof *t->instances);
  t->instances[0] = fresh;
}

static void link_event(struct trial *t) {
  struct hanse_link *link = t->links[take(t, (unsigned)t->link_count)];
  switch (take(t, 5)) {
    case 0:
    case 1:
      fake_link_close(link, HANSE_CLOSE_ERROR);
      return;
    case 2:
      fake_link_stick(link);
      return;
    case 3:
      fake_link_full(link, take(t, 2));
      return;
    default:
      if (fake_link_is_open(link)) fake_link_silence(link);
      return;
  }
}

static void step(struct trial *t) {
  static const hanse_time times[] = {HANSE_SECOND, 4 * HANSE_SECOND, 33 * HANSE_SECOND, 211 * HANSE_SECOND};
  switch (take(t, 16)) {
    case 0:
      open_link(t);
      return;
    case 1:
      link_event(t);
      return;
    case 2:
      change_target(t);
      return;
    case 3:
      judge(t);
      return;
    case 4:
      fake_advance(t->world, times[take(t, 4)]);
      return;
    case 5:
      reload(t);
      return;
    case 6:
      raw(t);
      return;
    case 7:
      fake_fail_after(t->world, (long)take(t, 20) - 1);
      return;
    case 8:
      fake_rotate_keys(t->world);
      return;
    case 9:
    case 10:
    case 11:
    case 12:
      response(t);
      return;
    default:
      request(t);
      return;
  }
}

/* ---- a trial ---- */

static void begin(struct trial *t) {
  static const struct hanse_slice methods[] = {{"INVITE", 6}, {"MESSAGE", 7}, {"SUBSCRIBE", 9}, {"OPTIONS", 7}};
  static const char *const names[] = {"home.a.test:5061", "edge.b.test:5061", "edge2.b.test:5061"};
  t->settings = (struct sip_settings){.methods = {4, methods},
                                      .answer_timeout = 30 * HANSE_SECOND,
                                      .invite_timeout = 32 * HANSE_SECOND,
                                      .timer_c = 210 * HANSE_SECOND,
                                      .keepalive = true,
                                      .trust_header = true};
  t->world = fake_world_new();
  fake_side_name(t->world, HANSE_SIDE_HOME, "inner.a.test:5061");
  fake_side_name(t->world, HANSE_SIDE_PARTNER, "edge.a.test:5061");
  fake_partner(t->world, "b.test");
  reload(t);
  open_link(t);
  open_link(t);
  for (size_t i = 0; i < 3; i++) {
    t->targets[i] = fake_target(t->world, names[i]);
    if (i < 2) fake_target_link(t->targets[i], t->links[i], HANSE_OK);
  }
  fake_route(t->world, HANSE_SIDE_HOME, t->targets + 1, 2);
  fake_route(t->world, HANSE_SIDE_PARTNER, t->targets, 1);
}

/* Everything must end by itself: timers, and the core's bound on waits. */
static void end(struct trial *t) {
  fake_fail_after(t->world, -1);
  while (fake_release(t->world, FAKE_REFUSE, HANSE_F_POLICY)) continue;
  for (int i = 0; i < 4; i++) {
    for (size_t k = 0; k < 3; k++) fake_target_ready(t->targets[k], NULL, HANSE_F_CONNECT);
    fake_advance(t->world, 400 * HANSE_SECOND);
    while (fake_release(t->world, FAKE_REFUSE, HANSE_F_POLICY)) continue;
  }
  if (*fake_left(t->world)) {
    fprintf(stderr, "left: %s\n", fake_left(t->world));
    abort();
  }
  fake_world_free(t->world);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct trial *t = calloc(1, sizeof *t);
  if (!t) abort();
  t->at = data;
  t->end = data + size;
  begin(t);
  for (int i = 0; i < STEPS && t->at < t->end; i++) {
    step(t);
    for (size_t k = 0; k < t->link_count; k++) read_output(t, k);
  }
  end(t);
  free(t);
  return 0;
}
