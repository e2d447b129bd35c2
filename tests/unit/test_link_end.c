#include "tests/unit/link_world.h"

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
  link_give(world->link, text, n);
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
  link_say(world->link, "never sent");
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
  link_say(link, "gone");
  link_abort(link, HANSE_F_PARSE, "not a message");
}
static void shut_itself(struct world *world, struct hanse_link *link, struct hanse_input *in) {
  if (world->messages == 1) return;
  link_say(link, "400 Bad Request\n");
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
  link_say(link, "busy\n");
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
  link_say(world->link, "unread\n");
  world_turns(world, 2);
  peer_say(world, peer, "last words\n");
  struct linger hard = {0, 0};
  setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  close(peer->fd); /* with unread input: a reset */
  peer->fd = -1;
  link_say(world->link, "into the void\n");
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
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_with_partners, end_of_world)
  const struct CMUnitTest tests[] = {
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
