/* A message whose target speaks another protocol: lifted, lowered, delivered, concluded; and whatever ends too early
   (N1, N2, N3). */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/instance.h"

struct bench {
  struct core *core;
  struct hanse_link *home;
};

/* dwarf.example speaks the other protocol. */
static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  struct core *core = bench->core = core_new();
  core_foreign_entry(core, "dwarf.example");
  core_commit(core);
  bench->home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  *state = bench;
  return 0;
}
static int teardown(void **state) {
  struct bench *bench = *state;
  core_free(bench->core);
  free(bench);
  return 0;
}

static struct message *say(struct bench *b, const char *name) {
  return core_send(b->core, b->home, name, "contoso.example", "dwarf.example", name);
}

/* The same, and what was delivered in its place: kept, so that the test ends it. */
static struct hanse_message *say_and_keep(struct bench *b, const char *name) {
  struct core *core = b->core;
  char lowered[16];
  core->keep = true;
  core->kept_count = 0;
  say(b, name);
  core_turn(core);
  core->keep = false;
  snprintf(lowered, sizeof lowered, "%s'", name);
  core_ended(core, lowered, CORE_DELIVERED, HANSE_F_NONE);
  assert_null(core_of(core, name)); /* nobody knows yet what becomes of it */
  assert_int_equal(core->kept_count, 1);
  core->kept_count = 0;
  return &core->kept[0]->public;
}

static void test_concluded(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  struct hanse_message *lowered = say_and_keep(b, "one");
  const struct message *message = message_of(lowered);
  assert_ptr_equal(message->owner, core->foreign.instance);
  assert_int_equal(message->way.route.count, 1);
  assert_int_equal(b->home->upper.messages_in, 1); /* one has come */
  assert_int_equal(b->home->upper.in_flight, 1);
  assert_true(message->facts.decision != 0);
  assert_non_null(message->facts.partner);
  assert_int_equal(message->facts.wire_type, 1);
  assert_int_equal(hanse_concluded(core->foreign.host, lowered, 202, NULL), HANSE_OK);
  core_ended(core, "one", CORE_CONCLUDED, HANSE_F_NONE);
  assert_int_equal(core_of(core, "one")->status, 202);
  assert_int_equal(hanse_concluded(core->foreign.host, lowered, 202, NULL), HANSE_GONE); /* once */
  hanse_message_free(core->foreign.host, lowered);
}

static void test_not_reached(void **state) {
  struct bench *b = *state;
  const struct hanse_refusal why = {.size = sizeof why, .failure = HANSE_F_CONNECT};
  struct hanse_message *lowered = say_and_keep(b, "one");
  assert_int_equal(hanse_concluded(b->core->foreign.host, lowered, 0, &why), HANSE_OK);
  core_ended(b->core, "one", CORE_REFUSED, HANSE_F_CONNECT);
  hanse_message_free(b->core->foreign.host, lowered);
}

/* Who sent it hears of it, whatever a module forgets. */
static void test_freed_without_a_word(void **state) {
  struct bench *b = *state;
  hanse_message_free(b->core->foreign.host, say_and_keep(b, "one"));
  core_turn(b->core);
  core_ended(b->core, "one", CORE_REFUSED, HANSE_F_ERROR);
}

static void test_taken_back(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  struct hanse_message *lowered = say_and_keep(b, "one");
  struct hanse_message *message = &message_of(lowered)->other->public;
  assert_int_equal(hanse_withdraw(core->protocol.host, message), HANSE_OK);
  assert_int_equal(hanse_withdraw(core->foreign.host, lowered), HANSE_GONE); /* it waits in no stage */
  hanse_message_free(core->protocol.host, message);
  assert_int_equal(hanse_concluded(core->foreign.host, lowered, 200, NULL), HANSE_GONE);
  hanse_message_free(core->foreign.host, lowered);
  core_turn(core);
  assert_null(core_of(core, "one"));
}

/* What the one borrowed of the other is its own. */
static void test_decoration(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  core->types[0].terms.decoration = HANSE_LIT("network.example");
  core_commit(core);
  struct hanse_message *lowered = say_and_keep(b, "one");
  struct hanse_message *message = &message_of(lowered)->other->public;
  assert_true(message->facts->terms.decoration.at != lowered->facts->terms.decoration.at);
  assert_int_equal(hanse_withdraw(core->protocol.host, message), HANSE_OK);
  hanse_message_free(core->protocol.host, message);
  assert_true(hanse_same(lowered->facts->terms.decoration, HANSE_LIT("network.example")));
  hanse_message_free(core->foreign.host, lowered);
}

/* Taken back, or freed, between the end of the one and the turn in which the other is told. */
static void test_taken_back_when_lost(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  for (int freed = 0; freed < 2; freed++) {
    struct hanse_message *lowered = say_and_keep(b, "one");
    struct hanse_message *message = &message_of(lowered)->other->public;
    hanse_message_free(core->foreign.host, lowered);
    if (!freed) assert_int_equal(hanse_withdraw(core->protocol.host, message), HANSE_OK);
    hanse_message_free(core->protocol.host, message);
    core_turn(core);
    assert_null(core_of(core, "one"));
  }
}

static void test_link_closes_meanwhile(void **state) {
  struct bench *b = *state;
  struct hanse_message *lowered = say_and_keep(b, "one");
  core_link_closed(b->core, b->home);
  assert_int_equal(hanse_concluded(b->core->foreign.host, lowered, 200, NULL), HANSE_OK);
  core_ended(b->core, "one", CORE_CONCLUDED, HANSE_F_NONE);
  hanse_message_free(b->core->foreign.host, lowered);
}

/* A new generation has no say in what is on its way already. */
static void test_reload_meanwhile(void **state) {
  struct bench *b = *state;
  struct hanse_message *lowered = say_and_keep(b, "one");
  core_commit(b->core);
  hanse_message_free(b->core->foreign.host, lowered);
  core_commit(b->core);
  core_turn(b->core);
  core_ended(b->core, "one", CORE_REFUSED, HANSE_F_ERROR);
}

static void test_no_neutral_form(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  core->protocol.lifts = HANSE_F_FOREIGN;
  say(b, "one");
  core_ended(core, "one", CORE_REFUSED, HANSE_F_FOREIGN);
  assert_string_equal(core_of(core, "one")->plugin, "sip0");
  core->protocol.lifts = HANSE_F_NONE;
  core->foreign.lowers = HANSE_F_FOREIGN_CONTENT;
  say(b, "two");
  core_ended(core, "two", CORE_REFUSED, HANSE_F_FOREIGN_CONTENT);
  assert_string_equal(core_of(core, "two")->plugin, "foreign0");
}

/* A protocol of before there was such a thing, or without a counterpart for it. */
static void test_no_slots(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  struct hanse_protocol mute = *core->protocol.instance->protocol;
  const struct hanse_protocol *whole = core->protocol.instance->protocol;
  mute.conclude = NULL;
  core->protocol.instance->protocol = &mute;
  say(b, "one");
  core_ended(core, "one", CORE_REFUSED, HANSE_F_FOREIGN);
  core->protocol.instance->protocol = whole;
  mute = *whole;
  mute.lower = NULL;
  core->router->now->protocols[1].slots = &mute;
  say(b, "two");
  core_ended(core, "two", CORE_REFUSED, HANSE_F_FOREIGN);
  core->router->now->protocols[1].slots = whole;
}

/* Marks come along; the text that was put in place is lifted already. */
static void test_marks(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  core->policies[0].mark = HANSE_MARK_NOTICE | HANSE_MARK_TEXT;
  core->routed[0] = 0;
  core->routed[1] = -1;
  core_commit(core);
  say(b, "one");
  assert_int_equal(core_of(core, "one'")->marks, HANSE_MARK_NOTICE);
  core_turn(core);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(test_concluded),
      TEST(test_not_reached),
      TEST(test_freed_without_a_word),
      TEST(test_taken_back),
      TEST(test_taken_back_when_lost),
      TEST(test_link_closes_meanwhile),
      TEST(test_reload_meanwhile),
      TEST(test_no_neutral_form),
      TEST(test_no_slots),
      TEST(test_marks),
      TEST(test_decoration),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
