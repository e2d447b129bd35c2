#include "sdk/tool/hostile.h"

#include <stdlib.h>

#define TEXT(name, literal)                \
  {                                        \
    name, { literal, sizeof(literal) - 1 } \
  }

const struct hostile_text hostile_texts[] = {
    TEXT("no text", ""),
    TEXT("a text", "Are you there? See https://example.org/a.exe or call tel:+4930123456."),
    TEXT("one letter", "a"),
    TEXT("a text with an embedded NUL", "before\0after"),
    TEXT("nothing but NUL", "\0\0\0\0"),
    TEXT("a text that is not UTF-8", "\xff\xfe\xc3\x28 \xe2\x82"),
    TEXT("a text that ends within a character", "Gr\xc3\xbc\xc3"),
    TEXT("controls", "\r\n\t\x01\x1b[2J\x7f\r\n\r\n"),
    TEXT("marks of printf", "%s%n%x %.999999d"),
    TEXT("text from right to left", "\xe2\x80\xae\xd8\xa7\xd9\x84\xd8\xb3\xd9\x84\xd8\xa7\xd9\x85 \xf0\x9f\x98\x80"),
    TEXT("HTML and JSON", "<html><a href=\"x\">&amp;</a>{\"a\":[null,1e999]}\\u0000"),
    {NULL, {NULL, 0}},
};

char *hostile_long(size_t length) {
  static const char pattern[] = "word http://x.test/\xc3\xa9 ,;< ";
  char *text = (char *)malloc(length);
  for (size_t i = 0; text && i < length; i++) text[i] = pattern[i % (sizeof pattern - 1)];
  return text;
}

#define LABEL63 "a23456789-123456789-123456789-123456789-123456789-123456789-12z"
const char *const hostile_domains[] = {
    "partner.test",
    "home.test",
    "a.home.test",
    "b",
    "1.2.3.4.test",
    "xn--mgbh0fb.xn--kgbechtv",
    "a.b.c.d.e.f.g.h.i.j.k.l.m.n.o.p.q.r.s.t.u.v.w.x.y.z.test",
    LABEL63 ".test",
    LABEL63 "." LABEL63 "." LABEL63 ".a23456789-123456789-123456789-123456789-123456789-123456789-z",
    "partner.test.evil.test",
    "xn--mgbh0fb.partner.test",
    "-.--.0.partner.test",
    LABEL63 "." LABEL63 "." LABEL63 ".a23456789-123456789-123456789-123456789-1234.partner.test",
    "notpartner.test",
    NULL,
};

/* ---- facts ---- */

static const struct hanse_certificate certificate = {
    .size = sizeof certificate,
    .id = {1, 2, 3},
    .fingerprint = {4, 5, 6},
    .issuer = {"CN=An\\, authority", 17},
    .subject = {"", 0},
    .serial = {"00", 2},
};

static const struct hanse_slice many_proved[] = {{"*.partner.test", 14}, {"edge.partner.test", 17}, {"b", 1}};

static const struct hanse_slice users[] = {
    {"alice", 5}, {"", 0}, {"a\0b", 3}, {"\xff\xfe", 2}, {"%s%n", 4}, {"o'brien;x=1@\"", 13},
};

static const struct hanse_slice types[] = {{"text/plain", 10}, {"", 0}, {"text/html;charset=\"\xff", 20}, {"/", 1}};

static void know_core(unsigned turn, struct hanse_facts *out) {
  out->side = turn % 2 ? HANSE_SIDE_PARTNER : HANSE_SIDE_HOME;
  out->wire_type = (uint8_t)(turn % 5);
  out->federation = turn % 3 ? hanse_text("direct") : hanse_text(NULL);
  out->through = turn % 4 == 3 ? hanse_text("provider.test") : hanse_text(NULL);
  out->decision = turn;
  if (turn % 4 == 1) out->terms.rate = (struct hanse_rate){turn % 8 == 1 ? UINT64_MAX : 1, turn % 3 ? HANSE_SECOND : 1};
  if (out->side != HANSE_SIDE_PARTNER) return;
  out->proved = many_proved;
  out->proved_count = turn % 4;
  out->certificate = turn % 3 ? &certificate : NULL;
}

void hostile_facts(unsigned turn, struct hanse_facts *out) {
  unsigned domain = turn % (sizeof hostile_domains / sizeof *hostile_domains - 1);
  struct hanse_slice ours = hanse_text("home.test"), theirs = hanse_text(hostile_domains[domain]);
  *out = (struct hanse_facts){.size = sizeof *out};
  know_core(turn, out);
  bool in = out->side == HANSE_SIDE_PARTNER;
  out->from = (struct hanse_address_fact){users[turn % 6], in ? theirs : ours};
  out->to = (struct hanse_address_fact){users[(turn + 1) % 6], in ? ours : theirs};
  out->method = hanse_text(turn % 3 ? "MESSAGE" : "X-ODD");
  out->modality = (uint8_t)(turn % 8);
  out->modalities = turn % 4 ? HANSE_MODALITY_BIT(turn % 8) : turn % 8 ? 0xffu : 0;
  out->stated = (uint8_t)(turn % 3);
  out->hops = turn % 2 ? 70 : 0;
  out->conversation = turn % 5 ? hanse_text("conversation@home.test") : hanse_slice("\0\xff", 2);
  out->text_type = types[turn % 4];
  out->file_name = turn % 3 == 2 ? hanse_slice("..\\a\0b.EXE\xff", 11) : hanse_text(NULL);
  if (turn % 6 == 5) {
    out->flags = HANSE_FACT_IN_DIALOG;
    out->partner_name = hanse_text("partner.test");
    out->target_name = hanse_text(turn % 2 ? "edge.partner.test:5061" : NULL);
  }
}

const char *hostile_action_name(unsigned action) {
  static const char *const names[] = {"OTHER",   "MESSAGE",  "SESSION", "END",   "SUBSCRIBE",   "NOTIFY",
                                      "PUBLISH", "REGISTER", "REFER",   "PROBE", "ACKNOWLEDGE", "SIGNAL"};
  return action < sizeof names / sizeof *names ? names[action] : "?";
}
