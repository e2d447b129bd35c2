/* The policy `contacts`, as built, on a clock that the test moves: who may write back, for how long, which pairs go,
   what survives (R55, H11). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "plugins/policy/contacts.h"
#include "sdk/fakehost/inside.h"
#include "tests/lib/policy_fixture.h"

#define DAY (86400 * HANSE_SECOND)

static const struct contacts_settings usual = {
    .where = {"a.conf", 3}, .hold = CONTACTS_UNVERIFIED, .age = 90 * DAY, .pairs = 100000, .pairs_per_user = 1000};

enum mark { UNMARKED, VERIFIED, UNVERIFIED };

static void writes(struct fake_instance *policy, const char *ours, const char *theirs) {
  const struct hanse_facts facts = facts_between(true, ours, theirs);
  fake_event(policy, HANSE_EVENT_ACCEPTED, &facts, NULL);
}

static struct fake_judgement judged(struct policy_fixture *f, enum hanse_stage stage, const struct hanse_facts *facts,
                                    enum mark mark, bool dry) {
  struct fake_judgement judgement;
  const struct hanse_marks marks = {
      .size = sizeof marks, .set = mark == UNMARKED ? 0 : HANSE_MARK_VERIFIED, .verified = mark == VERIFIED};
  fake_marked(f->world, &marks);
  fake_decide(f->policy, stage, facts, dry, &judgement);
  return judgement;
}

/* True: it is let through at ROUTED. */
static bool passes(struct policy_fixture *f, const char *theirs, const char *ours, enum mark mark) {
  const struct hanse_facts facts = facts_between(false, ours, theirs);
  struct fake_judgement judgement = judged(f, HANSE_STAGE_ROUTED, &facts, mark, false);
  if (judgement.verdict == HANSE_DENY) {
    assert_int_equal(judgement.why.failure, HANSE_F_CONTACT_FIRST);
    assert_int_equal(judgement.why.where.line, 3);
  }
  return judgement.verdict != HANSE_DENY;
}

/* R55: an unverified sender reaches those who wrote to him, and nobody else; case and direction count as they should.
 */
static void write_back(void **state) {
  (void)state;
  struct policy_fixture *f = policy_fixture_new("contacts", &usual);
  assert_false(passes(f, "zoe", "alice", UNVERIFIED));
  assert_false(passes(f, "zoe", "alice", UNMARKED));
  assert_true(passes(f, "zoe", "alice", VERIFIED));
  writes(f->policy, "Alice", "zoe");
  assert_true(passes(f, "ZOE", "alice", UNVERIFIED));
  assert_true(passes(f, "zoe", "alice", UNMARKED));
  assert_false(passes(f, "zoe", "bob", UNVERIFIED));
  assert_false(passes(f, "yan", "alice", UNVERIFIED));
  assert_false(passes(f, "alice", "zoe", UNVERIFIED));
  assert_int_equal(fake_counter(f->world, "refused"), 5);
  policy_fixture_free(f);
}

/* What programs send by themselves, what was refused, and what is said in a dialog is no sign; what comes in a dialog
   passes, and a question to the server itself. */
static void signs(void **state) {
  (void)state;
  static const uint8_t none[] = {HANSE_ACTION_SIGNAL, HANSE_ACTION_NOTIFY, HANSE_ACTION_PROBE, HANSE_ACTION_END};
  static const uint8_t some[] = {HANSE_ACTION_MESSAGE, HANSE_ACTION_SESSION, HANSE_ACTION_SUBSCRIBE};
  struct policy_fixture *f = policy_fixture_new("contacts", &usual);
  struct hanse_facts facts = facts_between(true, "alice", "zoe");
  const struct hanse_refusal why = {.size = sizeof why, .failure = HANSE_F_BLOCKED};
  for (size_t i = 0; i < sizeof none; i++) {
    facts.action = none[i];
    fake_event(f->policy, HANSE_EVENT_ACCEPTED, &facts, NULL);
  }
  facts.action = HANSE_ACTION_MESSAGE;
  fake_event(f->policy, HANSE_EVENT_REFUSED, &facts, &why);
  facts.flags = HANSE_FACT_IN_DIALOG;
  fake_event(f->policy, HANSE_EVENT_ACCEPTED, &facts, NULL);
  facts = facts_between(false, "alice", "zoe");
  fake_event(f->policy, HANSE_EVENT_ACCEPTED, &facts, NULL); /* it came in */
  assert_false(passes(f, "zoe", "alice", UNVERIFIED));
  facts.flags = HANSE_FACT_IN_DIALOG;
  assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, UNVERIFIED, false).verdict, HANSE_ABSTAIN);
  facts = facts_between(false, "", "zoe");
  assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, UNVERIFIED, false).verdict, HANSE_ABSTAIN);
  for (size_t i = 0; i < sizeof some; i++) {
    char user[8];
    snprintf(user, sizeof user, "u%zu", i);
    facts = facts_between(true, user, "zoe");
    facts.action = some[i];
    fake_event(f->policy, HANSE_EVENT_ACCEPTED, &facts, NULL);
    assert_true(passes(f, "zoe", user, UNVERIFIED));
  }
  policy_fixture_free(f);
}

/* Whom it holds for. */
static void holds(void **state) {
  (void)state;
  int partner; /* only looked at whether it is there */
  static const struct {
    int hold;
    bool stranger, entered, provider, verified;
  } rows[] = {{CONTACTS_UNVERIFIED, true, true, true, false},
              {CONTACTS_STRANGERS, true, false, false, true},
              {CONTACTS_ALL, true, true, true, true},
              {CONTACTS_NOBODY, false, false, false, false}};
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    struct contacts_settings settings = usual;
    settings.hold = rows[i].hold;
    struct policy_fixture *f = policy_fixture_new("contacts", &settings);
    struct hanse_facts facts = facts_between(false, "alice", "zoe");
    assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, UNVERIFIED, false).verdict == HANSE_DENY, rows[i].stranger);
    assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, VERIFIED, false).verdict == HANSE_DENY, rows[i].verified);
    facts.wire_type = HANSE_WIRE_AUTHORIZED_SERVER;
    assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, UNVERIFIED, false).verdict == HANSE_DENY, rows[i].provider);
    facts.partner = (const struct hanse_partner *)(const void *)&partner;
    assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, UNVERIFIED, false).verdict == HANSE_DENY, rows[i].entered);
    policy_fixture_free(f);
  }
}

/* As a vote, for partners that nobody entered; at ADMIT nobody is refused. */
static void votes(void **state) {
  (void)state;
  struct contacts_settings settings = usual;
  settings.hold = CONTACTS_STRANGERS;
  settings.vote = true;
  struct policy_fixture *f = policy_fixture_new("contacts", &settings);
  const struct hanse_facts facts = facts_between(false, "alice", "zoe");
  assert_int_equal(judged(f, HANSE_STAGE_ADMIT, &facts, UNMARKED, false).verdict, HANSE_ABSTAIN);
  assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, UNMARKED, false).verdict, HANSE_DENY);
  writes(f->policy, "alice", "zoe");
  assert_int_equal(judged(f, HANSE_STAGE_ADMIT, &facts, UNMARKED, false).verdict, HANSE_ALLOW);
  assert_int_equal(judged(f, HANSE_STAGE_ROUTED, &facts, UNMARKED, false).verdict, HANSE_ALLOW);
  uint64_t before = fake_counter(f->world, "passed");
  assert_true(judged(f, HANSE_STAGE_ROUTED, &facts, UNMARKED, true).why.text.len > 0); /* explain */
  assert_int_equal(fake_counter(f->world, "passed"), before);
  policy_fixture_free(f);
}

static void age(void **state) {
  (void)state;
  struct policy_fixture *f = policy_fixture_new("contacts", &usual);
  const struct fake_argument asked[] = {{"user", "alice@contoso.test"}, {"outside", "zoe@wingtip.test"}, {NULL, NULL}};
  const struct fake_argument wrong[] = {{"user", "alice"}, {"outside", "zoe@wingtip.test"}, {NULL, NULL}};
  const char *rows;
  assert_int_equal(fake_command(f->policy, "contacts", asked, &rows), HANSE_NO);
  assert_int_equal(fake_command(f->policy, "contacts", wrong, &rows), HANSE_USAGE);
  writes(f->policy, "alice", "zoe");
  fake_advance(f->world, 60 * DAY);
  assert_int_equal(fake_command(f->policy, "contacts", asked, &rows), HANSE_DONE);
  assert_string_equal(rows, "written_s=5184000 left_s=2592000 ");
  assert_true(passes(f, "zoe", "alice", UNVERIFIED)); /* which does not make it last longer */
  fake_advance(f->world, 29 * DAY);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  writes(f->policy, "alice", "zoe");
  fake_advance(f->world, 89 * DAY);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  fake_advance(f->world, 2 * DAY);
  assert_false(passes(f, "zoe", "alice", UNVERIFIED));
  policy_fixture_free(f);
}

static void write_many(struct fake_instance *policy, const char *ours, unsigned count) {
  char theirs[24];
  for (unsigned i = 0; i < count; i++) {
    snprintf(theirs, sizeof theirs, "t%u", i);
    writes(policy, ours, theirs);
  }
}

/* H11: who writes to everybody loses his own pairs, the one used longest ago first, and nobody else's. */
static void who_is_forgotten(void **state) {
  (void)state;
  struct contacts_settings settings = usual;
  settings.pairs = 100;
  settings.pairs_per_user = 80;
  struct policy_fixture *f = policy_fixture_new("contacts", &settings);
  writes(f->policy, "alice", "zoe");
  writes(f->policy, "alice", "yan");
  write_many(f->policy, "loud", 50);
  for (unsigned i = 0; i < 200; i++) { /* one that is used again and again stays */
    char theirs[24];
    snprintf(theirs, sizeof theirs, "others%u", i);
    writes(f->policy, "loud", theirs);
    assert_true(passes(f, "t0", "loud", UNVERIFIED));
    if (i % 20 == 0) writes(f->policy, "loud", "t0");
  }
  assert_true(passes(f, "t0", "loud", UNVERIFIED));
  assert_false(passes(f, "t1", "loud", UNVERIFIED));
  write_many(f->policy, "loud", 5000);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  assert_true(passes(f, "yan", "alice", UNVERIFIED));
  assert_true(passes(f, "t4999", "loud", UNVERIFIED));
  assert_true(passes(f, "t4920", "loud", UNVERIFIED));
  assert_false(passes(f, "t4919", "loud", UNVERIFIED));
  write_many(f->policy, "other", 5000);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  assert_true(passes(f, "t4920", "loud", UNVERIFIED));
  assert_true(passes(f, "t4999", "other", UNVERIFIED));
  writes(f->policy, "third", "zoe"); /* none of his own: that of all */
  assert_false(passes(f, "zoe", "alice", UNVERIFIED));
  assert_true(passes(f, "yan", "alice", UNVERIFIED));
  policy_fixture_free(f);
}

/* ---- what survives ---- */

static void reload(struct policy_fixture *f, const struct contacts_settings *settings) {
  struct fake_instance *next = fake_load(f->world, policy_open("contacts"), settings, f->policy);
  assert_non_null(next);
  fake_unload(f->policy);
  f->policy = next;
}

static void survives_reload(void **state) {
  (void)state;
  struct contacts_settings changed = usual;
  changed.hold = CONTACTS_ALL;
  changed.pairs_per_user = 10000;
  struct policy_fixture *f = policy_fixture_new("contacts", &changed);
  writes(f->policy, "alice", "zoe");
  write_many(f->policy, "loud", 5000);
  reload(f, &usual);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  assert_true(passes(f, "t4999", "loud", UNVERIFIED));
  assert_true(passes(f, "t4000", "loud", UNVERIFIED));
  assert_false(passes(f, "t3999", "loud", UNVERIFIED)); /* as many as there may be now, the newest */
  reload(f, &changed);
  assert_true(passes(f, "t4000", "loud", VERIFIED));
  assert_false(passes(f, "t3999", "loud", VERIFIED));
  fake_advance(f->world, HANSE_SECOND); /* there is no store to write to */
  policy_fixture_free(f);
}

static struct policy_fixture *with_store(const struct contacts_settings *settings) {
  struct policy_fixture *f = (struct policy_fixture *)calloc(1, sizeof *f);
  f->world = fake_world_new();
  fake_store_open(f->world);
  f->policy = fake_load(f->world, policy_open("contacts"), settings, NULL);
  assert_non_null(f->policy);
  fake_store_work(f->world);
  return f;
}

/* As after kill -9. */
static void restart(struct policy_fixture *f, const struct contacts_settings *settings) {
  fake_store_work(f->world);
  ((struct contacts *)fake_self(f->policy))->behind.retired = true; /* it writes nothing any more */
  fake_unload(f->policy);
  fake_advance(f->world, 5 * HANSE_SECOND);
  f->policy = fake_load(f->world, policy_open("contacts"), settings, NULL);
  assert_non_null(f->policy);
}

static void survives_kill(void **state) {
  (void)state;
  struct policy_fixture *f = with_store(&usual);
  writes(f->policy, "alice", "zoe");
  writes(f->policy, "bob", "zoe");
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  writes(f->policy, "late", "zoe"); /* the last second */
  restart(f, &usual);
  assert_true(passes(f, "stranger", "alice", UNVERIFIED)); /* nobody is refused before it was read who is known */
  fake_store_work(f->world);
  assert_false(passes(f, "stranger", "alice", UNVERIFIED));
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  assert_true(passes(f, "zoe", "bob", UNVERIFIED));
  assert_false(passes(f, "zoe", "late", UNVERIFIED));
  fake_advance(f->world, 91 * DAY);
  restart(f, &usual);
  fake_store_work(f->world);
  assert_false(passes(f, "zoe", "alice", UNVERIFIED));
  policy_fixture_free(f);
}

/* A reload while the store is still being read: the successor reads it, and has what was noted meanwhile as well. */
static void reload_meanwhile(void **state) {
  (void)state;
  struct policy_fixture *f = with_store(&usual);
  writes(f->policy, "alice", "zoe");
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &usual);
  writes(f->policy, "carl", "zoe");
  for (int i = 0; i < 2; i++) {
    reload(f, &usual);
    assert_true(passes(f, "stranger", "alice", UNVERIFIED));
  }
  fake_store_work(f->world);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  assert_true(passes(f, "zoe", "carl", UNVERIFIED));
  assert_false(passes(f, "stranger", "alice", UNVERIFIED));
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 2);
  reload(f, &usual); /* now all is handed over, and the store is not asked */
  assert_false(passes(f, "stranger", "alice", UNVERIFIED));
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  assert_int_equal(fake_store_work(f->world), 0);
  policy_fixture_free(f);
}

/* A store that a reload adds is read, and gets what was noted without it. */
static void store_comes(void **state) {
  (void)state;
  struct policy_fixture *f = policy_fixture_new("contacts", &usual);
  writes(f->policy, "alice", "zoe");
  fake_store_open(f->world);
  reload(f, &usual);
  assert_true(passes(f, "stranger", "alice", UNVERIFIED));
  assert_int_equal(fake_store_work(f->world), 1);
  assert_false(passes(f, "stranger", "alice", UNVERIFIED));
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 1);
  policy_fixture_free(f);
}

/* What the store tells who is handing over comes too late: his successor asks, too. */
static void told_too_late(void **state) {
  (void)state;
  struct policy_fixture *f = with_store(&usual);
  writes(f->policy, "alice", "zoe");
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &usual);
  struct contacts *contacts = (struct contacts *)fake_self(f->policy);
  write_many(f->policy, "carl", 1000);
  write_many(f->policy, "dora", 1000);
  assert_int_equal(policy_open("contacts")->save_rest(contacts), HANSE_AGAIN);
  fake_store_work(f->world);
  assert_int_equal(contacts->table.count, 2000);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* The successor notes something before it has all. */
static struct fake_world *chatty_world;
static int chatty_save_rest(void *self) {
  writes(fake_newest(chatty_world), "alice", "xena");
  return policy_open("contacts")->save_rest(self);
}

/* At the bound what was noted since a restart or a reload is not what goes, nor the last that was noted before. */
static void noted_stays(void **state) {
  (void)state;
  struct contacts_settings settings = usual;
  settings.pairs_per_user = 100;
  struct policy_fixture *f = with_store(&settings);
  write_many(f->policy, "alice", 100);
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  writes(f->policy, "alice", "zoe");
  writes(f->policy, "alice", "yan");
  fake_store_work(f->world);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  assert_true(passes(f, "yan", "alice", UNVERIFIED));
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 100);
  writes(f->policy, "alice", "last");
  fake_advance(f->world, HANSE_SECOND);
  struct hanse_plugin chatty = *policy_open("contacts");
  chatty.save_rest = chatty_save_rest;
  f->policy->plugin = &chatty;
  chatty_world = f->world;
  reload(f, &settings);
  assert_true(passes(f, "xena", "alice", UNVERIFIED));
  assert_true(passes(f, "last", "alice", UNVERIFIED));
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* A row that says it was written long before 1970 is none. */
static void damaged(void **state) {
  (void)state;
  struct policy_fixture *f = with_store(&usual);
  const char value[] = "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x80";
  writes(f->policy, "alice", "zoe");
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  const struct contacts *contacts = (const struct contacts *)fake_self(f->policy);
  hanse_store_put(fake_host(f->policy), hanse_slice((const char *)contacts->table.all->id, CONTACTS_ID),
                  hanse_slice(value, sizeof value - 1), 0, NULL, NULL);
  restart(f, &usual);
  fake_store_work(f->world);
  assert_false(passes(f, "zoe", "alice", UNVERIFIED));
  policy_fixture_free(f);
}

/* What is noted before the store has answered is newer than what it tells. */
static void noted_meanwhile(void **state) {
  (void)state;
  struct contacts_settings settings = usual;
  settings.pairs = 2;
  struct policy_fixture *f = with_store(&settings);
  writes(f->policy, "alice", "zoe");
  writes(f->policy, "bob", "zoe");
  fake_advance(f->world, HANSE_SECOND);
  restart(f, &settings);
  writes(f->policy, "carl", "zoe");
  fake_store_work(f->world);
  writes(f->policy, "dora", "zoe");
  assert_true(passes(f, "zoe", "carl", UNVERIFIED));
  assert_true(passes(f, "zoe", "dora", UNVERIFIED));
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 2);
  policy_fixture_free(f);
}

/* A store that never answers holds nobody back for ever, nor open. */
static void store_is_silent(void **state) {
  (void)state;
  struct policy_fixture *f = with_store(&usual);
  restart(f, &usual);
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  fake_advance(f->world, 11 * HANSE_SECOND);
  assert_false(passes(f, "zoe", "alice", UNVERIFIED));
  writes(f->policy, "alice", "zoe");
  assert_true(passes(f, "zoe", "alice", UNVERIFIED));
  fake_store_work(f->world);
  fake_advance(f->world, HANSE_SECOND);
  policy_fixture_free(f);
}

/* Each pair is written once, a second later, and again when a day has passed. */
static void writes_behind(void **state) {
  (void)state;
  struct policy_fixture *f = with_store(&usual);
  write_many(f->policy, "alice", 1000);
  write_many(f->policy, "alice", 1000);
  assert_int_equal(fake_store_work(f->world), 0);
  fake_advance(f->world, HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 500); /* a piece, so that the loop goes on */
  fake_advance(f->world, HANSE_SECOND / 4);
  assert_int_equal(fake_store_work(f->world), 500);
  write_many(f->policy, "alice", 1000);
  fake_advance(f->world, 3 * HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 0);
  fake_advance(f->world, 2 * DAY);
  writes(f->policy, "alice", "t7");
  fake_advance(f->world, HANSE_SECOND);
  assert_int_equal(fake_store_work(f->world), 1);
  assert_int_equal(fake_store_rows(f->world), 1000);
  policy_fixture_free(f);
}

static void store_fails(void **state) {
  (void)state;
  struct policy_fixture *f = with_store(&usual);
  fake_store_fail(f->world, true);
  write_many(f->policy, "alice", 100);
  fake_advance(f->world, HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 0);
  assert_true(passes(f, "t99", "alice", UNVERIFIED));
  fake_store_fail(f->world, false);
  fake_advance(f->world, 62 * HANSE_SECOND);
  fake_store_work(f->world);
  assert_int_equal(fake_store_rows(f->world), 100);
  policy_fixture_free(f);
}

static void no_memory(void **state) {
  (void)state;
  policy_fixture_no_memory("contacts", &usual);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(write_back),
      cmocka_unit_test(signs),
      cmocka_unit_test(holds),
      cmocka_unit_test(votes),
      cmocka_unit_test(age),
      cmocka_unit_test(who_is_forgotten),
      cmocka_unit_test(survives_reload),
      cmocka_unit_test(survives_kill),
      cmocka_unit_test(store_is_silent),
      cmocka_unit_test(noted_meanwhile),
      cmocka_unit_test(reload_meanwhile),
      cmocka_unit_test(told_too_late),
      cmocka_unit_test(store_comes),
      cmocka_unit_test(noted_stays),
      cmocka_unit_test(damaged),
      cmocka_unit_test(writes_behind),
      cmocka_unit_test(store_fails),
      cmocka_unit_test(no_memory),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
