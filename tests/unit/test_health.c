/* A policy whose calls keep failing: what counts as a failure, when it is not asked any more, what stands in for it,
   how it comes back, and what is told of it (K6). */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#define RETRY (5 * HANSE_SECOND) /* policy.retry, as it is unless somebody says otherwise */

struct bench {
  struct core *core;
  struct core_module *policy;
  struct hanse_link *known, *stranger;
  unsigned sent;
};

/* Strangers pass with a policy's vote only. */
static int setup(void **state) {
  struct bench *b = calloc(1, sizeof *b);
  struct core *core = b->core = core_new();
  core->types[1].catch_all = true;
  core->catch_all[0] = 1;
  core->catch_all[1] = -1;
  core->admit[0] = 0;
  core->admit[1] = -1;
  b->policy = &core->policies[0];
  core_commit(core);
  b->known = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  b->stranger = core_link(core, HANSE_SIDE_PARTNER, "sip.stranger.example");
  *state = b;
  return 0;
}

static int teardown(void **state) {
  struct bench *b = *state;
  core_free(b->core);
  free(b);
  return 0;
}

static uint64_t failing(const struct bench *b) { return *b->core->router->policies_failing; }
static uint64_t failures(const struct bench *b) { return *b->core->router->policy_failures; }
static uint64_t unasked(const struct bench *b) { return *b->core->router->policy_unasked; }

/* One message of a known partner; how it ended. */
static const struct core_seen *one(struct bench *b) {
  char name[16];
  snprintf(name, sizeof name, "m%u", b->sent++);
  core_in(b->core, b->known, name);
  core_resolve(b->policy);
  core_turn(b->core);
  return core_of(b->core, name);
}

/* The same of a stranger, who needs a vote. */
static const struct core_seen *strange(struct bench *b) {
  char name[16];
  snprintf(name, sizeof name, "m%u", b->sent++);
  core_send(b->core, b->stranger, name, "stranger.example", "contoso.example", name);
  core_turn(b->core);
  return core_of(b->core, name);
}

static void says(struct bench *b, int say, enum hanse_failure failure) {
  b->policy->say = say;
  b->policy->failure = failure;
}

static void break_it(struct bench *b) {
  says(b, 77, HANSE_F_NONE);
  for (int i = 0; i < 5; i++) one(b);
  assert_int_equal(failing(b), 1);
  b->policy->asked = 0;
}

/* ---- what is a failure ---- */

static void not_asked_after_five(void **state) {
  struct bench *b = *state;
  says(b, 77, HANSE_F_NONE);
  for (unsigned i = 1; i <= 5; i++) {
    assert_int_equal(failing(b), 0);
    assert_int_equal(one(b)->failure, HANSE_F_ERROR);
    assert_int_equal(b->policy->asked, i);
  }
  assert_int_equal(failing(b), 1);
  assert_int_equal(failures(b), 5);
  const struct core_seen *seen = one(b);
  assert_int_equal(b->policy->asked, 5);
  assert_int_equal(unasked(b), 1);
  assert_int_equal(seen->failure, HANSE_F_UNJUDGED);
  assert_int_equal(seen->retry_after, RETRY);
  assert_string_equal(seen->plugin, b->policy->name);
  assert_non_null(strstr(seen->text, "is not asked, since its calls fail (error)"));
}

/* Each kind of failure, and what looks like one. */
static void kinds(void **state) {
  static const struct {
    int say, later;
    enum hanse_failure failure;
    bool never_defers, eats, fails;
  } rows[] = {
      {77, 0, HANSE_F_NONE, false, false, true},
      {-1, 0, HANSE_F_NONE, false, false, true},
      {HANSE_DEFER, 0, HANSE_F_NONE, true, false, true},
      {HANSE_DENY, 0, HANSE_F_ERROR, false, false, true},
      {HANSE_DENY, 0, HANSE_F_MEMORY, false, false, true},
      {HANSE_DENY, 0, HANSE_F_DEFERRED, false, false, true},
      {HANSE_DEFER, HANSE_DENY, HANSE_F_ERROR, false, false, true},
      {HANSE_DEFER, 77, HANSE_F_NONE, false, false, true},
      {HANSE_DENY, 0, HANSE_F_NONE, false, false, false},
      {HANSE_DENY, 0, HANSE_F_BLOCKED, false, false, false},
      {HANSE_DENY, 0, HANSE_F_MEMORY, false, true, false}, /* the message used it up: a sender's doing */
      {HANSE_DENY, 0, HANSE_F_ERROR, false, true, true},
      {HANSE_DEFER, HANSE_DENY, HANSE_F_RATE, false, false, false},
      {HANSE_DEFER, HANSE_ALLOW, HANSE_F_NONE, false, false, false},
      {HANSE_ABSTAIN, 0, HANSE_F_NONE, false, false, false},
      {HANSE_ALLOW, 0, HANSE_F_NONE, false, false, false},
  };
  (void)state;
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    void *own;
    setup(&own);
    struct bench *b = own;
    says(b, rows[i].say, rows[i].failure);
    b->policy->later = rows[i].later;
    b->policy->never_defers = rows[i].never_defers;
    b->policy->eats = rows[i].eats;
    core_commit(b->core);
    for (int n = 0; n < 7; n++) one(b);
    if (failing(b) != rows[i].fails) fail_msg("row %zu: %d", i, (int)failing(b));
    assert_int_equal(failures(b), rows[i].fails ? 5 : 0);
    assert_int_equal(b->policy->asked, rows[i].fails ? 5 : 7);
    teardown(&own);
  }
}

static void time_over_is_one(void **state) {
  struct bench *b = *state;
  says(b, HANSE_DEFER, HANSE_F_NONE);
  for (int i = 0; i < 5; i++) core_in(b->core, b->known, (const char *[]){"a", "b", "c", "d", "e"}[i]);
  core_later(b->core, 11 * HANSE_SECOND); /* policy.deferred_timeout */
  core_ended(b->core, "a", CORE_REFUSED, HANSE_F_DEFERRED);
  core_ended(b->core, "e", CORE_REFUSED, HANSE_F_DEFERRED);
  assert_int_equal(failures(b), 5);
  assert_int_equal(failing(b), 1);
}

/* In a row: one that works begins the count anew; and within the while. */
static void in_a_row_within_a_minute(void **state) {
  struct bench *b = *state;
  for (int round = 0; round < 3; round++) {
    says(b, 77, HANSE_F_NONE);
    for (int i = 0; i < 4; i++) one(b);
    says(b, HANSE_DENY, HANSE_F_BLOCKED);
    one(b);
  }
  says(b, 77, HANSE_F_NONE);
  for (int i = 0; i < 8; i++) {
    one(b);
    core_later(b->core, 16 * HANSE_SECOND);
  }
  assert_int_equal(failing(b), 0);
  assert_int_equal(failures(b), 20);
  for (int i = 0; i < 5; i++) one(b);
  assert_int_equal(failing(b), 1);
}

static void never_when_it_says_so(void **state) {
  struct bench *b = *state;
  b->core->settings = "policy = { failing = \"0/m\"; };";
  core_commit(b->core);
  says(b, 77, HANSE_F_NONE);
  for (int i = 0; i < 30; i++) assert_int_equal(one(b)->failure, HANSE_F_ERROR);
  assert_int_equal(failing(b), 0);
  assert_int_equal(b->policy->asked, 30);
}

/* ---- what stands in ---- */

static void stands_in(void **state) {
  static const struct {
    enum hanse_verdict instead;
    enum hanse_failure known, strange; /* while it is asked */
    enum hanse_failure known_then, strange_then;
  } rows[] = {
      {HANSE_DENY, HANSE_F_ERROR, HANSE_F_ERROR, HANSE_F_UNJUDGED, HANSE_F_UNJUDGED},
      {HANSE_ABSTAIN, HANSE_F_NONE, HANSE_F_DEFAULT, HANSE_F_NONE, HANSE_F_DEFAULT},
      {HANSE_ALLOW, HANSE_F_NONE, HANSE_F_NONE, HANSE_F_NONE, HANSE_F_NONE},
  };
  (void)state;
  for (size_t i = 0; i < 3; i++) {
    void *own;
    setup(&own);
    struct bench *b = own;
    b->core->routed[0] = 0; /* a vote counts in its own stage only */
    b->core->routed[1] = -1;
    core_commit(b->core);
    b->policy->instance->health.instead = rows[i].instead;
    says(b, 77, HANSE_F_NONE);
    assert_int_equal(one(b)->failure, rows[i].known);
    assert_int_equal(strange(b)->failure, rows[i].strange);
    break_it(b);
    assert_int_equal(one(b)->failure, rows[i].known_then);
    assert_int_equal(strange(b)->failure, rows[i].strange_then);
    assert_int_equal(b->policy->asked, 0);
    teardown(&own);
  }
}

/* The others are asked all the same: their denial counts, whatever stands in. */
static void the_others_are_asked(void **state) {
  struct bench *b = *state;
  b->core->admit[1] = 1;
  b->core->admit[2] = -1;
  core_commit(b->core);
  b->policy->instance->health.instead = HANSE_ALLOW;
  break_it(b);
  assert_int_equal(one(b)->end, CORE_DELIVERED);
  b->core->policies[1].say = HANSE_DENY;
  assert_int_equal(one(b)->failure, HANSE_F_POLICY);
}

/* ---- how it comes back ---- */

static void recovers(void **state) {
  struct bench *b = *state;
  break_it(b);
  core_later(b->core, RETRY - 10 * HANSE_MSEC);
  one(b);
  assert_int_equal(b->policy->asked, 0);
  core_later(b->core, 20 * HANSE_MSEC);
  one(b); /* still broken: asked once */
  one(b);
  assert_int_equal(b->policy->asked, 1);
  assert_int_equal(failing(b), 1);
  says(b, HANSE_ABSTAIN, HANSE_F_NONE);
  core_later(b->core, RETRY + HANSE_MSEC);
  assert_int_equal(one(b)->end, CORE_DELIVERED);
  assert_int_equal(failing(b), 0);
  for (int i = 0; i < 3; i++) assert_int_equal(one(b)->end, CORE_DELIVERED);
  assert_int_equal(b->policy->asked, 5);
  says(b, 77, HANSE_F_NONE); /* and has all of its failures before it again */
  for (int i = 0; i < 4; i++) one(b);
  assert_int_equal(failing(b), 0);
  one(b);
  assert_int_equal(failing(b), 1);
}

/* The one message that it is asked about waits for a deferred verdict; the others go their way meanwhile. */
static void recovers_later(void **state) {
  struct bench *b = *state;
  break_it(b);
  says(b, HANSE_DEFER, HANSE_F_NONE);
  b->policy->later = HANSE_ALLOW;
  core_later(b->core, RETRY + HANSE_MSEC);
  core_in(b->core, b->known, "probe");
  core_in(b->core, b->known, "other");
  core_ended(b->core, "other", CORE_REFUSED, HANSE_F_UNJUDGED);
  core_ended(b->core, "probe", 0, HANSE_F_NONE);
  assert_int_equal(failing(b), 1);
  assert_int_equal(core_resolve(b->policy), HANSE_OK);
  assert_int_equal(failing(b), 0);
  core_turn(b->core);
  core_ended(b->core, "probe", CORE_DELIVERED, HANSE_F_NONE);
}

/* That message is withdrawn before the verdict came: the next one is asked about when its time has come. */
static void asks_again(void **state) {
  struct bench *b = *state;
  break_it(b);
  says(b, HANSE_DEFER, HANSE_F_NONE);
  core_later(b->core, RETRY + HANSE_MSEC);
  struct message *probe = core_in(b->core, b->known, "probe");
  assert_int_equal(b->policy->asked, 1);
  assert_int_equal(hanse_withdraw(b->core->protocol.host, &probe->public), HANSE_OK);
  message_free(probe);
  says(b, HANSE_ABSTAIN, HANSE_F_NONE);
  assert_int_equal(one(b)->failure, HANSE_F_UNJUDGED);
  core_later(b->core, RETRY + HANSE_MSEC);
  assert_int_equal(one(b)->end, CORE_DELIVERED);
  assert_int_equal(failing(b), 0);
}

/* ---- what else ---- */

/* explain counts nothing, asks nobody who is not asked, and says what would become of a message. */
static void dry(void **state) {
  struct bench *b = *state;
  says(b, 77, HANSE_F_NONE);
  for (int i = 0; i < 9; i++) {
    struct message *message = core_message(b->core, b->known, "dry", "fabrikam.example", "contoso.example", "dry");
    message->dry = true;
    assert_false(way_try(message));
    assert_int_equal(message->way.why.failure, HANSE_F_ERROR);
    message_free(message);
  }
  assert_int_equal(failures(b), 0);
  break_it(b);
  core_later(b->core, RETRY + HANSE_MSEC);
  struct message *message = core_message(b->core, b->known, "dry", "fabrikam.example", "contoso.example", "dry");
  message->dry = true;
  assert_false(way_try(message));
  assert_int_equal(message->way.why.failure, HANSE_F_UNJUDGED);
  message_free(message);
  assert_int_equal(b->policy->asked, 0);
  assert_int_equal(unasked(b), 0);
}

static void told(void **state) {
  struct bench *b = *state;
  char text[200];
  assert_string_equal(health_text(b->policy->instance, text, sizeof text), "good");
  break_it(b);
  one(b);
  core_later(b->core, 3 * HANSE_SECOND);
  one(b);
  assert_string_equal(health_text(b->policy->instance, text, sizeof text),
                      "failing for 3 s, last with error; deny stands in, for 2 messages so far");
  health_gone(b->policy->instance);
  assert_int_equal(failing(b), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(not_asked_after_five, setup, teardown),
      cmocka_unit_test(kinds),
      cmocka_unit_test_setup_teardown(time_over_is_one, setup, teardown),
      cmocka_unit_test_setup_teardown(in_a_row_within_a_minute, setup, teardown),
      cmocka_unit_test_setup_teardown(never_when_it_says_so, setup, teardown),
      cmocka_unit_test(stands_in),
      cmocka_unit_test_setup_teardown(the_others_are_asked, setup, teardown),
      cmocka_unit_test_setup_teardown(recovers, setup, teardown),
      cmocka_unit_test_setup_teardown(recovers_later, setup, teardown),
      cmocka_unit_test_setup_teardown(asks_again, setup, teardown),
      cmocka_unit_test_setup_teardown(dry, setup, teardown),
      cmocka_unit_test_setup_teardown(told, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
