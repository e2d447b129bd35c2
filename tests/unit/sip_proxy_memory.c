/* H4: memory runs out at every single point: nothing crashes, nothing stays. */
#include "tests/lib/sip_bench.h"

/* A whole conversation with whatever can be said in it. */
static void converse(struct sip_bench *b) {
  struct hanse_link *second = sip_bench_second(b);
  fake_receive(b->home,
               sip_bench_request(b, HANSE_SIDE_HOME, "MESSAGE", "sip:bob@B.test", "m",
                                 "Route: <sip:inner.a.test;lr>, <sip:x;lr>\nP-Asserted-Identity: <sip:x@y>\n", NULL));
  if (sip_bench_count(b, b->partner)) fake_receive(b->partner, sip_bench_response(b, b->partner, "200 OK", NULL, NULL));
  fake_take(b->partner);
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "INVITE", "sip:bob@b.test", "i",
                                          "Proxy-Require: ms-benotify\nMax-Breadth: 70\n", NULL));
  if (sip_bench_count(b, b->partner)) {
    fake_receive(b->partner, sip_bench_response(b, b->partner, "180 Ringing", NULL, NULL));
    fake_receive(b->partner, sip_bench_response(b, b->partner, "503 Busy", NULL, NULL));
  }
  if (sip_bench_count(b, second)) {
    fake_receive(second, sip_bench_response(b, second, "100 Trying", NULL, NULL));
    struct hanse_slice busy = sip_bench_response(b, second, "486 Busy Here", NULL, NULL);
    fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "CANCEL", "sip:bob@b.test", "i", NULL, NULL));
    fake_receive(second, busy);
  }
  fake_receive(b->home, sip_bench_request(b, HANSE_SIDE_HOME, "OPTIONS", "sip:node.test", "o", NULL, NULL));
  fake_receive(b->home, HANSE_LIT("INVITE sip:x@b.test SIP/2.0\r\nVia: SIP/2.0/TLS x;branch=z9hG4bKz\r\n\r\n"));
}

static void test_every_point(void **state) {
  (void)state;
  bool complete = false;
  for (long n = 0; !complete; n++) {
    void *bench;
    sip_bench_setup(&bench);
    struct sip_bench *b = bench;
    fake_fail_after(b->world, n);
    converse(b);
    complete = fake_memory_left(b->world) > 0;
    fake_fail_after(b->world, -1);
    sip_bench_teardown(&bench); /* asserts that nothing is left */
    assert_in_range(n, 0, 1000);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_every_point)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
