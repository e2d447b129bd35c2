/* Deferred verdicts and deferred answers of types: what ends the wait, what waits behind it, and what a reload does to
   it (design §3 DEFER). */
#include "tests/unit/wait_world.h"

#include <stdio.h>

#include "router/conversation.h"

static void answered_later(void **state) {
  struct core *core = *state;
  core_in(core, link_of(core), "m");
  core_ended(core, "m", 0, HANSE_F_NONE);
  assert_int_equal(core->waiting, 1);
  assert_int_equal(core_resolve(&core->policies[0]), HANSE_OK);
  core_ended(core, "m", 0, HANSE_F_NONE); /* never from within the plugin's call */
  core_turn(core);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  assert_int_equal(core->policies[0].withdrawn, 0);
}

/* Late and double answers find nobody and are counted. */
static void late_and_twice(void **state) {
  struct core *core = *state;
  struct hanse_host *host = core->policies[0].host;
  core_in(core, link_of(core), "m");
  hanse_token token = core->policies[0].token;
  assert_int_equal(core_resolve(&core->policies[0]), HANSE_OK);
  assert_int_equal(hanse_resolve_verdict(host, token, HANSE_DENY, NULL), HANSE_GONE);
  core_turn(core);
  assert_int_equal(hanse_resolve_verdict(host, token, HANSE_DENY, NULL), HANSE_GONE);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  assert_int_equal(hanse_resolve_verdict(host, 0, HANSE_DENY, NULL), HANSE_GONE);
  assert_int_equal(hanse_resolve_verdict(host, UINT64_MAX, HANSE_DENY, NULL), HANSE_GONE);
  assert_int_equal(*core->router->late_verdicts, 4);
  assert_int_equal(core->seen_count, 1);
}

/* Before the slot has returned: legal, takes effect after it; a second answer finds nobody. */
static void answered_early(void **state) {
  struct core *core = *state;
  core->policies[0].say = CORE_EARLY;
  core_in(core, link_of(core), "m");
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  core->policies[0].later = HANSE_DENY;
  core_in(core, link_of(core), "n");
  core_ended(core, "n", CORE_REFUSED, HANSE_F_POLICY);
  assert_int_equal(hanse_resolve_verdict(core->policies[0].host, core->policies[0].token, HANSE_ALLOW, NULL),
                   HANSE_GONE);
}

static void time_over(void **state, bool fallback, enum core_end end, enum hanse_failure failure) {
  struct core *core = *state;
  core->default_allow = fallback;
  core_commit(core);
  core_in(core, link_of(core), "m");
  core_later(core, 9 * HANSE_SECOND);
  core_ended(core, "m", 0, HANSE_F_NONE);
  core_later(core, 2 * HANSE_SECOND);
  core_ended(core, "m", end, failure);
  assert_int_equal(core->policies[0].withdrawn, 1); /* it may forget the question */
  assert_int_equal(core->policies[0].token_count, 0);
  assert_int_equal(hanse_resolve_verdict(core->policies[0].host, core->policies[0].token, HANSE_ALLOW, NULL),
                   HANSE_GONE);
  assert_int_equal(*core->router->late_verdicts, 1);
}
static void time_over_denies(void **state) { time_over(state, false, CORE_REFUSED, HANSE_F_DEFERRED); }
static void time_over_allows(void **state) { time_over(state, true, CORE_DELIVERED, HANSE_F_NONE); }

/* The time is the configuration's, also after a reload; what waits already keeps the one it began with. */
static void time_is_configured(void **state) {
  struct core *core = *state;
  core_in(core, link_of(core), "long");
  core->settings = "policy = { deferred_timeout = \"1s\"; };";
  core_commit(core);
  core_in(core, link_of(core), "short");
  core_later(core, 2 * HANSE_SECOND);
  core_ended(core, "short", CORE_REFUSED, HANSE_F_DEFERRED);
  core_ended(core, "long", 0, HANSE_F_NONE);
  core_later(core, 9 * HANSE_SECOND); /* it is asked anew by the new generation */
  core_later(core, 2 * HANSE_SECOND);
  core_ended(core, "long", CORE_REFUSED, HANSE_F_DEFERRED);
}

/* CANCEL: the message is the protocol's again, the plugin is told. */
static void withdrawn(void **state) {
  struct core *core = *state;
  struct message *message = core_in(core, link_of(core), "m");
  assert_int_equal(hanse_withdraw(core->protocol.host, &message->public), HANSE_OK);
  assert_int_equal(core->policies[0].withdrawn, 1);
  assert_int_equal(hanse_withdraw(core->protocol.host, &message->public), HANSE_GONE);
  hanse_message_free(core->protocol.host, &message->public);
  core_later(core, 20 * HANSE_SECOND);
  assert_int_equal(core->seen_count, 0);
}

/* … also while it waits behind another one, and when its turn has come but not been taken. */
static void withdrawn_behind(void **state) {
  struct core *core = *state;
  send_in(core, "first", "c");
  struct message *second = send_in(core, "second", "c"), *third = send_in(core, "third", "c");
  assert_int_equal(hanse_withdraw(core->protocol.host, &second->public), HANSE_OK);
  hanse_message_free(core->protocol.host, &second->public);
  core_resolve(&core->policies[0]);
  assert_int_equal(hanse_withdraw(core->protocol.host, &third->public), HANSE_OK);
  hanse_message_free(core->protocol.host, &third->public);
  core_turn(core);
  core_ended(core, "first", CORE_DELIVERED, HANSE_F_NONE);
  assert_int_equal(core->seen_count, 1);
}

/* An answered one that waits for its turn only, withdrawn. */
static void withdrawn_ready(void **state) {
  struct core *core = *state;
  struct message *first = send_in(core, "first", "c");
  send_in(core, "second", "c");
  core_resolve(&core->policies[0]);
  assert_int_equal(hanse_withdraw(core->protocol.host, &first->public), HANSE_OK);
  hanse_message_free(core->protocol.host, &first->public);
  core_turn(core);
  assert_int_equal(core->policies[0].withdrawn, 0); /* it had answered */
  core_resolve(&core->policies[0]);
  core_turn(core);
  assert_int_equal(core->seen_count, 1);
  core_ended(core, "second", CORE_DELIVERED, HANSE_F_NONE);
}

static void withdraw_at_once(struct core *core, struct message *message) {
  assert_int_equal(hanse_withdraw(core->protocol.host, &message->public), HANSE_OK);
  hanse_message_free(core->protocol.host, &message->public);
}

/* From within the call that says that it waits. */
static void withdrawn_at_once(void **state) {
  struct core *core = *state;
  core->on_waiting = withdraw_at_once;
  core_in(core, link_of(core), "m");
  assert_int_equal(core->waiting, 1);
  assert_int_equal(core->policies[0].withdrawn, 1);
  core_turn(core);
  assert_int_equal(core->seen_count, 0);
}

/* A protocol that frees what waits breaks the contract, and is contained. */
static void freed_while_waiting(void **state) {
  struct core *core = *state;
  struct message *message = send_in(core, "first", "c"), *second = send_in(core, "second", "c");
  hanse_message_free(core->protocol.host, &message->public);
  hanse_message_free(core->protocol.host, &second->public);
  core_later(core, 20 * HANSE_SECOND);
  assert_int_equal(core->seen_count, 0);
}

static void link_lost(void **state) {
  struct core *core = *state;
  struct hanse_link *other = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  send_in(core, "a1", "a");
  send_in(core, "a2", "a");
  core_send(core, other, "a3", "fabrikam.example", "contoso.example", "a");
  send_in(core, "a4", "a");
  send_in(core, "b1", "b");
  core_link_closed(core, link_of(core));
  static const char *const gone[] = {"a1", "a2", "a4", "b1"};
  for (int i = 0; i < 4; i++) core_ended(core, gone[i], CORE_REFUSED, HANSE_F_WITHDRAWN);
  assert_int_equal(core->policies[0].withdrawn, 2); /* of a1 and b1; the others were not asked yet */
  core_ended(core, "a3", 0, HANSE_F_NONE);
  core_turn(core);
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_ended(core, "a3", CORE_DELIVERED, HANSE_F_NONE);
}

/* ---- order ---- */

static void order_in_a_conversation(void **state) {
  struct core *core = *state;
  static const char *const names[] = {"1", "2", "3", "4", "5"};
  for (int i = 0; i < 5; i++) send_in(core, names[i], "c");
  send_in(core, "other", "d");
  assert_int_equal(core->policies[0].asked, 2); /* only what may go is asked about */
  core->policies[0].later = HANSE_DENY;
  for (int i = 0; core->seen_count < 6 && i < 20; i++) {
    if (i == 2) core->policies[0].later = HANSE_ALLOW;
    core_resolve(&core->policies[0]);
    core_turn(core);
  }
  assert_int_equal(core->seen_count, 6);
  for (int i = 0, at = 0; i < 6; i++)
    if (strcmp(core->seen[i].name, "other")) assert_string_equal(core->seen[i].name, names[at++]);
  assert_null(core->router->conversations);
}

/* One that needs no verdict waits all the same while an earlier one of its conversation does. */
static void order_beside_quick_ones(void **state) {
  struct core *core = *state;
  send_in(core, "slow", "c");
  core->policies[0].say = HANSE_ALLOW;
  send_in(core, "quick", "c");
  send_in(core, "free", "d");
  core_ended(core, "free", CORE_DELIVERED, HANSE_F_NONE);
  core_ended(core, "quick", 0, HANSE_F_NONE);
  core_resolve(&core->policies[0]);
  core_turn(core);
  assert_string_equal(core->seen[1].name, "slow");
  assert_string_equal(core->seen[2].name, "quick");
}

/* Messages without a conversation are each one of their own. */
static void no_conversation(void **state) {
  struct core *core = *state;
  send_in(core, "slow", "");
  send_in(core, "slow2", "");
  core->policies[0].say = HANSE_ALLOW;
  send_in(core, "quick", "");
  core_ended(core, "quick", CORE_DELIVERED, HANSE_F_NONE);
  core_link_closed(core, link_of(core));
  core_ended(core, "slow", CORE_REFUSED, HANSE_F_WITHDRAWN);
  core_ended(core, "slow2", CORE_REFUSED, HANSE_F_WITHDRAWN);
}

/* Past the cap the link pauses; what another link sends into the same conversation is refused; half of them gone, it is
   read from again. */
static void held_cap(void **state) {
  struct core *core = *state;
  struct hanse_link *link = link_of(core), *other = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  link->state = other->state = LINK_HANDSHAKE; /* there is no socket to be stopped */
  core->settings = "limits = { held_per_conversation = 4; };";
  core_commit(core);
  char names[16][16];
  for (int i = 0; i < 6; i++) {
    snprintf(names[i], sizeof names[i], "m%d", i);
    send_in(core, names[i], "c");
    assert_int_equal(link->paused, i >= 4 ? LINK_PAUSE_UPPER : 0);
  }
  core_send(core, other, "other", "fabrikam.example", "contoso.example", "c");
  core_ended(core, "other", CORE_REFUSED, HANSE_F_BUSY);
  assert_true(core_last(core)->retry_after > 0);
  core->policies[0].say = HANSE_ALLOW; /* those behind need no wait */
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_turn(core);
  core_turn(core);
  assert_int_equal(link->paused, 0);
  for (int i = 0; i < 6; i++) core_ended(core, names[i], CORE_DELIVERED, HANSE_F_NONE);
  link->state = other->state = LINK_OPEN;
}

static void in_flight_cap(void **state) {
  struct core *core = *state;
  core->settings = "limits = { messages_in_flight_per_link = 10; };";
  core_commit(core);
  char names[16][16];
  for (int i = 0; i < 12; i++) {
    snprintf(names[i], sizeof names[i], "m%d", i);
    core_in(core, link_of(core), names[i]);
  }
  core_ended(core, "m9", 0, HANSE_F_NONE);
  core_ended(core, "m10", CORE_REFUSED, HANSE_F_BUSY);
  core_ended(core, "m11", CORE_REFUSED, HANSE_F_BUSY);
  struct message *dialog = core_message(core, link_of(core), "dialog", "fabrikam.example", "contoso.example", "d");
  dialog->facts.flags = HANSE_FACT_IN_DIALOG; /* a partner's own link has no further room, whatever it carries */
  dialog->facts.partner_name = HANSE_LIT("fabrikam.example");
  hanse_submit_take(core->protocol.host, &dialog->public);
  core_ended(core, "dialog", CORE_REFUSED, HANSE_F_BUSY);
  core_link_closed(core, link_of(core));
}

/* ---- reload ---- */

/* It is judged by the new generation from the start, once its answer came; nothing of the old judgement is left. */
static void restart(void **state) {
  struct core *core = *state;
  core->policies[0].mark = HANSE_MARK_NOTICE;
  core_in(core, link_of(core), "m");
  send_in(core, "behind", "m");
  core->policies[1].say = HANSE_DENY;
  core->policies[1].mark = HANSE_MARK_VERIFIED;
  core->admit[0] = 1;
  core_commit(core);
  core_ended(core, "m", 0, HANSE_F_NONE);
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_ended(core, "m", CORE_REFUSED, HANSE_F_POLICY);
  assert_int_equal(core_of(core, "m")->marks, HANSE_MARK_VERIFIED);
  core_ended(core, "behind", CORE_REFUSED, HANSE_F_POLICY);
}

/* The partner was taken out meanwhile. */
static void restart_without_partner(void **state) {
  struct core *core = *state;
  core_in(core, link_of(core), "m");
  core->entry_count = 1;
  core_commit(core);
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_ended(core, "m", CORE_REFUSED, HANSE_F_UNKNOWN_PARTNER);
}

static void restarts_are_bounded(void **state) {
  struct core *core = *state;
  core_in(core, link_of(core), "m");
  for (int i = 0; i < 20 && !core->seen_count; i++) {
    core_commit(core);
    core_resolve(&core->policies[0]);
    core_turn(core);
  }
  core_ended(core, "m", CORE_REFUSED, HANSE_F_DEFERRED);
}

/* ---- a module's time is over ---- */

/* The policy that was asked is drained and does not answer: its question ends, the message is judged anew. */
static void asked_module_gone(void **state) {
  struct core *core = *state;
  core->settings = "limits = { code_age = \"10s\"; }; policy = { deferred_timeout = \"5m\"; };";
  core_commit(core);
  core_in(core, link_of(core), "m");
  core->admit[0] = -1;
  core_commit(core);
  core->policies[0].instance->wanted = false;
  instance_drain(core->policies[0].instance);
  core_later(core, 9 * HANSE_SECOND);
  core_ended(core, "m", 0, HANSE_F_NONE);
  core_later(core, 3 * HANSE_SECOND);
  core_ended(core, "m", CORE_DELIVERED, HANSE_F_NONE);
  assert_int_equal(core->policies[0].withdrawn, 1);
  for (struct instance *i = core->router->instances; i; i = i->next) assert_string_not_equal(i->name, "policy0");
}

/* The protocol that made a waiting message is drained past its time: the message ends there. */
static void owner_module_gone(void **state) {
  struct core *core = *state;
  core->settings = "limits = { code_age = \"10s\"; }; policy = { deferred_timeout = \"5m\"; };";
  core_commit(core);
  send_in(core, "first", "c");
  send_in(core, "second", "c");
  core->protocol.instance->wanted = false;
  instance_drain(core->protocol.instance);
  core_later(core, 12 * HANSE_SECOND);
  core_ended(core, "first", CORE_REFUSED, HANSE_F_WITHDRAWN);
  core_ended(core, "second", CORE_REFUSED, HANSE_F_WITHDRAWN);
  assert_int_equal(core->policies[0].withdrawn, 1);
}

/* SIGTERM: nothing new begins, dialogs go on. */
static void draining(void **state) {
  struct core *core = *state;
  core->policies[0].say = HANSE_ABSTAIN;
  core->router->draining = true;
  core_in(core, link_of(core), "new");
  core_ended(core, "new", CORE_REFUSED, HANSE_F_DRAINING);
  assert_true(core_last(core)->retry_after > 0);
  struct message *message = core_message(core, link_of(core), "bye", "fabrikam.example", "contoso.example", "c");
  message->facts.flags = HANSE_FACT_IN_DIALOG;
  message->facts.partner_name = HANSE_LIT("fabrikam.example");
  hanse_submit_take(core->protocol.host, &message->public);
  core_ended(core, "bye", CORE_DELIVERED, HANSE_F_NONE);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(answered_later, setup, teardown),
      cmocka_unit_test_setup_teardown(late_and_twice, setup, teardown),
      cmocka_unit_test_setup_teardown(answered_early, setup, teardown),
      cmocka_unit_test_setup_teardown(time_over_denies, setup, teardown),
      cmocka_unit_test_setup_teardown(time_over_allows, setup, teardown),
      cmocka_unit_test_setup_teardown(time_is_configured, setup, teardown),
      cmocka_unit_test_setup_teardown(withdrawn, setup, teardown),
      cmocka_unit_test_setup_teardown(withdrawn_behind, setup, teardown),
      cmocka_unit_test_setup_teardown(withdrawn_ready, setup, teardown),
      cmocka_unit_test_setup_teardown(withdrawn_at_once, setup, teardown),
      cmocka_unit_test_setup_teardown(freed_while_waiting, setup, teardown),
      cmocka_unit_test_setup_teardown(link_lost, setup, teardown),
      cmocka_unit_test_setup_teardown(order_in_a_conversation, setup, teardown),
      cmocka_unit_test_setup_teardown(order_beside_quick_ones, setup, teardown),
      cmocka_unit_test_setup_teardown(no_conversation, setup, teardown),
      cmocka_unit_test_setup_teardown(held_cap, setup, teardown),
      cmocka_unit_test_setup_teardown(in_flight_cap, setup, teardown),
      cmocka_unit_test_setup_teardown(restart, setup, teardown),
      cmocka_unit_test_setup_teardown(restart_without_partner, setup, teardown),
      cmocka_unit_test_setup_teardown(restarts_are_bounded, setup, teardown),
      cmocka_unit_test_setup_teardown(asked_module_gone, setup, teardown),
      cmocka_unit_test_setup_teardown(owner_module_gone, setup, teardown),
      cmocka_unit_test_setup_teardown(draining, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
