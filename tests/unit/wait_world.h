/* A router whose first policy defers, for the tests of waiting. */
#ifndef TESTS_UNIT_WAIT_WORLD_H
#define TESTS_UNIT_WAIT_WORLD_H

#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

/* The first policy defers at ADMIT, and allows later. */
static int setup(void **state) {
  struct core *core = core_new();
  core->policies[0].say = HANSE_DEFER;
  core->policies[0].later = HANSE_ALLOW;
  core->admit[0] = 0;
  core->admit[1] = -1;
  core->settings = "policy = { deferred_timeout = \"10s\"; };";
  core_commit(core);
  core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  *state = core;
  return 0;
}
static int teardown(void **state) {
  struct core *core = *state;
  assert_null(core->router->conversations);
  assert_null(core->router->ready);
  for (const struct instance *one = core->router->instances; one; one = one->next) assert_int_equal(one->tokens, 0);
  core_free(core);
  return 0;
}

static struct hanse_link *link_of(struct core *core) { return core->links[0]; }

static struct message *send_in(struct core *core, const char *name, const char *conversation) {
  return core_send(core, link_of(core), name, "fabrikam.example", "contoso.example", conversation);
}

#endif
