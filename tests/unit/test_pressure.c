/* H5: as memory gets short, each step gives up what it says, and takes it back; the figures are the test's. */
#include "router/pressure.h"

#include "router/log.h"
#include "tests/unit/link_world.h"

struct trial {
  struct world *world;
  struct pressure *pressure;
  uint64_t used; /* of `limit`, which is 100 at first */
  uint64_t limit;
  int looks;
};

static struct memory_use figures(void *argument) {
  struct trial *trial = argument;
  trial->looks++;
  return (struct memory_use){"test", trial->used, trial->limit};
}

static int setup(void **state) {
  struct trial *trial = calloc(1, sizeof *trial);
  trial->world = world_new();
  trial->limit = 100;
  trial->pressure = pressure_new(trial->world->loop, trial->world->timers, trial->world->transport);
  assert_non_null(trial->pressure);
  pressure_source(trial->pressure, figures, trial);
  *state = trial;
  return 0;
}

static int teardown(void **state) {
  struct trial *trial = *state;
  pressure_free(trial->pressure);
  world_free(trial->world);
  free(trial);
  return 0;
}

/* So much is used from now on, and it was looked at. */
static enum transport_shortage at(struct trial *trial, uint64_t used) {
  trial->used = used;
  world_later(trial->world, HANSE_SECOND);
  return pressure_level(trial->pressure);
}

static const struct transport_figures *counted(struct trial *trial) {
  return transport_figures(trial->world->transport);
}

static void steps_up_at_once_and_down_with_a_distance(void **state) {
  assert_int_equal(at(*state, 79), TRANSPORT_NO_SHORTAGE);
  assert_int_equal(at(*state, 80), TRANSPORT_NO_STRANGERS);
  assert_int_equal(at(*state, 76), TRANSPORT_NO_STRANGERS);
  assert_int_equal(at(*state, 74), TRANSPORT_NO_SHORTAGE);
  assert_int_equal(at(*state, 99), TRANSPORT_CLOSING_IDLE);
  assert_int_equal(at(*state, 91), TRANSPORT_CLOSING_IDLE);
  assert_int_equal(at(*state, 89), TRANSPORT_NO_NEW_WORK);
  assert_int_equal(at(*state, 10), TRANSPORT_NO_SHORTAGE);
}

/* Never on somebody's way, and not often: each second, each tenth when it is half used. */
static void looks_are_few(void **state) {
  struct trial *trial = *state;
  at(trial, 10);
  at(trial, 10);
  int before = trial->looks;
  for (int i = 0; i < 1000; i++) world_later(trial->world, 10 * HANSE_MSEC);
  assert_in_range(trial->looks - before, 9, 11);
  at(trial, 60);
  before = trial->looks;
  for (int i = 0; i < 1000; i++) world_later(trial->world, 10 * HANSE_MSEC);
  assert_in_range(trial->looks - before, 90, 110);
}

/* A flood outruns any clock: what comes in is measured as well, before it is a tenth of the limit. */
static void input_is_looked_at(void **state) {
  struct trial *trial = *state;
  static char line[10001];
  memset(line, 'x', sizeof line - 1);
  line[sizeof line - 1] = '\n';
  world_listen(trial->world, HANSE_SIDE_HOME, false, -1);
  struct peer *peer = peer_dial(trial->world, NULL);
  WORLD_UNTIL(trial->world, trial->world->opened == 1);
  trial->limit = 1000000;
  at(trial, 10);
  int before = trial->looks;
  for (int i = 0; i < 10; i++) {
    peer_send(trial->world, peer, line, sizeof line);
    WORLD_UNTIL(trial->world, trial->world->messages == i + 1);
  }
  assert_in_range(trial->looks - before, 3, 6); /* no time has passed */
  peer_free(peer);
}

static void strangers_are_refused_first(void **state) {
  struct trial *trial = *state;
  world_listen(trial->world, HANSE_SIDE_PARTNER, true, -1);
  struct peer *known = peer_dial(trial->world, peer_context(&trial->world->theirs));
  PEER_UNTIL(trial->world, known, trial->world->opened == 1);
  at(trial, 80);
  struct peer *stranger = peer_dial(trial->world, peer_context(&trial->world->theirs));
  PEER_UNTIL(trial->world, stranger, stranger->over);
  assert_int_equal(trial->world->opened, 1);
  assert_int_equal(counted(trial)->refused_memory, 1);
  peer_send(trial->world, known, "hello\n", 6); /* who is there is served */
  WORLD_UNTIL(trial->world, trial->world->messages == 1);
  at(trial, 70);
  struct peer *later = peer_dial(trial->world, peer_context(&trial->world->theirs));
  PEER_UNTIL(trial->world, later, trial->world->opened == 2);
  peer_free(known);
  peer_free(stranger);
  peer_free(later);
}

static void the_inside_is_refused_last(void **state) {
  struct trial *trial = *state;
  world_listen(trial->world, HANSE_SIDE_HOME, false, -1);
  at(trial, 85);
  struct peer *one = peer_dial(trial->world, NULL);
  WORLD_UNTIL(trial->world, trial->world->opened == 1);
  at(trial, 90);
  struct peer *two = peer_dial(trial->world, NULL);
  PEER_UNTIL(trial->world, two, two->over);
  assert_int_equal(trial->world->opened, 1);
  at(trial, 99);
  assert_int_equal(trial->world->closed, 0); /* and never closed */
  peer_free(one);
  peer_free(two);
}

static void partners_are_not_dialled(void **state) {
  struct trial *trial = *state;
  world_listen(trial->world, HANSE_SIDE_PARTNER, false, -1);
  struct dial how = {.address = world_address("127.0.0.1", listener_port(trial->world->listener)),
                     .address_length = sizeof(struct sockaddr_in),
                     .side = HANSE_SIDE_PARTNER,
                     .protocol = HANSE_LIT("sip")};
  at(trial, 90);
  assert_null(transport_dial(trial->world->transport, &how));
  how.side = HANSE_SIDE_HOME;
  struct hanse_link *link = transport_dial(trial->world->transport, &how);
  assert_non_null(link);
  link_release(link);
}

static void half_a_large_message_is_not_kept(void **state) {
  struct trial *trial = *state;
  static char half[100000];
  memset(half, 'x', sizeof half);
  world_listen(trial->world, HANSE_SIDE_PARTNER, false, -1);
  struct peer *peer = peer_dial(trial->world, NULL);
  WORLD_UNTIL(trial->world, trial->world->opened == 1);
  at(trial, 90);
  peer_send(trial->world, peer, half, 60000);
  world_turns(trial->world, 10);
  assert_int_equal(trial->world->closed, 0);
  peer_send(trial->world, peer, half, 40000);
  PEER_UNTIL(trial->world, peer, peer->over);
  WORLD_UNTIL(trial->world, trial->world->closed == 1);
  assert_int_equal(trial->world->failure, HANSE_F_BUSY);
  peer_free(peer);
}

static void who_keeps_much_goes_before_who_is_idle(void **state) {
  struct trial *trial = *state;
  static char half[100000];
  memset(half, 'x', sizeof half);
  struct peer *peers[4];
  world_listen(trial->world, HANSE_SIDE_PARTNER, false, -1);
  for (int i = 0; i < 4; i++) {
    peers[i] = peer_dial(trial->world, NULL);
    WORLD_UNTIL(trial->world, trial->world->opened == i + 1);
  }
  peer_send(trial->world, peers[3], half, sizeof half); /* it came last */
  struct hanse_link *last = trial->world->link, *busy = transport_links(trial->world->transport)->next;
  WORLD_UNTIL(trial->world, link_kept(last) >= sizeof half);
  busy->upper.in_flight = 1; /* something is in hand */
  at(trial, 91);
  WORLD_UNTIL(trial->world, last->state == LINK_CLOSED);
  assert_int_equal(counted(trial)->closed_memory, 1);
  at(trial, 95);
  PEER_UNTIL(trial->world, peers[0], peers[0]->over);
  PEER_UNTIL(trial->world, peers[2], peers[2]->over);
  at(trial, 95);
  assert_int_equal(busy->state, LINK_OPEN);
  assert_int_equal(counted(trial)->closed_memory, 3);
  for (int i = 0; i < 4; i++) peer_free(peers[i]);
}

static void at_most_so_many_links_a_look(void **state) {
  struct trial *trial = *state;
  struct peer *peers[100];
  trial->world->limits.links_per_address = 0;
  assert_int_equal(transport_limits_set(trial->world->transport, &trial->world->limits), HANSE_OK);
  world_listen(trial->world, HANSE_SIDE_PARTNER, false, -1);
  for (int i = 0; i < 100; i++) peers[i] = peer_dial(trial->world, NULL);
  WORLD_UNTIL(trial->world, trial->world->opened == 100);
  struct hanse_link *oldest = link_hold(transport_links(trial->world->transport));
  at(trial, 97);
  assert_int_equal(counted(trial)->closed_memory, 64);
  assert_int_not_equal(oldest->state, LINK_OPEN);
  world_later(trial->world, 100 * HANSE_MSEC);
  assert_int_equal(counted(trial)->closed_memory, 100);
  link_release(oldest);
  for (int i = 0; i < 100; i++) peer_free(peers[i]);
}

int main(void) {
  log_level_set(HANSE_ERROR);
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
  const struct CMUnitTest tests[] = {
      TEST(steps_up_at_once_and_down_with_a_distance),
      TEST(looks_are_few),
      TEST(input_is_looked_at),
      TEST(strangers_are_refused_first),
      TEST(the_inside_is_refused_last),
      TEST(partners_are_not_dialled),
      TEST(half_a_large_message_is_not_kept),
      TEST(who_keeps_much_goes_before_who_is_idle),
      TEST(at_most_so_many_links_a_look),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
