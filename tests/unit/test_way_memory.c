/* H4: every allocation may fail: messages that wait, are held back, are answered and are refused, with the n-th
   allocation failing, for all n in turn. A message may be refused for it; none is lost, and nothing leaks. */
#include "tests/lib/core_harness.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#ifdef HANSE_SANITIZED /* brings its own malloc */

int main(void) {
  printf("1..0 # SKIP sanitizers have an allocator of their own\n");
  return 0;
}

#else

#include <hanse/fake_host.h>

static size_t sent;

/* hanse_message_new may say that there is no memory; then the protocol has nothing to submit. */
static void submit(struct core *core, struct hanse_link *link, const char *name, const char *from, const char *to,
                   const char *conversation) {
  struct hanse_message *public = hanse_message_new(core->protocol.host, link, hanse_text(name));
  if (!public) return;
  public->facts->from.domain = hanse_text(from);
  public->facts->to.domain = hanse_text(to);
  public->facts->conversation = hanse_text(conversation);
  sent++;
  hanse_submit_take(core->protocol.host, public);
}

static void scenario(struct core *core) {
  struct hanse_link *partner = core->links[0], *home = core->links[1];
  core->policies[0].say = HANSE_DEFER;
  submit(core, partner, "slow", "fabrikam.example", "contoso.example", "c");
  core->policies[0].say = HANSE_ALLOW;
  submit(core, partner, "behind", "fabrikam.example", "contoso.example", "c");
  submit(core, partner, "free", "fabrikam.example", "contoso.example", "d");
  submit(core, home, "out", "contoso.example", "fabrikam.example", "e");
  submit(core, home, "nowhere", "contoso.example", "nobody.example", "f");
  core->types[0].route = HANSE_FOUND_LATER;
  submit(core, home, "late", "contoso.example", "fabrikam.example", "g");
  core->types[0].route = HANSE_FOUND_YES;
  core_resolve(&core->policies[0]);
  core_turn(core);
  core_resolve(&core->types[0]);
  core_turn(core);
}

/* Fails the n-th allocation; returns whether there were as many. */
static bool with_failure(long n) {
  struct core *core = core_new();
  core->policies[0].later = HANSE_ALLOW;
  core->types[0].later = HANSE_FOUND_YES;
  core->types[0].forgives = true;
  core->admit[0] = 0;
  core->admit[1] = -1;
  core_commit(core);
  core_link(core, HANSE_SIDE_PARTNER, "sip.fabrikam.example");
  core_link(core, HANSE_SIDE_HOME, "pool.contoso.example");
  sent = 0;
  fake_fail_allocation((unsigned)n);
  scenario(core);
  fake_fail_allocation(0);
  core_later(core, HANSE_SECOND);
  assert_int_equal(core->seen_count, sent); /* each ended, once */
  if (!fake_allocation_failed()) {
    core_ended(core, "slow", CORE_DELIVERED, HANSE_F_NONE);
    core_ended(core, "late", CORE_DELIVERED, HANSE_F_NONE);
    core_ended(core, "nowhere", CORE_REFUSED, HANSE_F_NO_ROUTE);
  }
  core_free(core); /* which looks whether all was given back */
  return fake_allocation_failed();
}

static void every_allocation_fails(void **state) {
  long n = 1;
  (void)state;
  while (with_failure(n)) n++;
  print_message("%ld allocations\n", n - 1);
  assert_true(n > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(every_allocation_fails)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
