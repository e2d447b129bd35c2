/* A protocol beside others: what it lifts has a neutral form, and whatever it lowers is told to its end. */
#include <stdlib.h>

#include "contract/domain.h"
#include "hanse/utf8.h"
#include "sdk/tool/hostile.h"
#include "sdk/tool/try.h"

enum { TEXT_LONG = 1 << 20, PATIENCE = 600 /* s */ };

/* ---- lift ---- */

static bool is_canonical(struct hanse_slice domain) {
  char buf[DOMAIN_BUFFER];
  struct hanse_slice canonical;
  return domain_canonical(domain, buf, sizeof buf, &canonical) == HANSE_OK && hanse_same(domain, canonical);
}

/* What is wrong with it; NULL: nothing. */
static const char *wrong_with(const struct hanse_lifted *lifted) {
  if (lifted->kind != HANSE_LIFTED_IM) return "it says HANSE_F_NONE, and gives a kind that does not exist";
  if (!is_canonical(lifted->from.domain) || !is_canonical(lifted->to.domain))
    return "it gives a domain that is not canonical; see hanse_canonical";
  if (!hanse_is_utf8(lifted->from.user) || !hanse_is_utf8(lifted->to.user) || !hanse_is_utf8(lifted->subject) ||
      !hanse_is_utf8(lifted->text))
    return "it gives a text that is not UTF-8; refuse such a message with HANSE_F_FOREIGN_CONTENT";
  return NULL;
}

bool try_lifted(struct bed *bed) {
  const struct hanse_lifted *lifted = fake_lifted(bed->world);
  const char *wrong = lifted->size ? wrong_with(lifted) : NULL; /* 0: nothing was lifted yet */
  if (wrong) report_add(bed->trial->report, REPORT_WRONG, "lift", "%s", wrong);
  return !wrong;
}

/* ---- lower ---- */

struct lowering {
  struct bed *bed;
  struct hanse_link *from;
  struct hanse_target *target;
  unsigned lowered, taken;
  bool told; /* that nothing is told of a message */
};

/* The link that its target has; NULL: none comes. */
static struct hanse_link *reach(struct lowering *l) {
  unsigned how = l->lowered % 4;
  struct hanse_link *far = NULL;
  if (how != 3) {
    trial_call(l->bed->trial, "link_open");
    far = fake_link(l->bed->world, HANSE_SIDE_PARTNER, "198.51.100.9:5061", "edge.home.test:5061");
    trial_returned(l->bed->trial);
    fake_link_proved(far, "partner.test");
  }
  fake_target_link(l->target, how < 2 ? far : NULL, HANSE_SKIP);
  return far;
}

/* Its link comes late or never, closes, or says nothing. */
static void go_on(struct lowering *l, struct hanse_link *far) {
  trial_call(l->bed->trial, "link_ready, link_lost or a time-out of a message that was lowered");
  fake_target_ready(l->target, far, far ? HANSE_F_NONE : HANSE_F_CONNECT);
  if (far && l->lowered % 4 == 0) fake_link_close(far, HANSE_CLOSE_PEER);
  trial_returned(l->bed->trial);
  bed_wait(l->bed, PATIENCE * HANSE_SECOND);
  if (far && l->lowered % 4 != 0 && fake_link_is_open(far)) fake_link_close(far, HANSE_CLOSE_OURS);
}

static void lower_one(struct lowering *l, const struct hanse_lifted *lifted, const char *what) {
  struct hanse_link *far = reach(l);
  trial_call(l->bed->trial, "lower (%s), or deliver of what it made", what);
  enum hanse_failure failure = fake_lower(l->bed->instance, l->from, lifted);
  trial_returned(l->bed->trial);
  go_on(l, far);
  l->lowered++;
  if (failure) return;
  l->taken++;
  if (l->told || fake_concluded(l->bed->world) || fake_refused(l->bed->world)) return;
  l->told = true;
  report_add(l->bed->trial->report, REPORT_WRONG, "lower",
             "of a message that it took (%s) nothing was told within %d s; call hanse_concluded whatever becomes of it",
             what, PATIENCE);
}

static struct hanse_lifted neutral(struct hanse_slice user, const char *domain, struct hanse_slice text) {
  return (struct hanse_lifted){.size = sizeof(struct hanse_lifted),
                               .kind = HANSE_LIFTED_IM,
                               .from = {user, hanse_text(domain)},
                               .to = {HANSE_LIT("bob"), HANSE_LIT("partner.test")},
                               .id = HANSE_LIT("1"),
                               .subject = HANSE_LIT(""),
                               .text = text,
                               .hops = 10};
}

/* A subject is one line, and nobody is called by a control character. */
static bool is_one_line(struct hanse_slice text) {
  for (size_t i = 0; i < text.len; i++)
    if ((unsigned char)text.at[i] < ' ' || text.at[i] == 0x7f) return false;
  return text.len > 0;
}

static void lower_texts(struct lowering *l) {
  for (const struct hostile_text *text = hostile_texts; text->name; text++) {
    if (!hanse_is_utf8(text->text)) continue;
    struct hanse_lifted as_text = neutral(HANSE_LIT("alice"), "home.test", text->text);
    lower_one(l, &as_text, text->name);
    if (!is_one_line(text->text)) continue;
    struct hanse_lifted as_name = neutral(text->text, "home.test", HANSE_LIT("hello"));
    as_name.to.user = as_name.subject = as_name.id = text->text;
    lower_one(l, &as_name, text->name);
  }
}

void try_lower(struct bed *bed, const struct hanse_protocol *protocol) {
  struct lowering l = {.bed = bed};
  unsigned wrong = bed->trial->report->of[REPORT_WRONG];
  if (!protocol->lower) return;
  l.target = fake_target(bed->world, "198.51.100.9:5061");
  trial_call(bed->trial, "link_open");
  l.from = fake_link(bed->world, HANSE_SIDE_HOME, "192.0.2.1:5060", "node.home.test:5060");
  trial_returned(bed->trial);
  fake_route(bed->world, HANSE_SIDE_HOME, &l.target, 1);
  lower_texts(&l);
  for (const char *const *domain = hostile_domains; *domain; domain++) {
    struct hanse_lifted lifted = neutral(HANSE_LIT("alice"), *domain, HANSE_LIT("hello"));
    lower_one(&l, &lifted, "a domain that is odd");
  }
  char *text = hostile_long(TEXT_LONG);
  struct hanse_lifted large = neutral(HANSE_LIT("alice"), "home.test", hanse_slice(text, text ? TEXT_LONG - 1 : 0));
  lower_one(&l, &large, "a text of a megabyte");
  large.text.len = 5;
  large.kind = HANSE_LIFTED_IM + 7;
  lower_one(&l, &large, "a kind that a newer router may have");
  free(text);
  fake_link_close(l.from, HANSE_CLOSE_PEER);
  if (bed->trial->report->of[REPORT_WRONG] == wrong)
    report_add(bed->trial->report, REPORT_OK, "lower", "%u neutral messages, of which it took %u", l.lowered, l.taken);
}
