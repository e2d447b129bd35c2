/* Bindings: who a peer is for one sender domain on one link. */
#include "router/binding.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

struct bench {
  struct hanse_link link;
  struct partner_set *set;
  struct hanse_partner partner;
};

static int setup(void **state) {
  struct bench *bench = calloc(1, sizeof *bench);
  bench->set = partner_set_new(0, 0);
  *state = bench;
  return 0;
}
static int teardown(void **state) {
  struct bench *bench = *state;
  bindings_clear(&bench->link);
  assert_int_equal(bench->set->holds, 1);
  partner_set_release(bench->set);
  free(bench);
  return 0;
}

static void finds_its_own(void **state) {
  struct bench *b = *state;
  char domain[] = "fabrikam.example";
  assert_null(binding_find(&b->link, hanse_text(domain), 1, 0));
  binding_add(&b->link, hanse_text(domain), b->set,
              &(struct party){.partner = &b->partner, .wire_type = HANSE_WIRE_DIRECT_PARTNER}, 1, 0);
  binding_add(&b->link, HANSE_LIT("litware.example"), b->set,
              &(struct party){.partner = NULL, .wire_type = HANSE_WIRE_AUTO_FEDERATION}, 1, 0);
  domain[0] = 'x'; /* it was copied */
  const struct binding *found = binding_find(&b->link, HANSE_LIT("fabrikam.example"), 1, 1000);
  assert_ptr_equal(found->party.partner, &b->partner);
  assert_int_equal(found->party.wire_type, HANSE_WIRE_DIRECT_PARTNER);
  assert_null(binding_find(&b->link, HANSE_LIT("litware.example"), 1, 0)->party.partner);
  static const char *const others[] = {"", "fabrikam.exampl", "fabrikam.example.", "a.fabrikam.example", "example"};
  for (size_t i = 0; i < sizeof others / sizeof *others; i++)
    assert_null(binding_find(&b->link, hanse_text(others[i]), 1, 0));
  assert_int_equal(b->set->holds, 3);
}

/* Until the next commit, or as long as DNS said. */
static void lasts(void **state) {
  struct bench *b = *state;
  struct hanse_slice domain = HANSE_LIT("fabrikam.example");
  binding_add(&b->link, domain, b->set, &(struct party){.partner = &b->partner, .wire_type = 1}, 7, 5000);
  assert_non_null(binding_find(&b->link, domain, 7, 5000));
  assert_null(binding_find(&b->link, domain, 7, 5001));
  assert_null(binding_find(&b->link, domain, 8, 100));
  assert_null(binding_find(&b->link, domain, 6, 100));
  binding_add(&b->link, domain, b->set, &(struct party){.partner = &b->partner, .wire_type = 1}, 8,
              0); /* instead of the old one */
  assert_non_null(binding_find(&b->link, domain, 8, INT64_MAX));
  assert_int_equal(b->set->holds, 2);
}

/* H11: a peer that may send in many names costs a bounded amount. */
static void bounded(void **state) {
  struct bench *b = *state;
  char domain[64];
  for (int i = 0; i < 5000; i++) {
    snprintf(domain, sizeof domain, "d%d.fabrikam.example", i);
    binding_add(&b->link, hanse_text(domain), b->set, &(struct party){.partner = &b->partner, .wire_type = 1}, 1, 0);
    assert_non_null(binding_find(&b->link, hanse_text(domain), 1, 0));
    assert_true(HASH_COUNT(b->link.upper.bindings) <= 1024);
    assert_true(b->set->holds <= 1025);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(finds_its_own, setup, teardown),
      cmocka_unit_test_setup_teardown(lasts, setup, teardown),
      cmocka_unit_test_setup_teardown(bounded, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
