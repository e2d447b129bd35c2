/* The policy `access`, as built, against a host in memory: which policy holds for whom, and what it forbids (R47 to
   R52; the types that are not there yet are stated as facts). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "tests/lib/policy_fixture.h"

/* The lines by which each rule is told are those of this text. */
static const char settings[] =
    "policies = ( { name = \"global\"; federation = true; },\n"
    "  { name = \"sales\"; federation = true; xmpp = true; public_im = true; },\n"
    "  { name = \"none\"; federation = false; xmpp = true; public_im = true; public_audio_video = true; },\n"
    "  { name = \"all\"; federation = true; xmpp = true; public_im = true; public_audio_video = true; } );\n"
    "sites = (\n"
    "  { domain = \"sales.a.test\"; policy = \"sales\"; },\n"
    "  { domain = \"closed.test\"; policy = \"none\"; },\n"
    "  { domain = \"gone.test\"; policy = \"nobody wrote this\"; } );\n"
    "users = (\n"
    "  { address = \"Boss@sales.a.test\"; policy = \"all\"; },\n"
    "  { address = \"lee@a.test\"; policy = \"none\"; },\n"
    "  { address = \"remote@sales.a.test\"; branch = true; },\n"
    "  { address = \"lost@closed.test\"; policy = \"nobody wrote this\"; } );\n";
enum { SALES_SITE = 6, CLOSED_SITE = 7, LEE = 11 };

struct row {
  const char *user, *domain, *type;
  int modality;
  enum hanse_failure failure; /* HANSE_F_NONE: nothing is forbidden */
  unsigned line;
};

static void judge(struct policy_fixture *f, const struct row *row, bool out) {
  struct fake_judgement judgement;
  const struct hanse_address_fact ours = {hanse_text(row->user), hanse_text(row->domain)};
  const struct hanse_address_fact theirs = {HANSE_LIT("lee"),
                                            HANSE_LIT("a.test")}; /* who is a user here does not count */
  const struct hanse_facts facts = {.size = sizeof facts,
                                    .side = out ? HANSE_SIDE_HOME : HANSE_SIDE_PARTNER,
                                    .from = out ? ours : theirs,
                                    .to = out ? theirs : ours,
                                    .modalities = HANSE_MODALITY_BIT(row->modality),
                                    .federation = hanse_text(row->type)};
  fake_decide(f->policy, HANSE_STAGE_ROUTED, &facts, false, &judgement);
  enum hanse_verdict wanted = row->failure ? HANSE_DENY : HANSE_ABSTAIN;
  if (judgement.verdict != wanted || judgement.why.failure != row->failure || judgement.why.where.line != row->line)
    fail_msg("%s@%s %s: verdict %d, failure %d by line %u", row->user, row->domain, row->type, judgement.verdict,
             judgement.why.failure, judgement.why.where.line);
  if (row->failure) assert_true(judgement.why.text.len > 20);
}

static void who_may_what(void **state) {
  (void)state;
  enum { IM = HANSE_MODALITY_IM, AV = HANSE_MODALITY_AUDIO_VIDEO };
  static const struct row rows[] = {
      {"x", "a.test", "direct", IM, HANSE_F_NONE, 0},
      {"x", "a.test", "discovered", AV, HANSE_F_NONE, 0},
      {"x", "a.test", "xmpp", IM, HANSE_F_USER_XMPP, 1}, /* R50 */
      {"x", "a.test", "public", IM, HANSE_F_USER_PUBLIC, 1},
      {"x", "sales.a.test", "xmpp", IM, HANSE_F_NONE, 0},
      {"x", "deep.sales.a.test", "public", IM, HANSE_F_NONE, 0},
      {"x", "presales.a.test", "public", IM, HANSE_F_USER_PUBLIC, 1},
      {"x", "sales.a.test", "public", AV, HANSE_F_USER_PUBLIC, SALES_SITE}, /* R52 */
      {"boss", "sales.a.test", "public", AV, HANSE_F_NONE, 0},              /* the user's goes before the site's */
      {"lee", "a.test", "direct", IM, HANSE_F_USER_FEDERATION, LEE},
      {"lee", "a.test", "xmpp", IM, HANSE_F_USER_FEDERATION, LEE}, /* XMPP needs federation too (R49) */
      {"lee", "a.test", "public", AV, HANSE_F_NONE, 0},
      {"x", "closed.test", "direct", IM, HANSE_F_USER_FEDERATION, CLOSED_SITE},
      {"x", "gone.test", "direct", IM, HANSE_F_NONE, 0}, /* the site's policy is missing: that of all */
      {"x", "gone.test", "public", IM, HANSE_F_USER_PUBLIC, 1},
      {"lost", "closed.test", "direct", IM, HANSE_F_USER_FEDERATION,
       CLOSED_SITE},                                                         /* the user's is missing: the site's */
      {"remote", "sales.a.test", "xmpp", IM, HANSE_F_USER_XMPP, SALES_SITE}, /* R51 */
      {"remote", "sales.a.test", "xmpp", HANSE_MODALITY_PRESENCE, HANSE_F_USER_XMPP, SALES_SITE},
      {"remote", "sales.a.test", "public", IM, HANSE_F_NONE, 0},
      {"", "", "direct", IM, HANSE_F_NONE, 0},
      {"lee", "a.test", "", IM, HANSE_F_NONE, 0}, /* nobody outside is known */
  };
  struct policy_fixture *f = policy_fixture_text("access", settings);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    judge(f, &rows[i], true);
    judge(f, &rows[i], false);
  }
  assert_true(fake_counter(f->world, "refused") > 0);
  policy_fixture_free(f);
}

/* Without a word about it federation is open, and nothing else (R48: there is always a policy for all). */
static void nothing_written(void **state) {
  (void)state;
  struct policy_fixture *f = policy_fixture_text("access", "");
  judge(f, &(struct row){"x", "a.test", "direct", HANSE_MODALITY_IM, HANSE_F_NONE, 0}, true);
  judge(f, &(struct row){"x", "a.test", "xmpp", HANSE_MODALITY_IM, HANSE_F_USER_XMPP, 0}, true);
  judge(f, &(struct row){"x", "a.test", "public", HANSE_MODALITY_IM, HANSE_F_USER_PUBLIC, 0}, false);
  policy_fixture_free(f);
}

static void told_by_a_command(void **state) {
  (void)state;
  struct policy_fixture *f = policy_fixture_text("access", settings);
  const char *rows;
  const struct fake_argument remote[] = {{"user", "remote@sales.a.test"}, {NULL, NULL}};
  assert_int_equal(fake_command(f->policy, "access", remote, &rows), HANSE_DONE);
  assert_string_equal(rows,
                      "policy=sales scope=site federation=true xmpp=false public_im=true public_audio_video=false "
                      "file=text line=6 ");
  static const char *const wrong[] = {"remote", "@a.test", "remote@", "@", ""};
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    const struct fake_argument nobody[] = {{"user", wrong[i]}, {NULL, NULL}};
    assert_int_equal(fake_command(f->policy, "access", nobody, &rows), HANSE_USAGE);
  }
  policy_fixture_free(f);
}

static void mistakes(void **state) {
  (void)state;
  policy_fixture_refuses_text("access", "\nusers = ( { address = \"alice\"; policy = \"all\"; } );", 2, "user@domain");
  policy_fixture_refuses_text("access",
                              "users = ( { address = \"alice@a.test\"; policy = \"all\"; },\n"
                              "  { address = \"ALICE@a.test\"; policy = \"sales\"; } );",
                              2, "twice");
  policy_fixture_refuses_text("access", "policies = ( { name = \"p\"; },\n\n  { name = \"p\"; } );", 3, "twice");
}

/* However many names are wrong, the log is not filled with them. */
static void many_unknown(void **state) {
  (void)state;
  char *text = NULL;
  size_t length;
  FILE *out = open_memstream(&text, &length);
  assert_non_null(out);
  fputs("sites = ( { domain = \"gone.test\"; policy = \"nobody wrote this\"; } );\nusers = ( ", out);
  for (unsigned i = 0; i < 500; i++)
    fprintf(out, "%s{ address = \"u%u@a.test\"; policy = \"nobody wrote this\"; }", i ? ",\n" : "", i);
  fputs(" );", out);
  fclose(out);
  struct policy_fixture *f = policy_fixture_text("access", text);
  assert_non_null(strstr(fake_logged(f->world), "more=481 ")); /* of 500 users and a site */
  policy_fixture_free(f);
  free(text);
}

static void no_memory(void **state) {
  (void)state;
  policy_fixture_no_memory_text("access", settings);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(who_may_what), cmocka_unit_test(nothing_written), cmocka_unit_test(told_by_a_command),
      cmocka_unit_test(mistakes),     cmocka_unit_test(many_unknown),    cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
