/* The policy stages: every policy is asked until one denies, one ALLOW is enough, the configured default decides where
   nobody spoke; the outcome never depends on the order (R9, R10, R11, R12). */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

static int setup(void **state) {
  *state = core_new();
  return 0;
}
static int teardown(void **state) {
  core_free(*state);
  return 0;
}

/* What one policy does, and what that means. */
struct vote {
  int say, later;
  bool allows;
  enum hanse_failure failure; /* of its denial; NONE: it does not deny */
};
static const struct vote votes[] = {
    {HANSE_ABSTAIN, 0, false, HANSE_F_NONE},
    {HANSE_ALLOW, 0, true, HANSE_F_NONE},
    {HANSE_DENY, 0, false, HANSE_F_POLICY},
    {77, 0, false, HANSE_F_ERROR},
    {256 + HANSE_ALLOW, 0, false, HANSE_F_ERROR},
    {HANSE_DEFER, HANSE_ABSTAIN, false, HANSE_F_NONE},
    {HANSE_DEFER, HANSE_ALLOW, true, HANSE_F_NONE},
    {HANSE_DEFER, HANSE_DENY, false, HANSE_F_POLICY},
    {HANSE_DEFER, 256 + HANSE_ALLOW, false, HANSE_F_ERROR},
    {CORE_EARLY, HANSE_ABSTAIN, false, HANSE_F_NONE},
    {CORE_EARLY, HANSE_ALLOW, true, HANSE_F_NONE},
    {CORE_EARLY, HANSE_DENY, false, HANSE_F_POLICY},
};
#define VOTES (sizeof votes / sizeof *votes)
#define ASKED 3

static const int orders[6][ASKED] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

struct trial {
  struct core *core;
  struct hanse_link *partner, *stranger;
  const struct vote *vote[ASKED];
};

static void send_and_answer(struct trial *trial, bool known) {
  struct core *core = trial->core;
  core->seen_count = 0;
  if (known)
    core_in(core, trial->partner, "m");
  else
    core_send(core, trial->stranger, "m", "stranger.example", "contoso.example", "m");
  for (bool any = true; any;) {
    any = false;
    for (int i = 0; i < ASKED; i++) any = core_resolve(&core->policies[i]) == HANSE_OK || any;
    core_turn(core);
  }
  assert_int_equal(core->seen_count, 1);
}

/* What must come of it: the first denial in order, else the vote of one, else the default. */
static enum hanse_failure wanted(const struct trial *trial, const int *order, bool known, bool fallback) {
  bool allowed = known || fallback;
  for (int i = 0; i < ASKED; i++) {
    const struct vote *vote = trial->vote[order[i]];
    if (vote->failure != HANSE_F_NONE) return vote->failure;
    allowed = allowed || vote->allows;
  }
  return allowed ? HANSE_F_NONE : HANSE_F_DEFAULT;
}

static void in_every_order(struct trial *trial, struct judges *judges, bool known, bool fallback) {
  struct core *core = trial->core;
  struct judge kept[ASKED];
  bool delivered[6];
  core->router->now->default_allow = fallback;
  memcpy(kept, judges->items, sizeof kept);
  for (int i = 0; i < ASKED; i++) {
    core->policies[i].say = trial->vote[i]->say;
    core->policies[i].later = trial->vote[i]->later;
  }
  for (int o = 0; o < 6; o++) {
    for (int i = 0; i < ASKED; i++) judges->items[i] = kept[orders[o][i]];
    send_and_answer(trial, known);
    enum hanse_failure failure = wanted(trial, orders[o], known, fallback);
    delivered[o] = core_last(core)->end == CORE_DELIVERED;
    assert_int_equal(delivered[o], failure == HANSE_F_NONE);
    assert_int_equal(core_last(core)->failure, failure);
    assert_int_equal(delivered[o], delivered[0]);
  }
  memcpy(judges->items, kept, sizeof kept);
}

static void all_votes(struct core *core, struct judges *judges) {
  struct trial trial = {.core = core,
                        .partner = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example"),
                        .stranger = core_link(core, HANSE_SIDE_PARTNER, "sip.stranger.example")};
  for (size_t n = 0; n < VOTES * VOTES * VOTES; n++) {
    trial.vote[0] = &votes[n % VOTES];
    trial.vote[1] = &votes[n / VOTES % VOTES];
    trial.vote[2] = &votes[n / VOTES / VOTES];
    for (int how = 0; how < 4; how++) in_every_order(&trial, judges, how & 1, how & 2);
  }
}

/* A stranger's domain reaches the policies through a catch-all type. */
static struct core *with_policies(void **state, int *stage) {
  struct core *core = *state;
  core->types[1].catch_all = true;
  core->catch_all[0] = 1;
  core->catch_all[1] = -1;
  core->settings = "policy = { failing = \"0/m\"; };"; /* the others of a row of failures are asked too */
  for (int i = 0; i < ASKED; i++) stage[i] = i;
  stage[ASKED] = -1;
  core_commit(core);
  return core;
}

/* A vote counts in its own stage only, so in the other one a policy lets strangers pass. */
static void admit_in_every_order(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->admit);
  core->policies[3].say = HANSE_ALLOW;
  core->routed[0] = 3;
  core->routed[1] = -1;
  core_commit(core);
  all_votes(core, &core->router->now->admit);
}

static void routed_in_every_order(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->routed);
  core->policies[3].say = HANSE_ALLOW;
  core->admit[0] = 3;
  core->admit[1] = -1;
  core_commit(core);
  all_votes(core, &core->router->now->routed);
}

/* R12: who denies is told with the rule; nobody behind the one who denies is asked. */
static void denial_is_told(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->admit);
  struct hanse_link *link = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  core->policies[1].say = HANSE_DENY;
  core_in(core, link, "m");
  core_ended(core, "m", CORE_REFUSED, HANSE_F_POLICY);
  assert_string_equal(core_last(core)->plugin, "policy1");
  assert_string_equal(core_last(core)->where, "hanse.conf:9");
  assert_true(core_last(core)->text[0]);
  assert_int_equal(core->policies[0].asked, 1);
  assert_int_equal(core->policies[2].asked, 0);
  assert_int_equal(*core->router->refused[HANSE_F_POLICY], 1);
}

static void no_leave_to_defer(void **state) {
  struct core *core = *state;
  struct hanse_link *link = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  core->policies[0].never_defers = true;
  core->policies[0].say = HANSE_DEFER;
  core->admit[0] = 0;
  core->admit[1] = -1;
  core_commit(core);
  core_in(core, link, "m");
  core_ended(core, "m", CORE_REFUSED, HANSE_F_DEFERRED);
  assert_int_equal(core->policies[0].token, 0);
  assert_string_equal(core_last(core)->plugin, "policy0");
}

/* Outstanding questions are capped per module; each one that is answered makes room for another. */
static void token_cap(void **state) {
  struct core *core = *state;
  struct hanse_link *link = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  core->settings = "limits = { deferred_per_module = 2; };";
  core->policies[0].say = HANSE_DEFER;
  core->policies[0].later = HANSE_ABSTAIN;
  core->admit[0] = 0;
  core->admit[1] = -1;
  core_commit(core);
  core_in(core, link, "a");
  core_in(core, link, "b");
  core_in(core, link, "c");
  core_ended(core, "c", CORE_REFUSED, HANSE_F_DEFERRED);
  assert_int_equal(core->policies[0].instance->tokens, 2);
  assert_int_equal(core_resolve(&core->policies[0]), HANSE_OK);
  core_in(core, link, "d");
  core_turn(core);
  core_ended(core, "a", CORE_DELIVERED, HANSE_F_NONE);
  core_ended(core, "d", 0, HANSE_F_NONE);
  while (core_resolve(&core->policies[0]) == HANSE_OK) core_turn(core);
  core_ended(core, "b", CORE_DELIVERED, HANSE_F_NONE);
  core_ended(core, "d", CORE_DELIVERED, HANSE_F_NONE);
  assert_int_equal(core->policies[0].instance->tokens, 0);
}

/* At ROUTED a policy is told whether another one voted for the message at ADMIT, in whatever order they are asked; a
   configured partner is such a vote. */
static void told_of_votes(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->admit);
  struct hanse_link *stranger = core_link(core, HANSE_SIDE_PARTNER, "sip.stranger.example");
  for (int i = 0; i < ASKED; i++) core->routed[i] = i;
  core->routed[ASKED] = -1;
  core_commit(core);
  for (unsigned votes_for = 1; votes_for < 1u << ASKED; votes_for++) {
    for (int i = 0; i < ASKED; i++) {
      core->policies[i].say = HANSE_ALLOW;
      core->policies[i].votes_at_routed_only = !(votes_for & 1u << i);
    }
    core_send(core, stranger, "m", "stranger.example", "contoso.example", "m");
    for (int i = 0; i < ASKED; i++) assert_int_equal(core->policies[i].allowed, (votes_for & ~(1u << i)) != 0);
  }
  core_in(core, core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example"), "m");
  for (int i = 0; i < ASKED; i++) assert_true(core->policies[i].allowed);
}

/* ---- answers ---- */

struct answering {
  struct core *core;
  struct hanse_link *home, *partner;
  hanse_ticket ticket;
};

/* As a handshake would; goes with the link. */
static void shows_certificate(struct hanse_link *link) {
  link->certificate = calloc(1, sizeof *link->certificate);
  assert_non_null(link->certificate);
}

static struct answering asked(struct core *core) {
  struct answering a = {.core = core,
                        .home = core_link(core, HANSE_SIDE_HOME, "pool.contoso.example"),
                        .partner = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example")};
  shows_certificate(a.home);
  shows_certificate(a.partner);
  struct message *message = core_message(core, a.home, "ask", "contoso.example", "fabrikam.example", "c");
  assert_int_equal(hanse_ticket_open(core->protocol.host, core, &a.ticket), HANSE_OK);
  message->public.ticket = a.ticket;
  core->keep = true; /* the transaction keeps its message */
  hanse_submit_take(core->protocol.host, &message->public);
  core->keep = false;
  core_ended(core, "ask", CORE_DELIVERED, HANSE_F_NONE);
  return a;
}

static int answered(struct answering *a, const char *name) {
  struct message *answer = core_message(a->core, a->partner, name, "fabrikam.example", "contoso.example", "c");
  return hanse_answer_take(a->core->protocol.host, a->ticket, &answer->public);
}

/* An answer passes one stage, in which ALLOW means nothing and the default does not count. */
static void answers(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->answer);
  struct answering a = asked(core);
  static const int quiet[] = {HANSE_ABSTAIN, HANSE_ALLOW};
  for (int i = 0; i < 2; i++) {
    core->policies[0].say = quiet[i];
    assert_int_equal(answered(&a, "ok"), HANSE_OK);
    core_ended(core, "ok", CORE_ANSWERED, HANSE_F_NONE);
  }
  core->policies[0].say = HANSE_DENY;
  assert_int_equal(answered(&a, "no"), HANSE_OK);
  core_ended(core, "no", CORE_DENIED, HANSE_F_POLICY);
  core->policies[0].say = HANSE_DEFER;
  core->policies[0].later = HANSE_ALLOW;
  assert_int_equal(answered(&a, "180"), HANSE_OK);
  assert_int_equal(answered(&a, "200"), HANSE_OK); /* behind it, in order */
  core_ended(core, "180", 0, HANSE_F_NONE);
  for (int i = 0; i < 2; i++) {
    assert_int_equal(core_resolve(&core->policies[0]), HANSE_OK);
    core_turn(core);
  }
  assert_string_equal(core->seen[core->seen_count - 2].name, "180");
  core_ended(core, "200", CORE_ANSWERED, HANSE_F_NONE);
  assert_int_equal(core->waiting, 0); /* only messages are said to wait */
  assert_int_equal(core->policies[0].stages, HANSE_STAGE_ANSWER);
  hanse_ticket_close(core->protocol.host, a.ticket);
}

/* Without a ticket, or when it closes while the answer waits: dropped and counted. */
static void stray_answers(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->answer);
  struct answering a = asked(core);
  core->policies[0].say = HANSE_DEFER;
  core->policies[0].later = HANSE_ALLOW;
  assert_int_equal(answered(&a, "200"), HANSE_OK);
  hanse_ticket_close(core->protocol.host, a.ticket);
  assert_int_equal(core_resolve(&core->policies[0]), HANSE_OK);
  core_turn(core);
  assert_null(core_of(core, "200"));
  assert_int_equal(*core->router->stray_answers, 1);
  assert_int_equal(answered(&a, "200"), HANSE_GONE);
  assert_int_equal(*core->router->stray_answers, 2);
}

/* An answer is accompanied: the peer is the one that was recorded, whoever the address of the answer names. */
static void answers_peer(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->answer);
  struct answering a = asked(core);
  struct message *answer = core_message(core, a.partner, "200", "evil.example", "evil.example", "c");
  core->keep = true;
  assert_int_equal(hanse_answer_take(core->protocol.host, a.ticket, &answer->public), HANSE_OK);
  const struct hanse_facts *facts = &core->kept[1]->facts;
  assert_non_null(facts->partner);
  assert_true(hanse_same(facts->partner->entry.domain, HANSE_LIT("fabrikam.example")));
  assert_int_equal(facts->wire_type, HANSE_WIRE_DIRECT_PARTNER);
  assert_int_equal(facts->decision, core->kept[0]->facts.decision);
  assert_ptr_equal(facts->certificate, a.home->certificate); /* of who had asked */
  hanse_ticket_close(core->protocol.host, a.ticket);
}

/* explain: the same stages, nothing is deferred and nothing is kept. */
static void dry(void **state) {
  struct core *core = with_policies(state, ((struct core *)*state)->admit);
  struct hanse_link *link = core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  struct message *message = core_message(core, link, "m", "fabrikam.example", "contoso.example", "m");
  message->dry = true;
  assert_true(way_try(message));
  assert_true(core->policies[0].dry);
  assert_true(core->types[0].dry);
  assert_int_equal(core->policies[0].token, 0);
  assert_null(link->upper.bindings);
  core->policies[2].say = HANSE_DENY;
  assert_false(way_try(message));
  assert_int_equal(message->way.why.failure, HANSE_F_POLICY);
  assert_int_equal(*core->router->refused[HANSE_F_POLICY], 0);
  message_free(message);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(admit_in_every_order, setup, teardown),
      cmocka_unit_test_setup_teardown(routed_in_every_order, setup, teardown),
      cmocka_unit_test_setup_teardown(denial_is_told, setup, teardown),
      cmocka_unit_test_setup_teardown(no_leave_to_defer, setup, teardown),
      cmocka_unit_test_setup_teardown(token_cap, setup, teardown),
      cmocka_unit_test_setup_teardown(told_of_votes, setup, teardown),
      cmocka_unit_test_setup_teardown(answers, setup, teardown),
      cmocka_unit_test_setup_teardown(stray_answers, setup, teardown),
      cmocka_unit_test_setup_teardown(answers_peer, setup, teardown),
      cmocka_unit_test_setup_teardown(dry, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
