#include "tests/unit/link_world.h"

static void heard_is(const struct world *world, const char *text) {
  assert_int_equal(world->heard_len, strlen(text));
  assert_memory_equal(world->heard, text, strlen(text));
}

static void send_text(struct hanse_link *link, const char *text) {
  char *room = link_room(link, strlen(text));
  assert_non_null(room);
  memcpy(room, text, strlen(text));
  link_filled(link, strlen(text));
}

static void messages_both_ways(void **state) {
  (void)state;
  struct world *world = world_new();
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  world->echo = true;
  struct peer *peer = peer_linked(world);
  assert_int_equal(world->link->proved_count, 1);
  assert_true(link_proves(world->link, HANSE_LIT("edge.b.test")));
  assert_false(link_proves(world->link, HANSE_LIT("b.test")));
  assert_string_equal(world->link->local.at, "edge.a.test:5061");
  peer_say(world, peer, "one\ntwo\n");
  PEER_UNTIL(world, peer, peer->got_len == 8);
  heard_is(world, "one\ntwo\n");
  assert_memory_equal(peer->got, "one\ntwo\n", 8);
  assert_int_equal(world->link->queued, 8);
  assert_int_equal(world->link->written, 8);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->why, HANSE_CLOSE_PEER);
  world_free(world);
}

static void text_out(void **state) {
  (void)state;
  struct world *world = world_new();
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  struct peer *peer = peer_linked(world);
  send_text(world->link, "hello\n");
  PEER_UNTIL(world, peer, peer->got_len == 6);
  peer_free(peer);
  world_free(world);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(messages_both_ways), cmocka_unit_test(text_out)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
