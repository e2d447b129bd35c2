#include "tests/unit/link_world.h"

/* ---- the plain way ---- */

static void messages_both_ways(void **state) {
  struct world *world = *state;
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
  assert_int_equal(world->link->bytes_in, 8);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->why, HANSE_CLOSE_PEER);
  assert_int_equal(world->ends, 1);
}

/* One request in flight: one read and one write for each lap, and no turn more than the two that epoll reports. */
static void a_lap_costs_one_read_and_one_write(void **state) {
  struct world *world = *state;
  world->echo = true;
  struct peer *peer = peer_linked(world);
  peer_say(world, peer, "warm up\n");
  PEER_UNTIL(world, peer, peer->got_len == 8);
  const struct wire *wire = &world->link->io->wire;
  uint32_t reads = wire->reads, writes = wire->writes;
  uint64_t turns = loop_turns(world->loop);
  for (size_t lap = 1; lap <= 100; lap++) {
    peer_say(world, peer, "message\n");
    loop_turn(world->loop, true);  /* epoll reports it, the echo waits */
    loop_turn(world->loop, false); /* it is flushed before epoll is asked again */
    assert_int_equal(world->messages, lap + 1);
    arrived(peer->fd);
    peer_step(peer);
    assert_int_equal(peer->got_len, 8 + lap * 8);
  }
  assert_int_equal(wire->reads - reads, 100);
  assert_int_equal(wire->writes - writes, 100);
  assert_int_equal(loop_turns(world->loop) - turns, 200);
  peer_free(peer);
}

static void output_of_a_turn_leaves_together(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  const struct wire *wire = &world->link->io->wire;
  uint32_t writes = wire->writes;
  for (int i = 0; i < 20; i++) link_say(world->link, "some forty octets of text, give or take\n");
  assert_int_equal(wire->writes, writes);
  loop_turn(world->loop, false);
  assert_int_equal(wire->writes, writes + 1);
  char *large = calloc(1, 100 * 1024);
  for (int i = 0; i < 25; i++) link_give(world->link, large, 4 * 1024);
  loop_turn(world->loop, false);
  assert_int_equal(wire->writes, writes + 1 + 7); /* records of 16 KiB */
  PEER_UNTIL(world, peer, peer->got_len == 800 + 100 * 1024);
  free(large);
  assert_null(world->link->io->outbox.first);
  peer_free(peer);
}

static void room_that_is_not_filled_writes_nothing(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  uint32_t writes = world->link->io->wire.writes;
  assert_non_null(link_room(world->link, 100));
  link_filled(world->link, 0);
  loop_turn(world->loop, false);
  assert_int_equal(world->link->io->wire.writes, writes);
  assert_null(world->link->io->outbox.first);
  assert_non_null(link_room(world->link, 100000));
  link_say(world->link, "x\n");
  PEER_UNTIL(world, peer, peer->got_len == 2);
  peer_free(peer);
}

static void octet_by_octet(void **state) {
  struct world *world = *state;
  world->echo = true;
  struct peer *peer = peer_linked(world);
  const char *text = "INVITE of some kind\nand one more\n";
  for (size_t i = 0; text[i]; i++) {
    peer_send(world, peer, text + i, 1);
    world_turns(world, 2);
  }
  PEER_UNTIL(world, peer, peer->got_len == strlen(text));
  heard_is(world, text);
  assert_null(world->link->io->rest);
  peer_free(peer);
}

static void a_large_message_in_pieces(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  size_t n = 200 * 1024;
  char *text = malloc(n);
  memset(text, 'x', n);
  text[n - 1] = '\n';
  for (size_t at = 0; at < n; at += 1000) peer_send(world, peer, text + at, n - at < 1000 ? n - at : 1000);
  WORLD_UNTIL(world, world->messages == 1);
  assert_int_equal(world->heard_len, n);
  assert_memory_equal(world->heard, text, n);
  assert_null(world->link->io->rest);
  free(text);
  peer_free(peer);
}

/* ---- fairness ---- */

static void a_link_is_served_64_messages_a_turn(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  int first = world->link->io->wire.fd;
  struct peer *other = peer_linked(world);
  world_turns(world, 3);
  char text[64 * 20 * 2];
  for (size_t i = 0; i < sizeof text; i += 2) memcpy(text + i, "a\n", 2);
  peer_send(world, peer, text, sizeof text);
  peer_send(world, other, "b\n", 2);
  arrived(first);
  arrived(world->link->io->wire.fd);
  int before = 0, turns = 0;
  while (world->messages < 64 * 20 + 1) {
    loop_turn(world->loop, true); /* the ready list keeps it from sleeping */
    assert_true(world->messages - before <= 64 + 1);
    before = world->messages;
    turns++;
    if (turns == 2) assert_non_null(memchr(world->heard, 'b', world->heard_len)); /* not behind all of the first */
  }
  assert_true(turns >= 20 && turns < 24);
  peer_free(peer);
  peer_free(other);
}

static void a_link_is_served_64_kib_a_turn(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  size_t n = 1000 * 1000;
  char *text = malloc(n);
  memset(text, 'x', n);
  for (size_t i = 50000; i <= n; i += 50000) text[i - 1] = '\n';
  peer_send(world, peer, text, n);
  WORLD_UNTIL(world, world->messages == 20);
  assert_true(world->largest <= 2 * LINK_TURN_OCTETS);
  assert_memory_equal(world->heard, text, n);
  free(text);
  peer_free(peer);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_with_partners, end_of_world)
  const struct CMUnitTest tests[] = {
      TEST(messages_both_ways),
      TEST(a_lap_costs_one_read_and_one_write),
      TEST(output_of_a_turn_leaves_together),
      TEST(room_that_is_not_filled_writes_nothing),
      TEST(octet_by_octet),
      TEST(a_large_message_in_pieces),
      TEST(a_link_is_served_64_messages_a_turn),
      TEST(a_link_is_served_64_kib_a_turn),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
