/* Work of a reload that takes long is done in pieces, a turn each: configure, and what an old instance saves when its
   successor has taken over. What never ends is ended (T29). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
/* cmocka wants the ones above first */
#include <cmocka.h>

#include "router/instance.h"
#include "tests/lib/core_harness.h"

static struct {
  int calls, pieces; /* of the slot under test; how many it needs */
  int last;          /* what the last piece returns */
  int adopted, adopt_status;
  char text[64];
  struct hanse_host *saver;
} told;

static int piece(void) { return ++told.calls < told.pieces ? HANSE_AGAIN : told.last; }

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  (void)self, (void)settings;
  int status = piece();
  if (status < 0) hanse_explain(problem, "not like this");
  return status;
}

static int save_rest(void *self) {
  (void)self;
  char text[16];
  snprintf(text, sizeof text, "%d ", told.calls + 1);
  assert_int_equal(hanse_save(told.saver, hanse_text(text)), HANSE_OK);
  return piece();
}

static int adopt(void *self, const struct hanse_saved *saved) {
  (void)self;
  told.adopted++;
  for (uint32_t i = 0; i < saved->count; i++) strncat(told.text, saved->records[i].at, saved->records[i].len);
  return told.adopt_status;
}

/* policies[0] is the old one, policies[1] the one that follows. */
static int setup(void **state) {
  struct core *core = *state = core_new();
  memset(&told, 0, sizeof told);
  told.saver = core->policies[0].host;
  core->policies[0].plugin.save_rest = save_rest;
  core->policies[1].plugin.adopt = adopt;
  core->policies[1].plugin.configure = configure;
  return 0;
}
static int teardown(void **state) {
  core_free(*state);
  return 0;
}

static void configure_in_pieces(void **state) {
  struct core *core = *state;
  struct hanse_problem problem = {0};
  struct instance *instance = core->policies[1].instance;
  for (int time = 0; time < 2; time++) { /* nothing is left of one when the next begins */
    told.calls = 0;
    told.pieces = 3;
    assert_int_equal(instance_configure(instance, &problem), HANSE_AGAIN);
    assert_int_equal(instance_configure(instance, &problem), HANSE_AGAIN);
    assert_int_equal(instance_configure(instance, &problem), HANSE_OK);
    assert_string_equal(problem.text, "");
  }
  told.calls = 0;
  told.last = HANSE_INVALID;
  while (instance_configure(instance, &problem) == HANSE_AGAIN) assert_string_equal(problem.text, "");
  assert_string_equal(problem.text, "not like this");
}

static void configure_without_end(void **state) {
  struct core *core = *state;
  struct hanse_problem problem = {0};
  told.pieces = INT32_MAX;
  int status;
  do status = instance_configure(core->policies[1].instance, &problem);
  while (status == HANSE_AGAIN && told.calls < 10000000);
  assert_int_equal(status, HANSE_FAIL);
  assert_string_equal(problem.text, "module \"policy1\" does not come to an end in configure");
}

static void the_rest_in_pieces(void **state) {
  struct core *core = *state;
  struct instance *old = core->policies[0].instance, *new = core->policies[1].instance;
  told.pieces = 3;
  assert_int_equal(instance_adopt_rest(new, old), HANSE_OK); /* it still serves: nothing is the last yet */
  assert_int_equal(told.calls, 0);
  instance_drain(old);
  assert_int_equal(instance_adopt_rest(new, old), HANSE_AGAIN);
  assert_string_equal(told.text, "1 ");
  assert_int_equal(instance_adopt_rest(new, old), HANSE_AGAIN);
  assert_int_equal(instance_adopt_rest(new, old), HANSE_OK);
  assert_string_equal(told.text, "1 2 3 ");
  assert_int_equal(told.adopted, 3);
  assert_int_equal(old->record_count, 0);
}

static void the_rest_is_refused(void **state) {
  struct core *core = *state;
  struct instance *old = core->policies[0].instance, *new = core->policies[1].instance;
  told.pieces = 3;
  told.adopt_status = HANSE_INVALID;
  instance_drain(old);
  assert_int_equal(instance_adopt_rest(new, old), HANSE_INVALID);
  assert_int_equal(old->record_count, 0);
}

static void the_rest_without_end(void **state) {
  struct core *core = *state;
  struct instance *old = core->policies[0].instance, *new = core->policies[1].instance;
  told.pieces = INT32_MAX;
  instance_drain(old);
  int status;
  do {
    told.text[0] = '\0';
    status = instance_adopt_rest(new, old);
  } while (status == HANSE_AGAIN && told.calls < 10000000);
  assert_int_equal(status, HANSE_FAIL);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(configure_in_pieces, setup, teardown),
      cmocka_unit_test_setup_teardown(configure_without_end, setup, teardown),
      cmocka_unit_test_setup_teardown(the_rest_in_pieces, setup, teardown),
      cmocka_unit_test_setup_teardown(the_rest_is_refused, setup, teardown),
      cmocka_unit_test_setup_teardown(the_rest_without_end, setup, teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
