#include "tests/unit/link_world.h"

/* A far end with little room for what it does not read: loopback would swallow megabytes. */
static struct peer *narrow_peer_linked(struct world *world) {
  int small = 16 * 1024;
  world->peer_room = small;
  struct peer *peer = peer_linked(world);
  setsockopt(world->link->io->wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  return peer;
}

/* ---- bounds ---- */

static void half_a_message_waits_30_seconds(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  peer_say(world, peer, "whole\nhal");
  WORLD_UNTIL(world, world->messages == 1);
  for (int i = 0; i < 29; i++) { /* one more octet each second does not help */
    world_later(world, HANSE_SECOND);
    peer_say(world, peer, ".");
    world_turns(world, 3);
    assert_int_equal(world->link->state, LINK_OPEN);
  }
  world_later(world, HANSE_SECOND);
  assert_int_equal(world->link->state, LINK_SHUTTING);
  PEER_UNTIL(world, peer, peer->over);
  assert_int_equal(peer->error, SSL_ERROR_ZERO_RETURN);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->why, HANSE_CLOSE_OURS);
  assert_string_equal(world->reason, "half a message waited too long");
}

static void a_whole_message_starts_the_time_anew(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  for (int i = 0; i < 5; i++) {
    peer_say(world, peer, "alf\nh");
    WORLD_UNTIL(world, world->messages == i + 1);
    world_later(world, 20 * HANSE_SECOND);
    assert_int_equal(world->link->state, LINK_OPEN);
  }
  peer_say(world, peer, "alf\n");
  WORLD_UNTIL(world, world->messages == 6);
  world_later(world, 100 * HANSE_SECOND);
  assert_int_equal(world->link->state, LINK_OPEN);
  peer_free(peer);
}

static void half_a_tls_record_waits_30_seconds(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  world_turns(world, 3);
  assert_int_equal(send(peer->fd, "\x17\x03\x03\x10", 4, 0), 4);
  WORLD_UNTIL(world, wire_holds_input(&world->link->io->wire));
  uint64_t turns = loop_turns(world->loop);
  world_turns(world, 3);
  assert_int_equal(world->link->io->queue, LINK_NOT_QUEUED); /* the loop may sleep */
  assert_int_equal(loop_turns(world->loop), turns + 3);
  world_later(world, 30 * HANSE_SECOND);
  assert_int_equal(world->link->state, LINK_SHUTTING);
  peer_free(peer);
}

static void a_message_without_end_is_cut(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  char text[4096];
  memset(text, 'x', sizeof text);
  size_t sent = 0;
  while (world->link->state == LINK_OPEN && sent < 10 * world->limits.message) {
    peer_send(world, peer, text, sizeof text);
    sent += sizeof text;
    world_turns(world, 1);
    if (world->link->io) assert_true(world->link->io->rest_room <= world->limits.message + LINK_TURN_OCTETS);
  }
  assert_true(sent <= world->limits.message + 4 * LINK_TURN_OCTETS);
  PEER_UNTIL(world, peer, peer->over);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->failure, HANSE_F_TOO_LARGE);
}

static void output_is_bounded(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  size_t waiting = 0;
  while (link_room(world->link, 10000)) {
    link_filled(world->link, 10000);
    waiting += 10000;
    assert_true(waiting <= world->limits.link_output);
  }
  assert_true(waiting > world->limits.link_output - 10000);
  assert_null(link_room(world->link, SIZE_MAX));
  assert_int_equal(world->link->queued, waiting);
  peer_free(peer);
}

/* A far end that sends and does not read: we stop reading from it, and lose nothing. */
static void a_link_whose_output_piles_up_is_not_read(void **state) {
  struct world *world = *state;
  world->echo = true;
  world->limits.link_output_high = 64 * 1024;
  world_limit(world);
  struct peer *peer = narrow_peer_linked(world);
  char text[1000];
  memset(text, 'x', sizeof text);
  text[999] = '\n';
  int sent = 0;
  size_t room = 0, put = 0;
  for (int quiet = 0; quiet < 200 && sent < 1000;) {
    size_t n = 0;
    SSL_write_ex(peer->ssl, text + put, sizeof text - put, &n);
    put += n;
    if (put == sizeof text) sent++, put = 0;
    quiet = n ? 0 : quiet + 1;
    loop_turn(world->loop, false);
    if (world->link->io->outbox.waiting > room) room = world->link->io->outbox.waiting;
  }
  assert_true(world->link->paused);
  assert_true(room <= 64 * 1024 + 2 * LINK_TURN_OCTETS);
  assert_true(world->messages < 1000);
  while (sent < 1000) { /* now it reads, too */
    size_t n = 0;
    SSL_write_ex(peer->ssl, text + put, sizeof text - put, &n);
    put += n;
    if (put == sizeof text) sent++, put = 0;
    peer_step(peer);
    loop_turn(world->loop, false);
  }
  PEER_UNTIL(world, peer, peer->got_len == 1000 * 1000);
  assert_false(world->link->paused);
  assert_int_equal(world->messages, 1000);
  peer_free(peer);
}

/* Both ends of a connection have much to say and stopped reading because the other did not read. */
static void two_that_stopped_reading_do_not_wait_for_each_other(void **state) {
  enum { LINES = 600 };
  struct world *world = *state;
  world->limits.link_output_high = 64 * 1024;
  world_limit(world);
  struct dial how = {.address = world_address("127.0.0.1", listener_port(world->listener)),
                     .address_length = sizeof(struct sockaddr_in),
                     .tls = world->peer_profile,
                     .rule = HANSE_IDENTITY_SIP,
                     .side = HANSE_SIDE_PARTNER,
                     .protocol = HANSE_LIT("sip"),
                     .local = HANSE_LIT("edge.b.test:5061")};
  struct hanse_link *ends[2];
  ends[0] = transport_dial(world->transport, &how);
  WORLD_UNTIL(world, world->opened == 2);
  ends[1] = transport_links(world->transport);
  if (ends[1] == ends[0]) ends[1] = ends[0]->next;
  char line[2000];
  memset(line, 'x', sizeof line);
  line[sizeof line - 1] = '\n';
  int small = 16 * 1024;
  for (int i = 0; i < 2; i++) {
    setsockopt(ends[i]->io->wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
    for (int n = 0; n < LINES; n++) link_give(ends[i], line, sizeof line);
  }
  int before;
  do {
    before = world->messages;
    usleep(5000);
    world_turns(world, 100);
  } while (world->messages != before);
  assert_true(ends[0]->paused && ends[1]->paused); /* stuck */
  assert_true(world->messages < 2 * LINES);
  for (int i = 0; i < 100 && world->messages < 2 * LINES; i++) {
    world_later(world, 2 * HANSE_SECOND);
    for (int slow = 0; slow < 5; slow++) { /* the kernel's clock is not ahead */
      usleep(10000);
      world_turns(world, 20);
    }
  }
  assert_int_equal(world->messages, 2 * LINES);
  assert_int_equal(world->closed, 0);
  assert_false(ends[0]->paused || ends[1]->paused);
  link_release(ends[0]);
}

static void a_far_end_that_takes_nothing_is_cut(void **state) {
  struct world *world = *state;
  struct peer *peer = narrow_peer_linked(world);
  while (link_room(world->link, 10000)) link_filled(world->link, 10000);
  world_turns(world, 50);
  assert_true(world->link->paused);
  world_later(world, 29 * HANSE_SECOND);
  assert_int_equal(world->link->state, LINK_OPEN);
  world_later(world, 2 * HANSE_SECOND);
  assert_int_equal(world->closed, 1);
  assert_int_equal(world->why, HANSE_CLOSE_ERROR);
  assert_string_equal(world->reason, "the peer takes nothing");
  peer_free(peer);
}

static void the_layer_above_may_pause(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  peer_say(world, peer, "half");
  world_turns(world, 5);
  link_pause(world->link, LINK_PAUSE_UPPER);
  link_pause(world->link, LINK_PAUSE_OUTPUT);
  peer_say(world, peer, " and half\n");
  world_turns(world, 5);
  world_later(world, 60 * HANSE_SECOND); /* it is not its fault that it waits */
  assert_int_equal(world->messages, 0);
  assert_int_equal(world->link->state, LINK_OPEN);
  link_resume(world->link, LINK_PAUSE_OUTPUT);
  world_turns(world, 5);
  assert_int_equal(world->messages, 0);
  link_resume(world->link, LINK_PAUSE_UPPER);
  WORLD_UNTIL(world, world->messages == 1);
  peer_free(peer);
}

static void pause_itself(struct world *world, struct hanse_link *link, struct hanse_input *in) {
  if (world->messages >= 10) {
    link_pause(link, LINK_PAUSE_UPPER);
    in->budget = 0;
  }
}

static void a_pause_within_input_keeps_the_rest(void **state) {
  struct world *world = *state;
  world->on_input = pause_itself;
  struct peer *peer = peer_linked(world);
  for (int i = 0; i < 200; i++) peer_say(world, peer, "a\n");
  world_turns(world, 20);
  int before = world->messages;
  assert_true(before < 200);
  world_turns(world, 20);
  assert_int_equal(world->messages, before);
  world->on_input = NULL;
  link_resume(world->link, LINK_PAUSE_UPPER);
  WORLD_UNTIL(world, world->messages == 200);
  peer_free(peer);
}

static void silence_and_idleness(void **state) {
  struct world *world = *state;
  world->limits.keepalive = 60 * HANSE_SECOND;
  world->limits.idle_timeout = 600 * HANSE_SECOND;
  world_limit(world);
  struct peer *peer = peer_linked(world);
  world_later(world, 59 * HANSE_SECOND);
  assert_int_equal(world->keepalives, 0);
  peer_say(world, peer, "here\n");
  WORLD_UNTIL(world, world->messages == 1);
  world_later(world, 59 * HANSE_SECOND);
  assert_int_equal(world->keepalives, 0);
  for (int i = 0; i < 8; i++) world_later(world, 60 * HANSE_SECOND);
  assert_int_equal(world->keepalives, 8);
  assert_int_equal(world->link->state, LINK_OPEN);
  world_later(world, 130 * HANSE_SECOND);
  assert_int_equal(world->link->state, LINK_SHUTTING);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->why, HANSE_CLOSE_IDLE);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_with_partners, end_of_world)
  const struct CMUnitTest tests[] = {
      TEST(half_a_message_waits_30_seconds),
      TEST(a_whole_message_starts_the_time_anew),
      TEST(half_a_tls_record_waits_30_seconds),
      TEST(a_message_without_end_is_cut),
      TEST(output_is_bounded),
      TEST(a_link_whose_output_piles_up_is_not_read),
      TEST(two_that_stopped_reading_do_not_wait_for_each_other),
      TEST(a_far_end_that_takes_nothing_is_cut),
      TEST(the_layer_above_may_pause),
      TEST(a_pause_within_input_keeps_the_rest),
      TEST(silence_and_idleness),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
