/* The policy `disclaimer`, as built, against a host in memory (R86, R113). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/lib/policy_fixture.h"

#define HEADER "to_partners = \"kept <here>\"; how = \"header\";"
#define TEXT "to_partners = \"kept <here>\"; how = \"text\";"

static const struct hanse_facts *message(struct policy_fixture *f, const char *line) {
  return fake_facts_text(f->world, line);
}

static struct hanse_marks ask(struct policy_fixture *f, enum hanse_stage stage, const char *line) {
  struct fake_judgement judgement;
  fake_decide(f->policy, stage, message(f, line), false, &judgement);
  assert_int_equal(judgement.verdict, HANSE_ABSTAIN);
  return judgement.marks;
}

static void is(struct hanse_slice text, const char *wanted) {
  if (!hanse_same(text, hanse_text(wanted))) fail_msg("\"%.*s\" is not \"%s\"", HANSE_FMT(text), wanted);
}

static void header(void **state) {
  static const struct {
    const char *line;
    bool told;
  } rows[] = {
      {"side=home action=session wire_type=direct_partner", true},
      {"side=home action=message wire_type=clearing_house", true},
      {"side=home action=session wire_type=auto_federation", true},
      {"side=home action=session wire_type=authorized_server", false},
      {"side=home action=session wire_type=none", false},
      {"side=partner action=session wire_type=direct_partner", false},
      {"side=home action=subscribe wire_type=direct_partner", false},
      {"side=home action=message wire_type=direct_partner flags=in_dialog", false},
      {"side=home action=session wire_type=direct_partner flags=answer status=200", true},
      {"side=home action=session wire_type=direct_partner flags=answer status=180", false},
      {"side=home action=session wire_type=direct_partner flags=answer status=486", false},
      {"side=home action=message wire_type=direct_partner flags=answer status=200", false},
      {"side=partner action=session wire_type=direct_partner flags=answer status=200", false},
  };
  struct policy_fixture *f = policy_fixture_text("disclaimer", HEADER);
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    bool answer = strstr(rows[i].line, "flags=answer") != NULL;
    struct hanse_marks marks = ask(f, answer ? HANSE_STAGE_ANSWER : HANSE_STAGE_ROUTED, rows[i].line);
    if ((marks.set == HANSE_MARK_NOTICE) != rows[i].told) fail_msg("row %zu", i);
    if (rows[i].told) is(marks.notice, "kept <here>");
  }
  assert_int_equal(fake_counter(f->world, "told"), 4);
  policy_fixture_free(f);
  f = policy_fixture_text("disclaimer", "to_users = \"talks with others are kept\"; " HEADER);
  is(ask(f, HANSE_STAGE_ROUTED, "side=partner action=session").notice, "talks with others are kept");
  policy_fixture_free(f);
}

static void text(void **state) {
  struct policy_fixture *f = policy_fixture_text("disclaimer", TEXT);
#define OUT "side=home wire_type=direct_partner "
  (void)state;
  assert_int_equal(ask(f, HANSE_STAGE_ROUTED, OUT).set, 0);
  struct hanse_marks marks = ask(f, HANSE_STAGE_ROUTED, OUT "flags=in_dialog text=hi");
  assert_int_equal(marks.set, HANSE_MARK_TEXT);
  is(marks.text, "hi\r\nkept <here>");
  assert_int_equal(ask(f, HANSE_STAGE_ROUTED, OUT "text=hi text_type=text/x-other").set, 0);
  /* a session is never refused for want of a text */
  assert_int_equal(ask(f, HANSE_STAGE_ROUTED, OUT "action=session").set, 0);
  assert_int_equal(ask(f, HANSE_STAGE_ANSWER, OUT "text=hi").set, 0);
  policy_fixture_free(f);
  f = policy_fixture_text("disclaimer", "place = \"before\"; " TEXT);
  is(ask(f, HANSE_STAGE_ROUTED, OUT "text=hi text_type=text/HTML").text, "kept &lt;here&gt;<br>hi");
  policy_fixture_free(f);
}

static void mistakes(void **state) {
  char large[600] = "to_users = \"";
  (void)state;
  policy_fixture_refuses_text("disclaimer", "to_partners = \"two\\nlines\";", 1, "to_partners: write one line");
  size_t n = strlen(large);
  memset(large + n, 'x', 501);
  memcpy(large + n + 501, "\";", 3);
  policy_fixture_refuses_text("disclaimer", large, 1, "to_users: write one line");
}

/* What must be told is told, or the message does not go. */
static void no_memory(void **state) {
  (void)state;
  static const char *const how[] = {HEADER, TEXT};
  for (size_t i = 0; i < 2; i++) {
    struct policy_fixture *f = policy_fixture_text("disclaimer", how[i]);
    struct fake_judgement judgement;
    fake_fail_after(f->world, 0);
    fake_decide(f->policy, HANSE_STAGE_ROUTED, message(f, OUT "text=hi"), false, &judgement);
    fake_fail_after(f->world, -1);
    assert_int_equal(judgement.verdict, HANSE_DENY);
    assert_int_equal(judgement.why.failure, HANSE_F_MEMORY);
    assert_int_equal(judgement.why.where.line, 1);
    assert_int_equal(judgement.marks.set, 0);
    assert_int_equal(fake_counter(f->world, "told"), 0);
    policy_fixture_free(f);
    policy_fixture_no_memory_text("disclaimer", how[i]);
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
