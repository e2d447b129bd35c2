/* A protocol: octets of all kinds, whole, in halves, octet by octet, damaged, and cut off; towards targets that are
   there, that come late, and that do not come. */
#include <stdlib.h>

#include "contract/option_pool.h"
#include "sdk/tool/hostile.h"
#include "sdk/tool/try.h"

enum { RANDOM_OCTETS = 4096, RANDOM_TURNS = 64, CUTS = 40, OUTPUT_MAX = 64 << 10 };

#define SAMPLE(name, literal)              \
  {                                        \
    name, { literal, sizeof(literal) - 1 } \
  }
static const struct hostile_text samples[] = {
    SAMPLE("a SIP request",
           "MESSAGE sip:bob@home.test SIP/2.0\r\nVia: SIP/2.0/TLS 192.0.2.1:5061;branch=z9hG4bK1\r\n"
           "From: <sip:alice@partner.test>;tag=1\r\nTo: <sip:bob@home.test>\r\nCall-ID: 1@partner.test\r\n"
           "CSeq: 1 MESSAGE\r\nMax-Forwards: 70\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello"),
    SAMPLE("a SIP answer",
           "SIP/2.0 200 OK\r\nVia: SIP/2.0/TLS edge.home.test:5061;branch=z9hG4bK1\r\nFrom: <sip:a@home.test>;tag=1\r\n"
           "To: <sip:b@partner.test>;tag=2\r\nCall-ID: 1@home.test\r\nCSeq: 1 MESSAGE\r\nContent-Length: 0\r\n\r\n"),
    SAMPLE("an XMPP stream",
           "<?xml version='1.0'?><stream:stream xmlns='jabber:server' xmlns:stream='http://etherx.jabber.org/streams' "
           "from='partner.test' to='home.test' version='1.0'><message from='alice@partner.test' to='bob@home.test'>"
           "<body>hello</body></message></stream:stream>"),
    SAMPLE("a line", "alice@partner.test bob@home.test hello\n"),
    SAMPLE("a JSON line", "{\"from\":\"alice@partner.test\",\"to\":\"bob@home.test\",\"text\":\"hello\"}\n"),
    SAMPLE("an HTTP request", "GET / HTTP/1.1\r\nHost: home.test\r\n\r\n"),
    SAMPLE("a length and octets", "\0\0\0\5hello"),
    SAMPLE("a length that is none", "\xff\xff\xff\xff\x80\x7f"),
    SAMPLE("empty lines", "\r\n\r\n\r\n\n\n\n"),
    SAMPLE("NUL", "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0"),
    {NULL, {NULL, 0}},
};

struct talking {
  struct bed *bed;
  const struct hanse_protocol *slots;
  struct hanse_target *target;
  struct hanse_link *far; /* the target's */
  unsigned links;
  bool form_is_wrong; /* of something that was lifted; it is told once */
  bool lifts;         /* what comes now has a target of another protocol */
  uint64_t chance;
};

static unsigned char chance(struct talking *t) {
  t->chance = t->chance * 6364136223846793005u + 1442695040888963407u;
  return (unsigned char)(t->chance >> 56);
}

static struct hanse_link *open_link(struct talking *t, enum hanse_side side) {
  bool home = side == HANSE_SIDE_HOME;
  trial_call(t->bed->trial, "link_open");
  struct hanse_link *link = fake_link(t->bed->world, side, home ? "192.0.2.1:5060" : "198.51.100.1:5061",
                                      home ? "node.home.test:5060" : "edge.home.test:5061");
  trial_returned(t->bed->trial);
  if (!home) fake_link_proved(link, "partner.test");
  t->links++;
  return link;
}

static void close_link(struct talking *t, struct hanse_link *link) {
  static const enum hanse_close whys[] = {HANSE_CLOSE_PEER, HANSE_CLOSE_ERROR, HANSE_CLOSE_OURS, HANSE_CLOSE_IDLE};
  trial_call(t->bed->trial, "link_close (or link_lost)");
  fake_link_close(link, whys[t->links % 4]);
  trial_returned(t->bed->trial);
}

static void feed(struct talking *t, struct hanse_link *link, struct hanse_slice octets, const char *what,
                 const char *how) {
  trial_call(t->bed->trial, "input (%s, %s), or what it led to", what, how);
  fake_receive(link, octets);
  trial_returned(t->bed->trial);
}

/* What becomes of messages, differently from link to link. */
static void set_stage(struct talking *t) {
  static const enum fake_verdict verdicts[] = {FAKE_PASS, FAKE_REFUSE, FAKE_HOLD, FAKE_PASS, FAKE_LIFT};
  enum fake_verdict verdict = verdicts[t->links % 5];
  t->lifts = verdict == FAKE_LIFT;
  enum hanse_failure failure = verdict == FAKE_REFUSE ? HANSE_F_POLICY : HANSE_F_NONE;
  fake_judge(t->bed->world, HANSE_SIDE_HOME, verdict, failure);
  fake_judge(t->bed->world, HANSE_SIDE_PARTNER, verdict, failure);
  fake_judge_answers(t->bed->world, verdict == FAKE_REFUSE ? FAKE_REFUSE : FAKE_PASS, failure);
  fake_target_link(t->target, t->links % 3 ? t->far : NULL, t->links % 3 == 2 ? HANSE_NOMEM : HANSE_SKIP);
}

/* What waits goes on, or what was lifted has come to an end; or both learn that a link will not come. */
static void settle(struct talking *t) {
  bool odd = t->links % 2;
  trial_call(t->bed->trial,
             t->lifts ? "lift; conclude or refuse of what was lifted" : "deliver or refuse of what was held");
  while (t->lifts ? fake_conclude(t->bed->world, odd ? 200 : 603, t->links % 3 ? HANSE_F_NONE : HANSE_F_CONNECT)
                  : fake_release(t->bed->world, odd ? FAKE_PASS : FAKE_REFUSE, HANSE_F_POLICY)) {
  }
  trial_returned(t->bed->trial);
  t->form_is_wrong = t->form_is_wrong || !try_lifted(t->bed);
  trial_call(t->bed->trial, "link_ready");
  fake_target_ready(t->target, odd ? t->far : NULL, odd ? HANSE_F_NONE : HANSE_F_CONNECT);
  trial_returned(t->bed->trial);
}

/* The far end says back what it was told. */
static void echo(struct talking *t, const char *what) {
  struct hanse_slice out = fake_output(t->far);
  if (out.len > OUTPUT_MAX) out.len = OUTPUT_MAX;
  char *copy = (char *)malloc(out.len + 1);
  if (copy && out.len) {
    memcpy(copy, out.at, out.len);
    fake_take(t->far);
    feed(t, t->far, hanse_slice(copy, out.len), what, "the plugin's own octets come back");
  }
  free(copy);
  if (fake_link_is_open(t->far)) return;
  close_link(t, t->far);
  t->far = open_link(t, HANSE_SIDE_HOME);
}

/* One link: some octets, then perhaps the others, then its end. `cut` octets come first. */
static void talk(struct talking *t, struct hanse_slice octets, size_t cut, const char *what, const char *how) {
  struct hanse_link *link = open_link(t, t->links % 2 ? HANSE_SIDE_HOME : HANSE_SIDE_PARTNER);
  set_stage(t);
  fake_link_full(link, t->links % 7 == 0);
  feed(t, link, hanse_slice(octets.at, cut), what, how);
  if (t->links % 2) feed(t, link, hanse_slice(octets.at + cut, octets.len - cut), what, how);
  if (t->links % 5 == 0 && fake_link_is_open(link)) {
    trial_call(t->bed->trial, "keepalive");
    fake_link_silence(link);
    trial_returned(t->bed->trial);
  }
  settle(t);
  echo(t, what);
  close_link(t, link);
  if (t->links % 8 == 0) bed_wait(t->bed, 40 * HANSE_SECOND);
}

static void talk_octets(struct talking *t, struct hanse_slice octets, const char *what) {
  struct hanse_link *link = open_link(t, HANSE_SIDE_PARTNER);
  set_stage(t);
  for (size_t i = 0; i < octets.len; i++) feed(t, link, hanse_slice(octets.at + i, 1), what, "octet by octet");
  settle(t);
  close_link(t, link);
}

static void talk_damaged(struct talking *t, struct hanse_slice octets, const char *what) {
  char *copy = (char *)malloc(octets.len + 1);
  for (unsigned i = 0; copy && i < CUTS; i++) {
    memcpy(copy, octets.at, octets.len);
    copy[(size_t)(chance(t) << 8 | chance(t)) % octets.len] = (char)chance(t);
    copy[(size_t)(chance(t) << 8 | chance(t)) % octets.len] = "\0\r\n<>:;,\"\xff"[chance(t) % 10];
    talk(t, hanse_slice(copy, octets.len), octets.len, what, "damaged");
  }
  free(copy);
}

static void talk_sample(struct talking *t, struct hanse_slice octets, const char *what) {
  if (!octets.len) return;
  for (unsigned i = 0; i < 12; i++) talk(t, octets, octets.len, what, "whole"); /* with each thing that follows */
  for (size_t i = 0; i < CUTS; i++) talk(t, octets, octets.len * i / CUTS, what, "in two pieces, or half of it");
  talk_octets(t, octets, what);
  talk_damaged(t, octets, what);
}

static void talk_randomly(struct talking *t) {
  char octets[RANDOM_OCTETS];
  for (unsigned turn = 0; turn < RANDOM_TURNS; turn++) {
    unsigned char same = chance(t);
    for (size_t i = 0; i < sizeof octets; i++) octets[i] = (char)(turn % 4 == 0 ? same : chance(t));
    talk(t, hanse_slice(octets, sizeof octets), (size_t)turn * 64 % sizeof octets, "random octets", "in pieces");
  }
}

/* ---- what explain and probe ask ---- */

static void try_screen(struct talking *t) {
  if (!t->slots->screen) return;
  for (const struct hostile_text *text = hostile_texts; text->name; text++)
    for (int side = HANSE_SIDE_HOME; side <= HANSE_SIDE_PARTNER; side++) {
      trial_call(t->bed->trial, "screen (method is %s)", text->name);
      t->slots->screen(fake_self(t->bed->instance), (enum hanse_side)side, text->text);
      trial_returned(t->bed->trial);
    }
}

static void read_answer(struct talking *t, const struct hanse_probe *probe, struct hanse_arena *arena,
                        struct hanse_slice octets, const char *what) {
  struct hanse_probe_answer answer = {.size = sizeof answer};
  trial_call(t->bed->trial, "read of its probe (%s)", what);
  enum hanse_probe_verdict verdict = probe->read(fake_self(t->bed->instance), octets, arena, &answer);
  trial_returned(t->bed->trial);
  if ((unsigned)verdict > HANSE_PROBE_FOREIGN)
    report_add(t->bed->trial->report, REPORT_WRONG, "probe", "read returns %d, which is no verdict", (int)verdict);
}

static void try_probe(struct talking *t) {
  const struct hanse_probe *probe = t->slots->probe;
  const struct hanse_probe_question question = {.size = sizeof question,
                                                .from = HANSE_LIT("home.test"),
                                                .to = HANSE_LIT("partner.test"),
                                                .local = HANSE_LIT("edge.home.test:5061")};
  struct option_pool pool;
  struct hanse_slice out = {NULL, 0};
  if (!probe) return;
  option_pool_init(&pool);
  trial_call(t->bed->trial, "ask of its probe");
  int status = probe->ask(fake_self(t->bed->instance), &question, &pool.arena, &out);
  trial_returned(t->bed->trial);
  if (status != HANSE_OK || !out.len)
    report_add(t->bed->trial->report, REPORT_WRONG, "probe", "ask makes no request (%d)", status);
  for (const struct hostile_text *sample = samples; sample->name; sample++)
    for (size_t i = 0; i <= CUTS; i++)
      read_answer(t, probe, &pool.arena, hanse_slice(sample->text.at, sample->text.len * i / CUTS), sample->name);
  read_answer(t, probe, &pool.arena, out, "its own question");
  option_pool_clear(&pool);
}

void try_protocol(struct bed *bed, const struct hanse_protocol *protocol) {
  struct talking t = {.bed = bed, .slots = protocol, .chance = 1};
  unsigned wrong = bed->trial->report->of[REPORT_WRONG];
  t.target = fake_target(bed->world, "192.0.2.9:5060");
  t.far = open_link(&t, HANSE_SIDE_HOME);
  fake_route(bed->world, HANSE_SIDE_HOME, &t.target, 1);
  fake_route(bed->world, HANSE_SIDE_PARTNER, &t.target, 1);
  for (const struct hostile_text *sample = samples; sample->name; sample++) talk_sample(&t, sample->text, sample->name);
  if (bed->subject->input.len) talk_sample(&t, bed->subject->input, "the octets of --input");
  talk_randomly(&t);
  try_screen(&t);
  try_probe(&t);
  settle(&t);
  close_link(&t, t.far);
  bed_wait(bed, 600 * HANSE_SECOND);
  try_lower(bed, protocol);
  if (bed->trial->report->of[REPORT_WRONG] == wrong)
    report_add(bed->trial->report, REPORT_OK, "input", "%u links, with octets of all kinds%s", t.links,
               bed->subject->input.len ? "" : "; --input FILE adds some of this protocol's own, whole and damaged");
}
