/* H4: every allocation may fail: a link that opens, carries messages both ways and ends, with the n-th one failing, for
   all n in turn. The connection may be lost; nothing else. */
#include "tests/unit/link_world.h"

#include "router/log.h"

#ifdef HANSE_SANITIZED /* brings its own malloc */

int main(void) {
  printf("1..0 # SKIP sanitizers have an allocator of their own\n");
  return 0;
}

#else

#include <hanse/fake_host.h>

/* The link that we dial says a long line, which comes back. */
static void speak(struct world *world, struct hanse_link *link) {
  (void)world;
  if (!link->outbound) return;
  char *room = link_room(link, 40000);
  if (!room) return;
  memset(room, 'x', 40000);
  room[39999] = '\n';
  link_filled(link, 40000);
}

static void listen_and_end(struct world *world, struct hanse_link *link, struct hanse_input *in) {
  (void)in;
  if (link->outbound && world->messages >= 2) link_shut(link, HANSE_F_NONE, "done");
}

/* Fails the n-th allocation of a scenario; returns whether it had as many. */
static bool scenario(struct world *world, long n) {
  world->opened = world->closed = world->done = world->messages = 0;
  world->heard_len = 0;
  struct dial how = {.address = world_address("127.0.0.1", listener_port(world->listener)),
                     .address_length = sizeof(struct sockaddr_in),
                     .tls = world->peer_profile,
                     .rule = HANSE_IDENTITY_SIP,
                     .side = HANSE_SIDE_PARTNER,
                     .prove = HANSE_LIT("edge.a.test"),
                     .protocol = HANSE_LIT("sip"),
                     .local = HANSE_LIT("edge.b.test:5061"),
                     .done = world_done,
                     .argument = world};
  fake_fail_allocation((unsigned)n);
  struct hanse_link *link = transport_dial(world->transport, &how);
  for (int i = 0; i < 400 && transport_links(world->transport); i++) {
    loop_turn(world->loop, false);
    if (i > 300) world_later(world, HANSE_SECOND);
  }
  fake_fail_allocation(0);
  for (struct hanse_link *one = transport_links(world->transport); one; one = one->next)
    link_shut(one, HANSE_F_NONE, "what could not be said will not be answered");
  for (int i = 0; i < 60 && transport_links(world->transport); i++) world_later(world, HANSE_SECOND);
  assert_null(transport_links(world->transport));
  if (link) {
    assert_int_equal(world->done, 1);
    assert_int_equal(link->state, LINK_CLOSED);
    link_release(link);
  }
  assert_int_equal(world->opened, world->closed);
  assert_int_equal(transport_figures(world->transport)->open, 0);
  assert_int_equal(transport_figures(world->transport)->pending, 0);
  return fake_allocation_failed();
}

static void each_allocation_in_turn(void **state) {
  (void)state;
  struct world *world = world_new();
  world->echo = true;
  world->on_open = speak;
  world->on_input = listen_and_end;
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  assert_false(scenario(world, 0));
  assert_int_equal(world->opened, 2);
  assert_true(world->messages >= 2);
  const char *given = getenv("HANSE_TEST_STRIDE"); /* 1: every one of them, which takes a minute */
  long stride = given ? atol(given) : 13, n = 1;
  while (scenario(world, n)) n += stride;
  assert_true(n > 500);               /* there were some to fail */
  assert_int_equal(world->opened, 2); /* and the last run, in which none did, is as good as the first */
  assert_true(world->messages >= 2);
  world_free(world);
}

int main(void) {
  log_level_set(HANSE_ERROR);
  const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_in_turn)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
