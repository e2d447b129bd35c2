/* IDENTIFY: who is the peer, for the sender's domain? (design §3; lync-edge §2.3) */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

struct bench {
  struct core *core;
  struct hanse_link *home, *partner;
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  struct core *core = bench->core = core_new();
  core_entry(core, "eu.contoso.example", 1, NULL);                    /* below ours, yet a partner's */
  core_entry(core, "labs.fabrikam.example", -1, "pool.labs.example"); /* below a partner's, yet ours */
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

static enum hanse_failure try_it(struct bench *bench, struct hanse_link *link, const char *from, const char *to) {
  core_send(bench->core, link, "m", from, to, "m");
  return core_last(bench->core)->failure;
}

/* R16, R17: only our domains come from inside, from servers that are listed; none of ours from outside. */
static void home_and_outside(void **state) {
  struct bench *b = *state;
  struct hanse_link *other = core_link(b->core, HANSE_SIDE_HOME, "rogue.contoso.example");
  static const struct {
    bool inside;
    const char *from;
    enum hanse_failure failure;
  } rows[] = {
      {true, "contoso.example", HANSE_F_NONE},
      {true, "sales.contoso.example", HANSE_F_NONE},
      {true, "fabrikam.example", HANSE_F_NOT_HOME_SENDER},
      {true, "eu.contoso.example", HANSE_F_NOT_HOME_SENDER},
      {true, "nobody.example", HANSE_F_NOT_HOME_SENDER},
      {true, "notcontoso.example", HANSE_F_NOT_HOME_SENDER},
      {true, "example", HANSE_F_NOT_HOME_SENDER},
      {true, "", HANSE_F_NOT_HOME_SENDER},
      {true, "labs.fabrikam.example", HANSE_F_HOME_PEER}, /* ours, but that server speaks for another one */
      {false, "contoso.example", HANSE_F_OWN_DOMAIN_OUTSIDE},
      {false, "sales.contoso.example", HANSE_F_OWN_DOMAIN_OUTSIDE},
      {false, "labs.fabrikam.example", HANSE_F_OWN_DOMAIN_OUTSIDE},
      {false, "fabrikam.example", HANSE_F_NONE},
      {false, "mail.fabrikam.example", HANSE_F_NONE},
      {false, "evilfabrikam.example", HANSE_F_UNKNOWN_PARTNER},
      {false, "nobody.example", HANSE_F_UNKNOWN_PARTNER},
      {false, "", HANSE_F_UNKNOWN_PARTNER},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    const char *to = rows[i].inside ? "fabrikam.example" : "contoso.example";
    assert_int_equal(try_it(b, rows[i].inside ? b->home : b->partner, rows[i].from, to), rows[i].failure);
  }
  assert_int_equal(try_it(b, other, "contoso.example", "fabrikam.example"), HANSE_F_HOME_PEER);
  assert_non_null(strstr(core_last(b->core)->text, "rogue.contoso.example"));
}

/* The longest entry over homes and all types decides, on label borders. */
static void longest_entry(void **state) {
  struct bench *b = *state;
  struct hanse_link *eu = core_link(b->core, HANSE_SIDE_PARTNER, "sip.eu.example");
  assert_int_equal(try_it(b, eu, "x.eu.contoso.example", "contoso.example"), HANSE_F_NONE);
  assert_int_equal(b->core->types[1].asked, 1);
  assert_int_equal(b->core->types[0].asked, 0);
}

static void not_confirmed(void **state) {
  struct bench *b = *state;
  b->core->types[0].say = HANSE_FOUND_NO;
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_NAME_NOT_PROVED);
  assert_string_equal(core_last(b->core)->where, "hanse.conf:7");
  assert_string_equal(core_last(b->core)->plugin, "type0");
  static const int broken[] = {HANSE_FOUND_NOT_MINE, 0, 99, 256 + HANSE_FOUND_YES};
  for (int i = 0; i < 4; i++) {
    b->core->types[0].say = broken[i];
    assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_ERROR);
  }
  b->core->types[0].never_defers = true;
  b->core->types[0].say = HANSE_FOUND_LATER;
  core_commit(b->core);
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_ERROR);
  b->core->router->now->federations[0].instance = NULL; /* it declined to start */
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_ERROR);
}

/* ---- what is remembered ---- */

static void bindings(void **state) {
  struct bench *b = *state;
  struct core_module *type = &b->core->types[0];
  struct hanse_link *second = core_link(b->core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  for (int i = 0; i < 3; i++) try_it(b, b->partner, "fabrikam.example", "contoso.example");
  assert_int_equal(type->asked, 1);
  try_it(b, b->partner, "mail.fabrikam.example", "contoso.example"); /* each domain by itself */
  assert_int_equal(type->asked, 2);
  try_it(b, second, "fabrikam.example", "contoso.example"); /* each link by itself */
  assert_int_equal(type->asked, 3);
  core_commit(b->core);
  try_it(b, b->partner, "fabrikam.example", "contoso.example");
  assert_int_equal(type->asked, 4);
  type->say = HANSE_FOUND_NO; /* a refusal is not remembered */
  core_commit(b->core);
  for (int i = 0; i < 2; i++) try_it(b, b->partner, "fabrikam.example", "contoso.example");
  assert_int_equal(type->asked, 6);
}

/* For the time to live of what DNS said. */
static void binding_lasts(void **state) {
  struct bench *b = *state;
  b->core->types[0].lasts = 5 * HANSE_SECOND;
  try_it(b, b->partner, "fabrikam.example", "contoso.example");
  core_later(b->core, 4 * HANSE_SECOND);
  try_it(b, b->partner, "fabrikam.example", "contoso.example");
  assert_int_equal(b->core->types[0].asked, 1);
  core_later(b->core, 2 * HANSE_SECOND);
  try_it(b, b->partner, "fabrikam.example", "contoso.example");
  assert_int_equal(b->core->types[0].asked, 2);
}

/* R67: a partner that was taken out is out with its next message, whatever the link remembers. */
static void partner_taken_out(void **state) {
  struct bench *b = *state;
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_NONE);
  b->core->entry_count = 1;
  core_commit(b->core);
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_UNKNOWN_PARTNER);
}

/* ---- catch-all types ---- */

static struct core *strangers(struct bench *b) {
  for (int i = 0; i < 3; i++) b->core->types[i].catch_all = true;
  static const int order[] = {2, 0, 1, -1};
  memcpy(b->core->catch_all, order, sizeof order);
  b->core->default_allow = true;
  core_commit(b->core);
  return b->core;
}

/* Asked in configured order, until one does not say that it is not its. */
static void catch_all_in_order(void **state) {
  struct bench *b = *state;
  struct core *core = strangers(b);
  core->types[2].say = core->types[0].say = HANSE_FOUND_NOT_MINE;
  assert_int_equal(try_it(b, b->partner, "nobody.example", "contoso.example"), HANSE_F_NONE);
  for (int i = 0; i < 3; i++) assert_int_equal(core->types[i].asked, 1);
  core->types[0].say = HANSE_FOUND_NO;
  assert_int_equal(try_it(b, b->partner, "another.example", "contoso.example"), HANSE_F_NAME_NOT_PROVED);
  assert_string_equal(core_last(core)->plugin, "type0");
  assert_int_equal(core->types[1].asked, 1);
  for (int i = 0; i < 3; i++) core->types[i].say = HANSE_FOUND_NOT_MINE;
  assert_int_equal(try_it(b, b->partner, "third.example", "contoso.example"), HANSE_F_UNKNOWN_PARTNER);
}

/* A domain that an entry names is never offered to them. */
static void catch_all_only_strangers(void **state) {
  struct bench *b = *state;
  struct core *core = strangers(b);
  core->types[0].say = HANSE_FOUND_NO;
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_NAME_NOT_PROVED);
  assert_int_equal(core->types[2].asked, 0);
}

/* One of them answers later; the next one is asked where it stopped. */
static void catch_all_late(void **state) {
  struct bench *b = *state;
  struct core *core = strangers(b);
  core->types[2].say = core->types[0].say = HANSE_FOUND_LATER;
  core->types[2].later = HANSE_FOUND_NOT_MINE;
  core->types[0].later = HANSE_FOUND_YES;
  core_send(core, b->partner, "m", "nobody.example", "contoso.example", "m");
  assert_int_equal(core_resolve(&core->types[2]), HANSE_OK);
  core_turn(core);
  core_ended(core, "m", 0, HANSE_F_NONE);
  assert_int_equal(core_resolve(&core->types[0]), HANSE_OK);
  core_turn(core);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  for (int i = 0; i < 3; i++) assert_int_equal(core->types[i].asked, i == 1 ? 0 : 1);
}

/* Being known to a catch-all type is no vote: the default decides. */
static void stranger_has_no_vote(void **state) {
  struct bench *b = *state;
  strangers(b)->default_allow = false;
  core_commit(b->core);
  assert_int_equal(try_it(b, b->partner, "nobody.example", "contoso.example"), HANSE_F_DEFAULT);
  assert_int_equal(try_it(b, b->partner, "nobody.example", "contoso.example"), HANSE_F_DEFAULT); /* remembered */
}

/* ---- R21: a link serves one federation type ---- */

static void pinned(void **state) {
  struct bench *b = *state;
  assert_int_equal(try_it(b, b->partner, "litware.example", "nobody.example"), HANSE_F_NOT_OUR_RECIPIENT);
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_NONE); /* the first accepted */
  assert_int_equal(try_it(b, b->partner, "litware.example", "contoso.example"), HANSE_F_LINK_TYPE);
  assert_int_equal(try_it(b, b->partner, "mail.fabrikam.example", "contoso.example"), HANSE_F_NONE);
  core_commit(b->core); /* derives it anew */
  assert_int_equal(try_it(b, b->partner, "litware.example", "contoso.example"), HANSE_F_NONE);
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_LINK_TYPE);
}

/* Who overtakes a waiting message pins the link for it as well. */
static void pinned_while_waiting(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  core->policies[0].say = HANSE_DEFER;
  core->policies[0].later = HANSE_ALLOW;
  core->admit[0] = 0;
  core->admit[1] = -1;
  core_commit(core);
  core_send(core, b->partner, "slow", "litware.example", "contoso.example", "c");
  core->policies[0].say = HANSE_ALLOW;
  core_send(core, b->partner, "quick", "fabrikam.example", "contoso.example", "d");
  core_ended(core, "quick", CORE_DELIVERED, HANSE_F_NONE);
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_ended(core, "slow", CORE_REFUSED, HANSE_F_LINK_TYPE);
}

/* What leaves on a link from inside pins nothing. */
static void home_links_serve_all(void **state) {
  struct bench *b = *state;
  assert_int_equal(try_it(b, b->home, "contoso.example", "fabrikam.example"), HANSE_F_NONE);
  assert_int_equal(try_it(b, b->home, "contoso.example", "litware.example"), HANSE_F_NONE);
  assert_int_equal(try_it(b, b->home, "contoso.example", "fabrikam.example"), HANSE_F_NONE);
}

/* §4.6: trust changed, and the peer's chain does not stand any more. */
static void trust_changed(void **state) {
  struct bench *b = *state;
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_NONE);
  b->core->trust++;
  core_commit(b->core);
  assert_int_equal(try_it(b, b->partner, "fabrikam.example", "contoso.example"), HANSE_F_TLS_TRUST);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(home_and_outside, setup, teardown),
      cmocka_unit_test_setup_teardown(longest_entry, setup, teardown),
      cmocka_unit_test_setup_teardown(not_confirmed, setup, teardown),
      cmocka_unit_test_setup_teardown(bindings, setup, teardown),
      cmocka_unit_test_setup_teardown(binding_lasts, setup, teardown),
      cmocka_unit_test_setup_teardown(partner_taken_out, setup, teardown),
      cmocka_unit_test_setup_teardown(catch_all_in_order, setup, teardown),
      cmocka_unit_test_setup_teardown(catch_all_only_strangers, setup, teardown),
      cmocka_unit_test_setup_teardown(catch_all_late, setup, teardown),
      cmocka_unit_test_setup_teardown(stranger_has_no_vote, setup, teardown),
      cmocka_unit_test_setup_teardown(pinned, setup, teardown),
      cmocka_unit_test_setup_teardown(pinned_while_waiting, setup, teardown),
      cmocka_unit_test_setup_teardown(home_links_serve_all, setup, teardown),
      cmocka_unit_test_setup_teardown(trust_changed, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
