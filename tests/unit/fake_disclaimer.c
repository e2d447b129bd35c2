/* The policy `disclaimer`, as built, against a host in memory (R86, R113). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "plugins/policy/addition.h"
#include "plugins/policy/disclaimer.h"
#include "tests/lib/policy_fixture.h"

static struct disclaimer_settings usual(enum disclaimer_how how) {
  return (struct disclaimer_settings){.where = {"d.conf", 5},
                                      .to_partners = HANSE_LIT("kept <here>"),
                                      .to_users = hanse_slice("", 0),
                                      .how = (int)how,
                                      .place = ADDITION_AFTER};
}

static struct hanse_facts message(enum hanse_side side, enum hanse_action action, enum hanse_wire_type type) {
  return (struct hanse_facts){
      .size = sizeof(struct hanse_facts), .side = (uint8_t)side, .action = (uint8_t)action, .wire_type = (uint8_t)type};
}

static struct hanse_marks ask(struct policy_fixture *f, enum hanse_stage stage, struct hanse_facts facts) {
  struct fake_judgement judgement;
  fake_decide(f->policy, stage, &facts, false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
  return judgement.marks;
}

static void header(void **state) {
  static const struct {
    enum hanse_side side;
    enum hanse_action action;
    enum hanse_wire_type type;
    uint32_t flags;
    uint16_t status;
    bool told;
  } rows[] = {
      {HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER, 0, 0, true},
      {HANSE_SIDE_HOME, HANSE_ACTION_MESSAGE, HANSE_WIRE_CLEARING_HOUSE, 0, 0, true},
      {HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_AUTO_FEDERATION, 0, 0, true},
      {HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_AUTHORIZED_SERVER, 0, 0, false},
      {HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_NONE, 0, 0, false},
      {HANSE_SIDE_PARTNER, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER, 0, 0, false},
      {HANSE_SIDE_HOME, HANSE_ACTION_SUBSCRIBE, HANSE_WIRE_DIRECT_PARTNER, 0, 0, false},
      {HANSE_SIDE_HOME, HANSE_ACTION_MESSAGE, HANSE_WIRE_DIRECT_PARTNER, HANSE_FACT_IN_DIALOG, 0, false},
      {HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER, HANSE_FACT_ANSWER, 200, true},
      {HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER, HANSE_FACT_ANSWER, 180, false},
      {HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER, HANSE_FACT_ANSWER, 486, false},
      {HANSE_SIDE_HOME, HANSE_ACTION_MESSAGE, HANSE_WIRE_DIRECT_PARTNER, HANSE_FACT_ANSWER, 200, false},
      {HANSE_SIDE_PARTNER, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER, HANSE_FACT_ANSWER, 200, false},
  };
  struct disclaimer_settings settings = usual(DISCLAIMER_HEADER);
  struct policy_fixture *f = policy_fixture_new("disclaimer", &settings);
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct hanse_facts facts = message(rows[i].side, rows[i].action, rows[i].type);
    facts.flags = rows[i].flags;
    facts.status = rows[i].status;
    struct hanse_marks marks = ask(f, facts.flags & HANSE_FACT_ANSWER ? HANSE_STAGE_ANSWER : HANSE_STAGE_ROUTED, facts);
    if ((marks.set == HANSE_MARK_NOTICE) != rows[i].told) fail_msg("row %zu", i);
    if (rows[i].told) assert_true(hanse_same(marks.notice, settings.to_partners));
  }
  assert_int_equal(fake_counter(f->world, "told"), 4);
  settings.to_users = HANSE_LIT("talks with others are kept");
  struct hanse_marks in =
      ask(f, HANSE_STAGE_ROUTED, message(HANSE_SIDE_PARTNER, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER));
  assert_true(hanse_same(in.notice, settings.to_users));
  policy_fixture_free(f);
}

static void text(void **state) {
  struct disclaimer_settings settings = usual(DISCLAIMER_TEXT);
  struct policy_fixture *f = policy_fixture_new("disclaimer", &settings);
  struct hanse_facts facts = message(HANSE_SIDE_HOME, HANSE_ACTION_MESSAGE, HANSE_WIRE_DIRECT_PARTNER);
  (void)state;
  assert_int_equal(ask(f, HANSE_STAGE_ROUTED, facts).set, 0);
  facts.flags = HANSE_FACT_IN_DIALOG;
  facts.text = HANSE_LIT("hi");
  facts.text_type = HANSE_LIT("text/plain");
  struct hanse_marks marks = ask(f, HANSE_STAGE_ROUTED, facts);
  assert_int_equal(marks.set, HANSE_MARK_TEXT);
  assert_true(hanse_same(marks.text, HANSE_LIT("hi\r\nkept <here>")));
  facts.text_type = HANSE_LIT("text/HTML");
  settings.place = ADDITION_BEFORE;
  assert_true(hanse_same(ask(f, HANSE_STAGE_ROUTED, facts).text, HANSE_LIT("kept &lt;here&gt;<br>hi")));
  facts.text_type = HANSE_LIT("text/x-other");
  assert_int_equal(ask(f, HANSE_STAGE_ROUTED, facts).set, 0);
  /* a session is never refused for want of a text */
  assert_int_equal(
      ask(f, HANSE_STAGE_ROUTED, message(HANSE_SIDE_HOME, HANSE_ACTION_SESSION, HANSE_WIRE_DIRECT_PARTNER)).set, 0);
  facts.text_type = HANSE_LIT("text/plain");
  assert_int_equal(ask(f, HANSE_STAGE_ANSWER, facts).set, 0);
  policy_fixture_free(f);
}

static void mistakes(void **state) {
  static char large[502];
  struct disclaimer_settings wrong = usual(DISCLAIMER_HEADER);
  (void)state;
  wrong.to_partners = HANSE_LIT("two\nlines");
  policy_fixture_refuses("disclaimer", &wrong, 5, "to_partners: write one line");
  wrong = usual(DISCLAIMER_HEADER);
  memset(large, 'x', 501);
  wrong.to_users = hanse_text(large);
  policy_fixture_refuses("disclaimer", &wrong, 5, "to_users: write one line");
}

/* What must be told is told, or the message does not go. */
static void no_memory(void **state) {
  (void)state;
  for (int how = DISCLAIMER_HEADER; how <= DISCLAIMER_TEXT; how++) {
    struct disclaimer_settings settings = usual((enum disclaimer_how)how);
    struct policy_fixture *f = policy_fixture_new("disclaimer", &settings);
    struct hanse_facts facts = message(HANSE_SIDE_HOME, HANSE_ACTION_MESSAGE, HANSE_WIRE_DIRECT_PARTNER);
    struct fake_judgement judgement;
    facts.text = HANSE_LIT("hi");
    facts.text_type = HANSE_LIT("text/plain");
    fake_fail_after(f->world, 0);
    fake_decide(f->policy, HANSE_STAGE_ROUTED, &facts, false, &judgement);
    fake_fail_after(f->world, -1);
    assert_int_equal(judgement.verdict, HANSE_DENY);
    assert_int_equal(judgement.why.failure, HANSE_F_MEMORY);
    assert_int_equal(judgement.why.where.line, 5);
    assert_int_equal(judgement.marks.set, 0);
    assert_int_equal(fake_counter(f->world, "told"), 0);
    policy_fixture_free(f);
    policy_fixture_no_memory("disclaimer", &settings);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(header),
      cmocka_unit_test(text),
      cmocka_unit_test(mistakes),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
