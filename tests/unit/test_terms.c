/* What a federation type says of those whom it finds, and what the core makes of it: decorated senders (R103), kinds of
   talk that are carried (R104), members of a clearing house (R16); and names that one module alone may use (R13). */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/exclusive.h"

struct bench {
  struct core *core;
  struct hanse_link *home, *partner;
};

/* network.example and vanity.example belong to the first type, litware.example to the second. */
static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  struct core *core = bench->core = core_new();
  core_entry(core, "network.example", 0, NULL);
  core_entry(core, "vanity.example", 0, NULL);
  core_entry(core, "litware.example", 1, NULL);
  core->types[1].host_name = "sip.litware.example";
  core_commit(core);
  bench->home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  bench->partner = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  *state = bench;
  return 0;
}
static int teardown(void **state) {
  struct bench *bench = *state;
  core_free(bench->core);
  free(bench);
  return 0;
}

/* The one message that was kept has told what it had to. */
static void forget(struct core *core) {
  hanse_message_free(core->protocol.host, &core->kept[0]->public);
  core->keep = false;
  core->kept_count = 0;
}

/* ---- decorated senders ---- */

/* The sender as policies see it: "user@domain" in `out`. What became of it. */
static enum hanse_failure seen_as(struct bench *b, const char *user, const char *domain, char out[200]) {
  struct core *core = b->core;
  struct message *message = core_message(core, b->partner, "m", domain, "contoso.example", "m");
  message->facts.from.user = hanse_text(user);
  core->keep = true;
  core->kept_count = 0;
  hanse_submit_take(core->protocol.host, &message->public);
  core_turn(core);
  assert_int_equal(core->kept_count, 1);
  const struct hanse_address_fact *from = &core->kept[0]->facts.from;
  snprintf(out, 200, "%.*s@%.*s", HANSE_FMT(from->user), HANSE_FMT(from->domain));
  forget(core);
  return core_last(core)->failure;
}

static void decorated(void **state) {
  struct bench *b = *state;
  static const struct {
    const char *user, *domain, *seen;
  } rows[] = {
      {"joe", "network.example", "joe@network.example"},
      {"joe(vanity.example)", "network.example", "joe@vanity.example"},
      {"joe(VANITY.example.)", "network.example", "joe@vanity.example"},
      {"joe(x)(vanity.example)", "network.example", "joe(x)@vanity.example"},
      {"joe(sub.vanity.example)", "network.example", "joe@sub.vanity.example"},
      {"joe(vanity.example)", "vanity.example", "joe(vanity.example)@vanity.example"},
      /* what is sent there does not go to the network, so nobody there is called so */
      {"ceo(contoso.example)", "network.example", "ceo(contoso.example)@network.example"},
      {"ceo(sales.contoso.example)", "network.example", "ceo(sales.contoso.example)@network.example"},
      {"carl(litware.example)", "network.example", "carl(litware.example)@network.example"},
      {"eve(nobody.example)", "network.example", "eve(nobody.example)@network.example"},
      {"eve(192.0.2.1)", "network.example", "eve(192.0.2.1)@network.example"},
      {"eve(a)b)", "network.example", "eve(a)b)@network.example"},
      {"eve()", "network.example", "eve()@network.example"},
      {"(vanity.example)", "network.example", "(vanity.example)@network.example"},
  };
  b->core->types[0].terms.decoration = HANSE_LIT("network.example");
  core_commit(b->core);
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    char seen[200];
    assert_int_equal(seen_as(b, rows[i].user, rows[i].domain, seen), HANSE_F_NONE);
    assert_string_equal(seen, rows[i].seen);
  }
  assert_int_equal(b->core->types[1].asked, 0); /* carl's own type is not asked of somebody else's */
  unsigned asked = b->core->types[0].asked;     /* and what was found is remembered */
  char seen[200];
  assert_int_equal(seen_as(b, "ann(vanity.example)", "network.example", seen), HANSE_F_NONE);
  assert_string_equal(seen, "ann@vanity.example");
  assert_int_equal(b->core->types[0].asked, asked);
}

/* The peer proves nothing for the inner domain: the address stays as it is, and is judged so. */
static void decorated_unproved(void **state) {
  struct bench *b = *state;
  char seen[200];
  b->core->types[0].terms.decoration = HANSE_LIT("network.example");
  core_commit(b->core);
  assert_int_equal(seen_as(b, "joe", "network.example", seen), HANSE_F_NONE); /* is remembered */
  b->core->types[0].say = HANSE_FOUND_NO;
  assert_int_equal(seen_as(b, "joe(vanity.example)", "network.example", seen), HANSE_F_NONE);
  assert_string_equal(seen, "joe(vanity.example)@network.example");
}

/* Domains without an entry: types before the network's own may know better, and may take their time. */
static void decorated_stranger(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  static const int order[] = {2, 0, 1, -1};
  char seen[200];
  for (int i = 0; i < 3; i++) core->types[i].catch_all = true;
  memcpy(core->catch_all, order, sizeof order);
  core->types[0].terms.decoration = HANSE_LIT("network.example");
  core->types[2].say = HANSE_FOUND_NOT_MINE;
  core->default_allow = true;
  core_commit(core);
  assert_int_equal(seen_as(b, "joe(free.example)", "network.example", seen), HANSE_F_NONE);
  assert_string_equal(seen, "joe@free.example");
  /* whoever has an entry is never offered to them: not our own people, nor another type's */
  assert_int_equal(seen_as(b, "ceo(contoso.example)", "network.example", seen), HANSE_F_NONE);
  assert_string_equal(seen, "ceo(contoso.example)@network.example");
  assert_int_equal(seen_as(b, "carl(litware.example)", "network.example", seen), HANSE_F_NONE);
  assert_string_equal(seen, "carl(litware.example)@network.example");
  core->types[2].say = HANSE_FOUND_YES;
  core_commit(core);
  assert_int_equal(seen_as(b, "joe(free.example)", "network.example", seen), HANSE_F_NONE);
  assert_string_equal(seen, "joe(free.example)@network.example");
  core->types[2].say = HANSE_FOUND_LATER;
  for (int later = HANSE_FOUND_YES; later <= HANSE_FOUND_NOT_MINE; later++) {
    if (later == HANSE_FOUND_LATER) continue;
    core->types[2].later = later;
    core_commit(core);
    struct message *message = core_message(core, b->partner, "late", "network.example", "contoso.example", "late");
    message->facts.from.user = HANSE_LIT("joe(free.example)");
    core->keep = true;
    core->kept_count = 0;
    hanse_submit_take(core->protocol.host, &message->public);
    assert_int_equal(core->kept_count, 0);
    assert_int_equal(core_resolve(&core->types[2]), HANSE_OK);
    core_turn(core);
    assert_int_equal(core->kept_count, 1);
    assert_int_equal(core_last(core)->failure, HANSE_F_NONE);
    assert_int_equal(message->facts.from.domain.len, later == HANSE_FOUND_NOT_MINE ? 12 : 15);
    forget(core);
  }
}

/* A reload while it waits for a verdict: it is identified anew, from the address as it came. */
static void decorated_again(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  core->types[0].terms.decoration = HANSE_LIT("network.example");
  core->policies[0].say = HANSE_DEFER;
  core->admit[0] = 0;
  core->admit[1] = -1;
  core_commit(core);
  struct message *message = core_message(core, b->partner, "m", "network.example", "contoso.example", "m");
  message->facts.from.user = HANSE_LIT("joe(vanity.example)");
  core->keep = true;
  hanse_submit_take(core->protocol.host, &message->public);
  assert_true(hanse_same(message->facts.from.domain, HANSE_LIT("vanity.example")));
  core->types[0].terms.decoration = hanse_slice(NULL, 0);
  core->policies[0].say = HANSE_ALLOW;
  core->policies[0].later = HANSE_ALLOW;
  core_commit(core);
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  assert_true(hanse_same(message->facts.from.domain, HANSE_LIT("network.example")));
  assert_true(hanse_same(message->facts.from.user, HANSE_LIT("joe(vanity.example)")));
}

/* ---- what is carried ---- */

static void carried(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  const uint32_t im = HANSE_MODALITY_BIT(HANSE_MODALITY_IM), file = HANSE_MODALITY_BIT(HANSE_MODALITY_FILE);
  const struct {
    uint32_t modalities;
    uint8_t action;
    enum hanse_failure failure;
  } rows[] = {
      {im, HANSE_ACTION_MESSAGE, HANSE_F_NONE},
      {0, HANSE_ACTION_SESSION, HANSE_F_NONE},
      {file, HANSE_ACTION_MESSAGE, HANSE_F_MODALITY},
      {im | file, HANSE_ACTION_SESSION, HANSE_F_MEDIA},
      {HANSE_MODALITY_BIT(HANSE_MODALITY_CONFERENCE), HANSE_ACTION_SUBSCRIBE, HANSE_F_MODALITY},
      {HANSE_MODALITY_BIT(HANSE_MODALITY_OTHER), HANSE_ACTION_REFER, HANSE_F_MODALITY},
      {HANSE_MODALITY_BIT(HANSE_MODALITY_OTHER), HANSE_ACTION_END, HANSE_F_NONE},
      {file, HANSE_ACTION_ACKNOWLEDGE, HANSE_F_NONE},
  };
  for (int round = 0; round < 3; round++) { /* in, out, and without a word about it */
    core->types[0].terms.carries = round < 2 ? im : 0;
    core_commit(core);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
      struct message *message = round ? core_message(core, b->home, "m", "contoso.example", "fabrikam.example", "m")
                                      : core_message(core, b->partner, "m", "fabrikam.example", "contoso.example", "m");
      message->facts.modalities = rows[i].modalities;
      message->facts.action = rows[i].action;
      hanse_submit_take(core->protocol.host, &message->public);
      assert_int_equal(core_last(core)->failure, round < 2 ? rows[i].failure : HANSE_F_NONE);
    }
  }
}

/* ---- members of a clearing house ---- */

static enum hanse_failure relay(struct bench *b, const char *from, const char *to) {
  core_send(b->core, b->partner, "m", from, to, "m");
  return core_last(b->core)->failure;
}

/* R16: off unless both entries say so, never back, never to another type, never to nobody. */
static void relayed(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  assert_int_equal(relay(b, "fabrikam.example", "vanity.example"), HANSE_F_NOT_OUR_RECIPIENT);
  core->types[0].terms.relays = true;
  core_commit(core);
  assert_int_equal(relay(b, "fabrikam.example", "vanity.example"), HANSE_F_NONE);
  assert_string_equal(core_last(core)->target, "sip.fabrikam.example:5061");
  assert_int_equal(relay(b, "fabrikam.example", "contoso.example"), HANSE_F_NONE);
  assert_string_equal(core_last(core)->target, "pool.contoso.example:5061");
  assert_int_equal(relay(b, "fabrikam.example", "fabrikam.example"), HANSE_F_NOT_OUR_RECIPIENT);
  assert_int_equal(relay(b, "fabrikam.example", "sub.fabrikam.example"), HANSE_F_NOT_OUR_RECIPIENT);
  assert_int_equal(relay(b, "fabrikam.example", "nobody.example"), HANSE_F_NOT_OUR_RECIPIENT);
  assert_int_equal(relay(b, "fabrikam.example", "litware.example"), HANSE_F_NOT_OUR_RECIPIENT);
  core->types[1].terms.relays = true; /* a member of another type's house */
  core_commit(core);
  assert_int_equal(relay(b, "fabrikam.example", "litware.example"), HANSE_F_NOT_OUR_RECIPIENT);
  core->types[0].terms.relays = false;
  core_commit(core);
  assert_int_equal(relay(b, "fabrikam.example", "vanity.example"), HANSE_F_NOT_OUR_RECIPIENT);
}

static enum hanse_failure in_dialog(struct bench *b, const char *sender, const char *beyond, const char *to) {
  struct core *core = b->core;
  struct message *message = core_message(core, b->partner, "m", "fabrikam.example", to, "m");
  message->facts.flags |= HANSE_FACT_IN_DIALOG;
  message->facts.partner_name = hanse_text(sender);
  message->facts.beyond = hanse_text(beyond);
  hanse_submit_take(core->protocol.host, &message->public);
  return core_last(core)->failure;
}

/* A dialog between members lasts as long as both are, and leads nowhere else. */
static void relayed_dialog(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  assert_int_equal(in_dialog(b, "fabrikam.example", "vanity.example", "vanity.example"), HANSE_F_NOT_OUR_RECIPIENT);
  core->types[0].terms.relays = true;
  core_commit(core);
  assert_int_equal(in_dialog(b, "fabrikam.example", "vanity.example", "vanity.example"), HANSE_F_NONE);
  assert_int_equal(in_dialog(b, "sub.fabrikam.example", "sub.vanity.example", "x.example"), HANSE_F_NONE);
  assert_int_equal(in_dialog(b, "fabrikam.example", "vanity.example", "contoso.example"), HANSE_F_NONE);
  assert_string_equal(core_last(core)->target, "sip.fabrikam.example:5061"); /* not ours */
  assert_int_equal(in_dialog(b, "fabrikam.example", "litware.example", "x.example"), HANSE_F_NOT_OUR_RECIPIENT);
  assert_int_equal(in_dialog(b, "fabrikam.example", "contoso.example", "x.example"), HANSE_F_NOT_OUR_RECIPIENT);
}

/* What waits while a reload makes its recipient ours is no longer relayed. */
static void relayed_no_more(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  core->types[0].terms.relays = core->keep = true;
  core->policies[0].say = HANSE_DEFER;
  core->policies[0].later = HANSE_ALLOW;
  core->routed[0] = 0;
  core->routed[1] = -1;
  core_commit(core);
  struct message *message = core_send(core, b->partner, "m", "fabrikam.example", "vanity.example", "m");
  assert_true(message->facts.flags & HANSE_FACT_RELAYED);
  for (size_t i = 0; i < core->entry_count; i++)
    if (strcmp(core->entries[i].domain, "vanity.example") == 0)
      core->entries[i] = (struct core_entry){"vanity.example", -1, "pool.contoso.example", false};
  core_commit(core);
  for (int i = 0; i < 3; i++, core_turn(core)) core_resolve(&core->policies[0]);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  assert_false(core->kept[0]->facts.flags & HANSE_FACT_RELAYED);
  forget(core);
}

/* ---- names that one module alone may use ---- */

static void exclusive(void **state) {
  struct instance one = {.name = "one"}, two = {.name = "two"};
  struct module modules[2] = {{.instance = &one}, {.instance = &two}};
  struct generation generation = {.modules = modules, .module_count = 2}, *now = &generation;
  struct hanse_where other = {NULL, 0}, here = {"hanse.conf", 3}, there = {"hanse.conf", 8};
  struct hanse_problem problem = {0};
  (void)state;
  assert_int_equal(exclusive_take(now, &one, "edge", HANSE_LIT("sip.a.example"), here, &other), HANSE_OK);
  assert_int_equal(exclusive_take(now, &two, "edge", HANSE_LIT("sip.b.example"), there, &other), HANSE_OK);
  assert_int_equal(exclusive_take(now, &two, "name", HANSE_LIT("sip.a.example"), there, &other), HANSE_OK);
  assert_int_equal(exclusive_check(now, &two, &problem), HANSE_OK);
  assert_int_equal(exclusive_take(now, &two, "edge", HANSE_LIT("sip.a.example"), there, &other), HANSE_INVALID);
  assert_int_equal(other.line, 3);
  modules[0].instance = NULL; /* two alone takes it, then one is shared with it */
  assert_int_equal(exclusive_take(now, &two, "edge", HANSE_LIT("sip.a.example"), there, &other), HANSE_OK);
  modules[0].instance = &one;
  assert_int_equal(exclusive_check(now, &one, &problem), HANSE_INVALID);
  assert_non_null(strstr(problem.text, "hanse.conf:3"));
  assert_int_equal(problem.where.line, 8);
  exclusive_free(&one);
  exclusive_free(&two);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(decorated, setup, teardown),
      cmocka_unit_test_setup_teardown(decorated_unproved, setup, teardown),
      cmocka_unit_test_setup_teardown(decorated_stranger, setup, teardown),
      cmocka_unit_test_setup_teardown(decorated_again, setup, teardown),
      cmocka_unit_test_setup_teardown(carried, setup, teardown),
      cmocka_unit_test_setup_teardown(relayed, setup, teardown),
      cmocka_unit_test_setup_teardown(relayed_dialog, setup, teardown),
      cmocka_unit_test_setup_teardown(relayed_no_more, setup, teardown),
      cmocka_unit_test(exclusive),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
