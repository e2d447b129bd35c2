#include "tests/unit/link_world.h"

static void heard_is(const struct world *world, const char *text) {
  assert_int_equal(world->heard_len, strlen(text));
  assert_memory_equal(world->heard, text, strlen(text));
}

static void give(struct hanse_link *link, const char *text, size_t n) {
  char *room = link_room(link, n);
  assert_non_null(room);
  memcpy(room, text, n);
  link_filled(link, n);
}
static void say(struct hanse_link *link, const char *text) { give(link, text, strlen(text)); }

static int partner_world(void **state) {
  struct world *world = world_new();
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  *state = world;
  return 0;
}
static int end_of_world(void **state) {
  world_free(*state);
  return 0;
}

/* A far end with little room for what it does not read: loopback would swallow megabytes. */
static struct peer *narrow_peer_linked(struct world *world) {
  int small = 16 * 1024;
  world->peer_room = small;
  struct peer *peer = peer_linked(world);
  setsockopt(world->link->io->wire.fd, SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  return peer;
}

static void limits(struct world *world) {
  assert_int_equal(transport_limits_set(world->transport, &world->limits), HANSE_OK);
}

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
  for (int i = 0; i < 20; i++) say(world->link, "some forty octets of text, give or take\n");
  assert_int_equal(wire->writes, writes);
  loop_turn(world->loop, false);
  assert_int_equal(wire->writes, writes + 1);
  char *large = calloc(1, 100 * 1024);
  for (int i = 0; i < 25; i++) give(world->link, large, 4 * 1024);
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
  say(world->link, "x\n");
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
  limits(world);
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
  limits(world);
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

/* ---- ends ---- */

static void half_a_message_is_not_delivered_at_the_end(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  peer_say(world, peer, "whole\nhalf");
  close(peer->fd); /* without close_notify */
  peer->fd = -1;
  WORLD_UNTIL(world, world->closed == 1);
  heard_is(world, "whole\n");
  assert_int_equal(world->ends, 1);
  assert_int_equal(world->why, HANSE_CLOSE_PEER);
  peer_free(peer);
}

static void many_messages_and_then_the_end(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  for (int i = 0; i < 500; i++) peer_say(world, peer, "a\n");
  SSL_shutdown(peer->ssl);
  close(peer->fd);
  peer->fd = -1;
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->messages, 500);
  peer_free(peer);
}

static void last_words_reach_a_slow_reader(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  size_t n = 900 * 1000;
  char *text = malloc(n);
  memset(text, 'w', n);
  give(world->link, text, n);
  link_shut(world->link, HANSE_F_POLICY, "not welcome");
  assert_int_equal(world->link->state, LINK_SHUTTING);
  assert_null(link_room(world->link, 1));
  peer_say(world, peer, "unread input makes a reset of a plain close\n");
  for (int i = 0; i < 200; i++) world_turns(world, 1);
  PEER_UNTIL(world, peer, peer->over);
  assert_int_equal(peer->error, SSL_ERROR_ZERO_RETURN);
  assert_int_equal(peer->got_len, n);
  assert_int_equal(world->closed, 0);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->why, HANSE_CLOSE_OURS);
  assert_int_equal(world->failure, HANSE_F_POLICY);
  assert_string_equal(world->reason, "not welcome");
  assert_int_equal(world->messages, 0);
  free(text);
}

static void who_stays_is_left_after_2_seconds(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  link_shut(world->link, HANSE_F_NONE, NULL);
  PEER_UNTIL(world, peer, peer->over);
  world_later(world, 1900 * HANSE_MSEC);
  assert_int_equal(world->closed, 0);
  world_later(world, 100 * HANSE_MSEC);
  assert_int_equal(world->closed, 1);
  peer_free(peer);
}

static void who_goes_on_talking_is_left_after_64_kib(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  link_shut(world->link, HANSE_F_NONE, NULL);
  char text[1000];
  memset(text, 'x', sizeof text);
  int sent = 0;
  while (world->closed == 0 && sent < 200) {
    size_t put;
    SSL_write_ex(peer->ssl, text, sizeof text, &put);
    sent++;
    world_turns(world, 2);
  }
  if (sent < 60 || sent >= 100) fail_msg("left after %d", sent);
  peer_free(peer);
}

static void an_abort_is_told_later(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  say(world->link, "never sent");
  link_abort(world->link, HANSE_F_ERROR, "a defect");
  assert_int_equal(world->link->state, LINK_CLOSED);
  assert_int_equal(world->closed, 0);
  assert_null(link_room(world->link, 1));
  link_filled(world->link, 0);
  link_abort(world->link, HANSE_F_POLICY, "twice");
  link_shut(world->link, HANSE_F_POLICY, "thrice");
  link_pause(world->link, LINK_PAUSE_UPPER);
  link_resume(world->link, LINK_PAUSE_UPPER);
  world_turns(world, 1);
  assert_int_equal(world->closed, 1);
  assert_string_equal(world->reason, "a defect");
  link_abort(world->link, HANSE_F_POLICY, "after all");
  link_shut(world->link, HANSE_F_POLICY, "after all");
  assert_string_equal(link_cipher(world->link, peer->got, 100), "");
  assert_false(link_verify_again(world->link, world->profile));
  assert_true(link_proves(world->link, HANSE_LIT("edge.b.test"))); /* the handle still knows */
  peer_free(peer);
}

static void abort_itself(struct world *world, struct hanse_link *link, struct hanse_input *in) {
  (void)world, (void)in;
  say(link, "gone");
  link_abort(link, HANSE_F_PARSE, "not a message");
}
static void shut_itself(struct world *world, struct hanse_link *link, struct hanse_input *in) {
  if (world->messages == 1) return;
  say(link, "400 Bad Request\n");
  link_shut(link, HANSE_F_PARSE, "not a message");
  assert_memory_equal(in->bytes, "kept b", 6); /* it may go on looking at what it was given */
}

static void a_protocol_may_end_its_link_from_input(void **state) {
  struct world *world = *state;
  world->on_input = abort_itself;
  struct peer *peer = peer_linked(world);
  peer_say(world, peer, "a\nb");
  WORLD_UNTIL(world, world->closed == 1);
  peer_free(peer);
  world->on_input = shut_itself;
  peer = peer_linked(world);
  world->messages = 0;
  peer_say(world, peer, "a\nkept");
  WORLD_UNTIL(world, world->messages == 1);
  peer_say(world, peer, " b\nc");
  PEER_UNTIL(world, peer, peer->over);
  assert_memory_equal(peer->got, "400 Bad Request\n", 16);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 2);
  assert_int_equal(world->inputs, 3);
  assert_int_equal(world->failure, HANSE_F_PARSE);
}

static void shut_at_once(struct world *world, struct hanse_link *link) {
  (void)world;
  say(link, "busy\n");
  link_shut(link, HANSE_F_DRAINING, "going down");
}
static void abort_at_once(struct world *world, struct hanse_link *link) {
  (void)world;
  link_abort(link, HANSE_F_DRAINING, "going down");
}

static void a_link_may_be_ended_as_it_opens(void **state) {
  struct world *world = *state;
  world->on_open = shut_at_once;
  struct peer *peer = peer_linked(world);
  PEER_UNTIL(world, peer, peer->over);
  assert_memory_equal(peer->got, "busy\n", 5);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  world->on_open = abort_at_once;
  peer = peer_linked(world);
  WORLD_UNTIL(world, world->closed == 2);
  peer_free(peer);
}

/* The far end says its last and goes without reading ours: what it said is heard although we cannot write any more. */
static void what_was_said_before_a_reset_is_heard(void **state) {
  struct world *world = *state;
  listener_release(world->listener);
  world_listen(world, HANSE_SIDE_HOME, false, -1);
  struct peer *peer = peer_dial(world, NULL);
  WORLD_UNTIL(world, world->opened == 1);
  say(world->link, "unread\n");
  world_turns(world, 2);
  peer_say(world, peer, "last words\n");
  struct linger hard = {0, 0};
  setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(peer->fd); /* with unread input: a reset */
  peer->fd = -1;
  say(world->link, "into the void\n");
  WORLD_UNTIL(world, world->closed == 1);
  heard_is(world, "last words\n");
  assert_int_equal(world->why, HANSE_CLOSE_ERROR);
  assert_int_equal(world->failure, HANSE_F_LINK_LOST);
  peer_free(peer);
}

static void plain_text_links(void **state) {
  struct world *world = *state;
  listener_release(world->listener);
  world_listen(world, HANSE_SIDE_HOME, false, -1);
  world->echo = true;
  struct peer *peer = peer_dial(world, NULL);
  char *text = malloc(300000);
  memset(text, 'p', 300000);
  for (int i = 999; i < 300000; i += 1000) text[i] = '\n';
  peer_send(world, peer, text, 300000);
  PEER_UNTIL(world, peer, peer->got_len == 300000);
  assert_memory_equal(peer->got, text, 300000);
  assert_int_equal(world->link->proved_count, 0);
  assert_false(link_proves(world->link, HANSE_LIT("edge.b.test")));
  char cipher[80];
  assert_string_equal(link_cipher(world->link, cipher, sizeof cipher), "none");
  assert_true(link_verify_again(world->link, NULL));
  assert_false(link_verify_again(world->link, world->profile));
  link_shut(world->link, HANSE_F_NONE, "");
  PEER_UNTIL(world, peer, peer->over);
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  free(text);
}

static void a_handle_outlives_everything(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  struct hanse_link *link = link_hold(world->link);
  assert_ptr_equal(transport_links(world->transport), link);
  assert_ptr_equal(transport_link_by_id(world->transport, link->id), link);
  assert_null(transport_link_by_id(world->transport, link->id + 1));
  peer_free(peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_null(transport_links(world->transport));
  listener_release(world->listener);
  world->listener = NULL;
  assert_string_equal(link->protocol.at, "sip");
  assert_int_equal(link->state, LINK_CLOSED);
  link_release(link);
}

static void links_take_a_new_profile(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  struct tls_profile *renewed = throwaway_profile(&world->ours, &world->authority, 0);
  struct tls_profile *other = throwaway_profile(&world->ours, &world->other_authority, 0);
  assert_true(link_verify_again(world->link, renewed));
  assert_ptr_equal(world->link->tls, renewed);
  assert_false(link_verify_again(world->link, other));
  assert_ptr_equal(world->link->tls, renewed);
  tls_profile_release(renewed);
  tls_profile_release(other);
  peer_free(peer);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, partner_world, end_of_world)
  const struct CMUnitTest tests[] = {
      TEST(messages_both_ways),
      TEST(a_lap_costs_one_read_and_one_write),
      TEST(output_of_a_turn_leaves_together),
      TEST(room_that_is_not_filled_writes_nothing),
      TEST(octet_by_octet),
      TEST(a_large_message_in_pieces),
      TEST(a_link_is_served_64_messages_a_turn),
      TEST(a_link_is_served_64_kib_a_turn),
      TEST(half_a_message_waits_30_seconds),
      TEST(a_whole_message_starts_the_time_anew),
      TEST(half_a_tls_record_waits_30_seconds),
      TEST(a_message_without_end_is_cut),
      TEST(output_is_bounded),
      TEST(a_link_whose_output_piles_up_is_not_read),
      TEST(a_far_end_that_takes_nothing_is_cut),
      TEST(the_layer_above_may_pause),
      TEST(a_pause_within_input_keeps_the_rest),
      TEST(silence_and_idleness),
      TEST(half_a_message_is_not_delivered_at_the_end),
      TEST(many_messages_and_then_the_end),
      TEST(last_words_reach_a_slow_reader),
      TEST(who_stays_is_left_after_2_seconds),
      TEST(who_goes_on_talking_is_left_after_64_kib),
      TEST(an_abort_is_told_later),
      TEST(a_protocol_may_end_its_link_from_input),
      TEST(a_link_may_be_ended_as_it_opens),
      TEST(what_was_said_before_a_reset_is_heard),
      TEST(plain_text_links),
      TEST(a_handle_outlives_everything),
      TEST(links_take_a_new_profile),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
