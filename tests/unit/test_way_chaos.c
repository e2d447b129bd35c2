/* Everything at once, by chance: messages and answers of several conversations on several links; policies and types
   that answer at once, early, late, twice or never; CANCEL, lost links, reloads, time. Each message ends once, in the
   order of its conversation, and nothing is left. The seed is printed, and may be given as the argument. */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#define STEPS 3000
#define TALKS 5
#define LINKS 4

struct chaos {
  struct core *core;
  uint32_t chance;
  int number;                     /* of the last message that was submitted; its octets */
  struct message *out[STEPS + 1]; /* submitted and not ended, by number */
  int talk[STEPS + 1];            /* which conversation it is of */
  bool overtakes[STEPS + 1];      /* its end was forced (CANCEL, lost link, full): it keeps no order */
  int last[TALKS];                /* the last that ended in order */
  size_t looked;                  /* at how many ends we have looked */
  int withdrawn;
};

static uint32_t seed;

static uint32_t dice(struct chaos *c, uint32_t sides) {
  c->chance = c->chance * 1664525u + 1013904223u;
  return (c->chance >> 8) % sides;
}

static struct hanse_link *any_link(struct chaos *c) { return c->core->links[dice(c, LINKS)]; }

/* ---- what may happen ---- */

static void submit(struct chaos *c) {
  static const char *const theirs[] = {"fabrikam.example", "litware.example", "mail.fabrikam.example",
                                       "nobody.example"};
  static const char *const ours[] = {"contoso.example", "sales.contoso.example"};
  static const char *const talks[TALKS] = {"a", "b", "c", "d", ""};
  struct hanse_link *link = any_link(c);
  if (link->state != LINK_OPEN) return;
  char name[16];
  int n = ++c->number;
  snprintf(name, sizeof name, "%d", n);
  const char *them = theirs[dice(c, 4)], *us = ours[dice(c, 2)];
  bool in = link->side == HANSE_SIDE_PARTNER;
  c->talk[n] = (int)dice(c, TALKS);
  c->out[n] = core_message(c->core, link, name, in ? them : us, in ? us : them, talks[c->talk[n]]);
  hanse_submit_take(c->core->protocol.host, &c->out[n]->public);
}

static void cancel(struct chaos *c) {
  int n = c->number ? 1 + (int)dice(c, (uint32_t)c->number) : 0;
  if (!n || !c->out[n]) return;
  assert_int_equal(hanse_withdraw(c->core->protocol.host, &c->out[n]->public), HANSE_OK);
  hanse_message_free(c->core->protocol.host, &c->out[n]->public);
  c->out[n] = NULL;
  c->withdrawn++;
}

static void lose_link(struct chaos *c) {
  struct hanse_link *link = any_link(c);
  for (int n = 1; n <= c->number; n++)
    if (c->out[n] && c->out[n]->public.link == link) c->overtakes[n] = true;
  core_link_closed(c->core, link);
  link->state = LINK_OPEN; /* another one, as far as this test goes */
}

static void change_minds(struct chaos *c) {
  static const int verdicts[] = {HANSE_ABSTAIN, HANSE_ALLOW, HANSE_DENY, HANSE_DEFER, HANSE_DEFER, CORE_EARLY, 77};
  static const int founds[] = {
      HANSE_FOUND_YES, HANSE_FOUND_YES, HANSE_FOUND_NO, HANSE_FOUND_LATER, CORE_EARLY, HANSE_FOUND_NOT_MINE, 99};
  for (int i = 0; i < CORE_POLICIES; i++) {
    c->core->policies[i].say = verdicts[dice(c, 7)];
    c->core->policies[i].later = (int)dice(c, 4);
  }
  for (int i = 0; i < CORE_TYPES; i++) {
    c->core->types[i].say = founds[dice(c, 7)];
    c->core->types[i].route = founds[dice(c, 7)];
    c->core->types[i].later = 1 + (int)dice(c, 4);
    c->core->types[i].whole_entry = dice(c, 2);
    c->core->types[i].lasts = dice(c, 2) ? 5 * HANSE_SECOND : 0;
  }
}

static void reload(struct chaos *c) {
  for (int i = 0, n = (int)dice(c, CORE_POLICIES); i <= n; i++) c->core->admit[i] = i < n ? i : -1;
  for (int i = 0, n = (int)dice(c, CORE_POLICIES); i <= n; i++) c->core->routed[i] = i < n ? n - i : -1;
  c->core->default_allow = dice(c, 2);
  c->core->entry_count = 2 + dice(c, 2);
  core_commit(c->core);
}

static struct core_module *any_module(struct chaos *c) {
  uint32_t i = dice(c, CORE_POLICIES + CORE_TYPES);
  return i < CORE_POLICIES ? &c->core->policies[i] : &c->core->types[i - CORE_POLICIES];
}

static void answer_twice(struct chaos *c) {
  struct core_module *module = any_module(c);
  hanse_token token = module->token_count ? module->tokens[0] : module->token;
  uint64_t before = *c->core->router->late_verdicts;
  if (core_resolve(module) != HANSE_OK) return;
  assert_int_equal(hanse_resolve_verdict(module->host, token, HANSE_ALLOW, NULL), HANSE_GONE);
  assert_int_equal(hanse_resolve_found(module->host, token, HANSE_FOUND_YES, NULL), HANSE_GONE);
  assert_int_equal(*c->core->router->late_verdicts, before + 2);
}

static void step(struct chaos *c) {
  uint32_t what = dice(c, 100);
  if (what < 40) {
    submit(c);
  } else if (what < 60) {
    core_resolve(any_module(c));
  } else if (what < 66) {
    answer_twice(c);
  } else if (what < 72) {
    cancel(c);
  } else if (what < 80) {
    change_minds(c);
  } else if (what < 84) {
    reload(c);
  } else if (what < 86) {
    lose_link(c);
  } else if (what < 89) {
    core_later(c->core, dice(c, 4) * HANSE_SECOND);
  } else {
    core_turn(c->core);
  }
}

/* ---- what must hold ---- */

static void look(struct chaos *c) {
  struct core *core = c->core;
  for (; c->looked < core->seen_count; c->looked++) {
    const struct core_seen *seen = &core->seen[c->looked];
    int n = atoi(seen->name);
    if (!c->out[n]) fail_msg("seed %u: message %d ended twice", seed, n);
    c->out[n] = NULL;
    int *last = &c->last[c->talk[n]];
    if (c->talk[n] == TALKS - 1 || c->overtakes[n] || seen->failure == HANSE_F_BUSY) continue;
    if (n < *last) fail_msg("seed %u: message %d ended after %d of the same conversation", seed, n, *last);
    *last = n;
  }
}

static void calm_down(struct chaos *c) {
  for (int i = 0; i < CORE_POLICIES; i++) c->core->policies[i].say = HANSE_ABSTAIN;
  for (int i = 0; i < CORE_TYPES; i++) c->core->types[i].say = c->core->types[i].route = HANSE_FOUND_YES;
  for (int i = 0; i < 400; i++) {
    core_later(c->core, HANSE_SECOND);
    look(c);
  }
}

static void run(uint32_t with) {
  struct chaos *c = calloc(1, sizeof *c);
  seed = c->chance = with;
  c->core = core_new();
  c->core->settings = "policy = { deferred_timeout = \"10s\"; }; limits = { held_per_conversation = 10000; };";
  core_entry(c->core, "litware.example", 1, NULL);
  c->core->types[1].host_name = "sip.litware.example";
  c->core->types[2].catch_all = true;
  c->core->types[2].host_name = "sip.provider.example";
  c->core->catch_all[0] = 2;
  c->core->catch_all[1] = -1;
  core_commit(c->core);
  for (int i = 0; i < LINKS; i++)
    core_link(c->core, i % 2 ? HANSE_SIDE_PARTNER : HANSE_SIDE_HOME,
              i % 2 ? "sip.fabrikam.example" : "pool.contoso.example");
  for (int i = 0; i < STEPS; i++) {
    step(c);
    look(c);
  }
  calm_down(c);
  for (int n = 1; n <= c->number; n++)
    if (c->out[n]) fail_msg("seed %u: message %d never ended", seed, n);
  assert_int_equal(c->core->seen_count + (size_t)c->withdrawn, c->number);
  assert_null(c->core->router->conversations);
  assert_null(c->core->router->ready);
  for (const struct instance *one = c->core->router->instances; one; one = one->next) {
    assert_int_equal(one->tokens, 0);
    assert_int_equal(one->messages, 0);
  }
  core_free(c->core);
  free(c);
}

static uint32_t first = 1, runs = 30;

static void chaos(void **state) {
  (void)state;
  for (uint32_t i = 0; i < runs; i++) run(first + i);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(chaos)};
  if (argc > 1) first = (uint32_t)strtoul(argv[1], NULL, 10);
  if (argc > 1) runs = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1;
  return cmocka_run_group_tests(tests, NULL, NULL);
}
