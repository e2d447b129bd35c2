/* ROUTE: where to, from outside, from inside, and in a dialog (R16, R17, B9). */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/found.h"
#include "router/pressure.h"

struct bench {
  struct core *core;
  struct hanse_link *home, *partner;
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  struct core *core = bench->core = core_new();
  core_entry(core, "adatum.example", -1, "pool.adatum.example");
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

static enum hanse_failure to(struct bench *b, struct hanse_link *link, const char *domain) {
  const char *from = link->side == HANSE_SIDE_HOME ? "contoso.example" : "fabrikam.example";
  core_send(b->core, link, "m", from, domain, "m");
  return core_last(b->core)->failure;
}

/* From outside only to ours, from inside only outside: nobody is relayed. */
static void directions(void **state) {
  struct bench *b = *state;
  static const struct {
    bool inside;
    const char *to;
    enum hanse_failure failure;
    const char *target;
  } rows[] = {
      {false, "contoso.example", HANSE_F_NONE, "pool.contoso.example:5061"},
      {false, "sales.contoso.example", HANSE_F_NONE, "pool.contoso.example:5061"},
      {false, "adatum.example", HANSE_F_NONE, "pool.adatum.example:5061"},
      {false, "litware.example", HANSE_F_NOT_OUR_RECIPIENT, ""},
      {false, "fabrikam.example", HANSE_F_NOT_OUR_RECIPIENT, ""},
      {false, "nobody.example", HANSE_F_NOT_OUR_RECIPIENT, ""},
      {false, "", HANSE_F_NOT_OUR_RECIPIENT, ""},
      {true, "fabrikam.example", HANSE_F_NONE, "sip.fabrikam.example:5061"},
      {true, "mail.fabrikam.example", HANSE_F_NONE, "sip.fabrikam.example:5061"},
      {true, "litware.example", HANSE_F_NONE, "sip.litware.example:5061"},
      {true, "contoso.example", HANSE_F_INTERNAL, ""},
      {true, "adatum.example", HANSE_F_INTERNAL, ""},
      {true, "nobody.example", HANSE_F_NO_ROUTE, ""},
      {true, "notfabrikam.example", HANSE_F_NO_ROUTE, ""},
  };
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    assert_int_equal(to(b, rows[i].inside ? b->home : b->partner, rows[i].to), rows[i].failure);
    assert_string_equal(core_last(b->core)->target, rows[i].target);
  }
}

/* What a type answers, and what it should not. */
static void answers(void **state) {
  struct bench *b = *state;
  struct core_module *type = &b->core->types[0];
  type->route = HANSE_FOUND_NO;
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_NO_ROUTE);
  assert_string_equal(core_last(b->core)->where, "hanse.conf:7");
  assert_string_equal(core_last(b->core)->plugin, "type0");
  static const int broken[] = {HANSE_FOUND_NOT_MINE, 0, 99, 256 + HANSE_FOUND_YES};
  for (int i = 0; i < 4; i++) {
    type->route = broken[i];
    assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_ERROR);
  }
  type->route = HANSE_FOUND_YES;
  type->host_name = NULL; /* yes, but where? */
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_ERROR);
  type->never_defers = true;
  type->route = HANSE_FOUND_LATER;
  core_commit(b->core);
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_ERROR);
  b->core->router->now->federations[0].instance = NULL;
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_ERROR);
}

/* ---- what is remembered ---- */

static void remembered(void **state) {
  struct bench *b = *state;
  struct core_module *type = &b->core->types[0];
  for (int i = 0; i < 3; i++) to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 3); /* it did not say that the answer holds for the whole entry */
  type->whole_entry = true;
  for (int i = 0; i < 3; i++) to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 4);
  to(b, b->home, "mail.fabrikam.example");
  assert_int_equal(type->asked, 4);
  core_commit(b->core);
  to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 5);
  assert_int_equal(core_last(b->core)->failure, HANSE_F_NONE);
}

static void remembered_while_it_lasts(void **state) {
  struct bench *b = *state;
  struct core_module *type = &b->core->types[0];
  type->whole_entry = true;
  type->lasts = 5 * HANSE_SECOND;
  to(b, b->home, "fabrikam.example");
  core_later(b->core, 4 * HANSE_SECOND);
  to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 1);
  core_later(b->core, 2 * HANSE_SECOND);
  to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 2);
  assert_int_equal(core_last(b->core)->failure, HANSE_F_NONE);
}

/* Found by the DNS: for the domain that was asked for. */
static void remembered_for_the_domain(void **state) {
  struct bench *b = *state;
  struct core_module *type = &b->core->types[0];
  type->lasts = 5 * HANSE_SECOND;
  for (int i = 0; i < 3; i++) to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 1);
  for (int i = 0; i < 3; i++) to(b, b->home, "mail.fabrikam.example");
  assert_int_equal(type->asked, 4);
  to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 4);
  core_later(b->core, 6 * HANSE_SECOND);
  to(b, b->home, "fabrikam.example");
  assert_int_equal(type->asked, 5);
}

static void dry_is_not_remembered(void **state) {
  struct bench *b = *state;
  b->core->types[0].whole_entry = true;
  struct message *message = core_message(b->core, b->home, "m", "contoso.example", "fabrikam.example", "m");
  message->dry = true;
  assert_true(way_try(message));
  message_free(message);
  assert_int_equal(partner_set_find(b->core->router->now->partners, HANSE_LIT("fabrikam.example"))->kind,
                   ENTRY_PARTNER);
  to(b, b->home, "fabrikam.example");
  assert_int_equal(b->core->types[0].asked, 2);
}

/* ---- catch-all types ---- */

static struct core *strangers(struct bench *b) {
  static const int order[] = {2, 1, -1};
  for (int i = 1; i < 3; i++) b->core->types[i].catch_all = true;
  memcpy(b->core->catch_all, order, sizeof order);
  b->core->types[2].host_name = "sip.provider.example";
  core_commit(b->core);
  return b->core;
}

static const struct target_key *last_target(struct core *core) {
  return target_key(core->kept[core->kept_count - 1]->way.route.targets[0]);
}

/* In configured order; the targets are those of the type that answered, with its wire type. */
static void catch_all_in_order(void **state) {
  struct bench *b = *state;
  struct core *core = strangers(b);
  core->keep = true;
  assert_int_equal(to(b, b->home, "nobody.example"), HANSE_F_NONE);
  assert_int_equal(last_target(core)->wire_type, core->types[2].wire_type);
  core->types[2].route = HANSE_FOUND_NOT_MINE;
  assert_int_equal(to(b, b->home, "nobody.example"), HANSE_F_NONE);
  assert_string_equal(core_last(core)->target, "sip.litware.example:5061");
  assert_int_equal(last_target(core)->wire_type, core->types[1].wire_type);
  core->types[1].route = HANSE_FOUND_NOT_MINE;
  assert_int_equal(to(b, b->home, "nobody.example"), HANSE_F_NO_ROUTE);
  core->types[2].route = HANSE_FOUND_NO;
  assert_int_equal(to(b, b->home, "nobody.example"), HANSE_F_NO_ROUTE);
  assert_string_equal(core_last(core)->plugin, "type2");
  assert_int_equal(core->types[0].asked, 0);
}

static void catch_all_late(void **state) {
  struct bench *b = *state;
  struct core *core = strangers(b);
  core->types[2].route = core->types[1].route = HANSE_FOUND_LATER;
  core->types[2].later = HANSE_FOUND_NOT_MINE;
  core->types[1].later = HANSE_FOUND_YES;
  core_send(core, b->home, "m", "contoso.example", "nobody.example", "m");
  core_resolve(&core->types[2]);
  core_turn(core);
  core_ended(core, "m", 0, HANSE_F_NONE);
  core_resolve(&core->types[1]);
  core_turn(core);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  assert_string_equal(core_last(core)->target, "sip.litware.example:5061");
}

/* ---- in a dialog: our own Record-Route token says where (B9) ---- */

struct dialog {
  struct hanse_link *link;
  const char *from, *to, *partner, *target;
};

static enum hanse_failure in_dialog(struct bench *b, const struct dialog *d) {
  struct message *message = core_message(b->core, d->link, "m", d->from, d->to, "m");
  message->facts.flags = HANSE_FACT_IN_DIALOG;
  message->facts.partner_name = hanse_text(d->partner);
  message->facts.target_name = hanse_text(d->target);
  hanse_submit_take(b->core->protocol.host, &message->public);
  return core_last(b->core)->failure;
}

static void dialogs(void **state) {
  struct bench *b = *state;
  static const char us[] = "contoso.example", them[] = "fabrikam.example";
  struct hanse_link *in = b->partner, *out = b->home;
  const struct {
    struct dialog dialog;
    enum hanse_failure failure;
    const char *target;
  } rows[] = {
      /* from outside: only in a dialog of that partner, only to a home server of ours */
      {{in, them, us, them, "pool.contoso.example:5061"}, HANSE_F_NONE, "pool.contoso.example:5061"},
      {{in, them, us, them, ""}, HANSE_F_NONE, "pool.contoso.example:5061"},
      {{in, "mail.fabrikam.example", us, them, ""}, HANSE_F_NONE, "pool.contoso.example:5061"},
      {{in, them, us, "litware.example", ""}, HANSE_F_NO_DIALOG, ""},
      {{in, them, us, "gone.example", ""}, HANSE_F_UNKNOWN_PARTNER, ""},
      {{in, "forwarded.example", us, them, ""}, HANSE_F_NONE, "pool.contoso.example:5061"}, /* RFC 3261 §12.2.1.1 */
      {{in, them, us, "", ""}, HANSE_F_NO_DIALOG, ""},
      {{in, them, us, "mail.fabrikam.example", ""}, HANSE_F_NO_DIALOG, ""},
      {{in, them, us, them, "pool.adatum.example:5061"}, HANSE_F_NO_DIALOG, "*"},
      {{in, them, us, them, "evil.example:5061"}, HANSE_F_NO_DIALOG, "*"},
      {{in, them, "nobody.example", them, "pool.adatum.example:5061"}, HANSE_F_NONE, "pool.adatum.example:5061"},
      {{in, them, "nobody.example", them, "evil.example:5061"}, HANSE_F_NOT_OUR_RECIPIENT, ""},
      /* from inside: to the partner that the token names, if the target still is one of its */
      {{out, us, them, them, "sip.fabrikam.example:5061"}, HANSE_F_NONE, "sip.fabrikam.example:5061"},
      {{out, us, them, them, ""}, HANSE_F_NONE, "sip.fabrikam.example:5061"},
      {{out, us, "elsewhere.example", "litware.example", ""}, HANSE_F_NONE, "sip.litware.example:5061"},
      {{out, "forwarded.example", them, them, ""}, HANSE_F_NONE, "sip.fabrikam.example:5061"},
      {{out, us, them, them, "sip.litware.example:5061"}, HANSE_F_NO_DIALOG, "*"},
      {{out, us, them, "gone.example", "sip.fabrikam.example:5061"}, HANSE_F_NO_DIALOG, ""},
      {{out, us, them, us, ""}, HANSE_F_NO_DIALOG, ""}, /* a home domain is no partner */
  };
  b->core->types[1].say = HANSE_FOUND_NO; /* nobody here can prove litware.example */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
    enum hanse_failure failure = in_dialog(b, &rows[i].dialog);
    if (failure != rows[i].failure) fail_msg("row %zu: failure %d, not %d", i, failure, rows[i].failure);
    if (*rows[i].target != '*') assert_string_equal(core_last(b->core)->target, rows[i].target);
  }
}

/* Of several targets the dialog's own goes first, the others stay in order behind it. */
static void dialogs_target_first(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  struct message *message = core_message(core, b->home, "m", "contoso.example", "fabrikam.example", "m");
  struct hanse_slice second = HANSE_LIT("sip2.fabrikam.example"), third = HANSE_LIT("sip3.fabrikam.example");
  struct hanse_place places[] = {{sizeof places[0], 5061, 0, second, second, true, {NULL, 0}},
                                 {sizeof places[0], 5062, 0, third, third, true, {NULL, 0}}};
  message->facts.flags = HANSE_FACT_IN_DIALOG;
  message->facts.partner_name = HANSE_LIT("fabrikam.example");
  message->facts.target_name = HANSE_LIT("sip3.fabrikam.example:5062");
  core->types[0].route = HANSE_FOUND_LATER;
  core->types[0].later = HANSE_FOUND_YES;
  core->keep = true;
  hanse_submit_take(core->protocol.host, &message->public);
  for (int i = 0; i < 2; i++)
    assert_int_equal(hanse_route_add(core->types[0].host, core->types[0].targets, &places[i]), HANSE_OK);
  core_resolve(&core->types[0]);
  core_turn(core);
  static const char *const wanted[] = {"sip3.fabrikam.example:5062", "sip.fabrikam.example:5061",
                                       "sip2.fabrikam.example:5061"};
  assert_int_equal(message->way.route.count, 3);
  for (int i = 0; i < 3; i++)
    assert_true(hanse_same(target_text(message->way.route.targets[i]), hanse_text(wanted[i])));
}

/* One partner that does not answer is bounded by itself; what belongs to a dialog always passes. */
static void in_flight_to_a_partner(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  const struct dialog bye = {b->home, "contoso.example", "fabrikam.example", "fabrikam.example", ""};
  core->settings = "limits = { messages_in_flight_per_link = 10; };";
  core_commit(core);
  core->keep = true;
  for (int i = 0; i < 10; i++) assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_NONE);
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_BUSY);
  for (int i = 0; i < 10; i++) assert_int_equal(in_dialog(b, &bye), HANSE_F_NONE); /* as much room again, no more */
  assert_int_equal(in_dialog(b, &bye), HANSE_F_BUSY);
  core->keep = false;
  assert_int_equal(to(b, b->home, "litware.example"), HANSE_F_NONE);
  assert_int_equal(to(b, b->home, "nobody.example"), HANSE_F_NO_ROUTE);
  while (core->kept_count > 10) message_free(core->kept[--core->kept_count]);
  assert_int_equal(in_dialog(b, &bye), HANSE_F_NONE);
  message_free(core->kept[--core->kept_count]);
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_NONE);
}

/* ---- memory ---- */

static struct memory_use figures(void *argument) { return (struct memory_use){"test", *(uint64_t *)argument, 100}; }

/* H5: new work is refused, what is in hand and what belongs to a dialog passes. */
static void memory_is_short(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  const struct dialog bye = {b->home, "contoso.example", "fabrikam.example", "fabrikam.example", ""};
  uint64_t used = 89;
  pressure_source(core->router->pressure, figures, &used);
  core_later(core, HANSE_SECOND);
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_NONE);
  used = 90;
  core_later(core, HANSE_SECOND);
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_BUSY);
  assert_int_equal(core_last(core)->retry_after, 5 * HANSE_SECOND);
  assert_int_equal(in_dialog(b, &bye), HANSE_F_NONE);
  used = 80;
  core_later(core, HANSE_SECOND);
  assert_int_equal(to(b, b->home, "fabrikam.example"), HANSE_F_NONE);
}

/* ---- places ---- */

static void places(void **state) {
  struct bench *b = *state;
  struct core *core = b->core;
  struct hanse_slice host = HANSE_LIT("a.fabrikam.example"), none = {NULL, 0};
  const struct hanse_place broken[] = {{sizeof broken[0], 5061, 0, none, host, true, {NULL, 0}},
                                       {sizeof broken[0], 0, 0, host, host, true, {NULL, 0}},
                                       {sizeof broken[0], 5061, 0, host, none, true, {NULL, 0}}};
  core->types[0].route = HANSE_FOUND_LATER;
  core->types[0].host_name = NULL;
  core->types[0].later = HANSE_FOUND_YES;
  core->keep = true;
  core_out(core, b->home, "m");
  for (int i = 0; i < 3; i++)
    assert_int_equal(hanse_route_add(core->types[0].host, core->types[0].targets, &broken[i]), HANSE_INVALID);
  for (int i = 0; i < FOUND_MAX + 2; i++) {
    struct hanse_place place = {sizeof place, (uint16_t)(5061 + i), 0, host, host, true, {NULL, 0}};
    assert_int_equal(hanse_route_add(core->types[0].host, core->types[0].targets, &place),
                     i < FOUND_MAX ? HANSE_OK : HANSE_NOMEM);
  }
  core_resolve(&core->types[0]);
  core_turn(core);
  assert_int_equal(core->kept[0]->way.route.count, FOUND_MAX);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(directions, setup, teardown),
      cmocka_unit_test_setup_teardown(answers, setup, teardown),
      cmocka_unit_test_setup_teardown(remembered, setup, teardown),
      cmocka_unit_test_setup_teardown(remembered_while_it_lasts, setup, teardown),
      cmocka_unit_test_setup_teardown(remembered_for_the_domain, setup, teardown),
      cmocka_unit_test_setup_teardown(dry_is_not_remembered, setup, teardown),
      cmocka_unit_test_setup_teardown(catch_all_in_order, setup, teardown),
      cmocka_unit_test_setup_teardown(catch_all_late, setup, teardown),
      cmocka_unit_test_setup_teardown(dialogs, setup, teardown),
      cmocka_unit_test_setup_teardown(dialogs_target_first, setup, teardown),
      cmocka_unit_test_setup_teardown(in_flight_to_a_partner, setup, teardown),
      cmocka_unit_test_setup_teardown(memory_is_short, setup, teardown),
      cmocka_unit_test_setup_teardown(places, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
