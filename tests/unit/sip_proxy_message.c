/* The way of a MESSAGE and its answer. */
#include "tests/lib/sip_bench.h"

static void test_there_and_back(void **state) {
  struct sip_bench *b = *state;
  fake_receive(b->home, sip_bench_request(b, "MESSAGE", "sip:bob@b.test", "a", "hi"));
  struct hanse_slice out = fake_output(b->partner);
  fprintf(stderr, "%s\n", out.at);
  fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", ""));
  fprintf(stderr, "%s\n", fake_output(b->home).at);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(test_there_and_back, sip_bench_setup, sip_bench_teardown),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
