#include <sys/resource.h>

#include "tests/unit/link_world.h"

static int new_world(void **state) {
  *state = world_new();
  return 0;
}
static const struct transport_figures *figures(struct world *world) { return transport_figures(world->transport); }

static bool is_cut(struct world *world, struct peer *peer) {
  world_turns(world, 2);
  peer_step(peer);
  return peer->over;
}

/* ---- who is let in ---- */

static void a_network_gets_so_many_handshakes_a_second(void **state) {
  struct world *world = *state;
  world->limits.handshakes_per_network = (struct hanse_rate){5, HANSE_SECOND};
  world_limit(world);
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  struct peer *peers[8];
  for (int i = 0; i < 8; i++) peers[i] = peer_dial(world, NULL);
  WORLD_UNTIL(world, figures(world)->accepted == 8);
  assert_int_equal(figures(world)->refused_rate, 3);
  assert_int_equal(figures(world)->pending, 5);
  for (int i = 0; i < 8; i++) {
    if (i >= 5) WORLD_UNTIL(world, is_cut(world, peers[i]));
    if (i < 5) assert_false(is_cut(world, peers[i]));
    peer_free(peers[i]);
  }
  struct peer *other = peer_dial_from(world, NULL, "127.0.1.2"); /* another network is not affected */
  WORLD_UNTIL(world, figures(world)->accepted == 9);
  assert_int_equal(figures(world)->refused_rate, 3);
  peer_free(other);
  world_later(world, 200 * HANSE_MSEC); /* one of five a second is allowed again */
  for (int i = 0; i < 2; i++) peers[i] = peer_dial(world, NULL);
  WORLD_UNTIL(world, figures(world)->accepted == 11);
  assert_int_equal(figures(world)->refused_rate, 4);
  for (int i = 0; i < 2; i++) peer_free(peers[i]);
}

static void an_address_gets_so_many_links(void **state) {
  struct world *world = *state;
  world->limits.links_per_address = 3;
  world_limit(world);
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  struct peer *peers[3];
  for (int i = 0; i < 3; i++) peers[i] = peer_linked(world);
  struct peer *fourth = peer_dial(world, NULL);
  WORLD_UNTIL(world, figures(world)->refused_links == 1);
  WORLD_UNTIL(world, is_cut(world, fourth));
  peer_free(fourth);
  peer_free(peers[0]);
  WORLD_UNTIL(world, world->closed == 1);
  peers[0] = peer_linked(world);
  for (int i = 0; i < 3; i++) peer_free(peers[i]);
}

static void the_inside_is_exempt(void **state) {
  struct world *world = *state;
  world->limits.handshakes_per_network = (struct hanse_rate){2, HANSE_SECOND};
  world->limits.links_per_address = 2;
  world->limits.pending_handshakes = 2;
  world_limit(world);
  world_listen(world, HANSE_SIDE_HOME, true, -1);
  struct peer *peers[10];
  for (int i = 0; i < 10; i++) peers[i] = peer_dial(world, NULL);
  WORLD_UNTIL(world, figures(world)->accepted == 10);
  for (int i = 0; i < 10; i++) {
    assert_false(is_cut(world, peers[i]));
    peer_free(peers[i]);
  }
  assert_int_equal(figures(world)->refused_rate + figures(world)->refused_links + figures(world)->refused_pending, 0);
}

static void the_oldest_of_the_largest_crowd_goes(void **state) {
  struct world *world = *state;
  world->limits.pending_handshakes = 5;
  world_limit(world);
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  struct peer *lone = peer_dial_from(world, NULL, "127.0.0.9"); /* the oldest of all */
  struct peer *crowd[8];
  for (int i = 0; i < 8; i++) crowd[i] = peer_dial_from(world, NULL, "127.0.0.2");
  WORLD_UNTIL(world, figures(world)->accepted == 9);
  struct peer *late = peer_dial_from(world, peer_context(&world->theirs), "127.0.0.3");
  PEER_UNTIL(world, late, world->opened == 1); /* there is room for who means it */
  assert_int_equal(figures(world)->refused_pending, 5);
  assert_int_equal(figures(world)->pending, 4);
  assert_false(is_cut(world, lone));
  for (int i = 0; i < 8; i++) {
    if (i < 5) WORLD_UNTIL(world, is_cut(world, crowd[i]));
    if (i >= 5) assert_false(is_cut(world, crowd[i]));
    peer_free(crowd[i]);
  }
  peer_free(lone);
  peer_free(late);
}

/* ---- descriptors ---- */

static int open_descriptors(void) {
  int fd = dup(0);
  close(fd);
  return fd; /* the lowest that is free; here the same as how many are open */
}

static void set_descriptors(rlim_t n, struct rlimit *before) {
  struct rlimit limit;
  getrlimit(RLIMIT_NOFILE, &limit);
  if (before) *before = limit;
  limit.rlim_cur = n;
  assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

static void without_descriptors_accepting_pauses(void **state) {
  struct world *world = *state;
  struct rlimit before;
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  struct peer *peers[4];
  for (int i = 0; i < 4; i++) peers[i] = peer_dial(world, NULL);
  set_descriptors((rlim_t)open_descriptors(), &before);
  WORLD_UNTIL(world, figures(world)->accept_paused == 1);
  assert_int_equal(figures(world)->refused_descriptors, 1);
  world_turns(world, 100);
  assert_int_equal(figures(world)->accept_paused, 1); /* nothing is tried again before its time */
  assert_int_equal(figures(world)->refused_descriptors, 1);
  WORLD_UNTIL(world, is_cut(world, peers[0])); /* the reserve told one of them */
  assert_false(is_cut(world, peers[1]));
  world_later(world, 100 * HANSE_MSEC);
  WORLD_UNTIL(world, figures(world)->accept_paused == 2);
  assert_int_equal(figures(world)->accepted, 0);
  setrlimit(RLIMIT_NOFILE, &before);
  world_later(world, 100 * HANSE_MSEC);
  WORLD_UNTIL(world, figures(world)->accepted == 2);
  for (int i = 0; i < 4; i++) peer_free(peers[i]);
}

static void some_descriptors_are_kept_for_other_ends(void **state) {
  struct world *world = *state;
  struct rlimit before;
  struct peer *peers[100];
  int n = 0;
  set_descriptors(200, &before); /* a quarter of it is kept: 50 */
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  while (figures(world)->accept_paused == 0 && n < 100) {
    peers[n++] = peer_dial(world, NULL);
    world_turns(world, 3);
  }
  setrlimit(RLIMIT_NOFILE, &before);
  int open = open_descriptors();
  if (open < 145 || open > 152) fail_msg("%d descriptors are open", open);
  assert_int_equal(figures(world)->refused_descriptors, 1);
  for (int i = 0; i < n; i++) peer_free(peers[i]);
}

/* ---- sockets ---- */

static struct listener_settings settings_at(const char *host, uint16_t port) {
  return (struct listener_settings){.address = world_address(host, port),
                                    .address_length = sizeof(struct sockaddr_in),
                                    .side = HANSE_SIDE_HOME,
                                    .protocol = HANSE_LIT("sip"),
                                    .rule = HANSE_IDENTITY_SIP,
                                    .local = HANSE_LIT("new.a.test:5061"),
                                    .where = {"hanse.conf", 7}};
}

static void a_socket_that_was_handed_in(void **state) {
  struct world *world = *state;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_storage address = world_address("127.0.0.1", 0);
  socklen_t length = sizeof(struct sockaddr_in);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
  assert_int_equal(listen(fd, 1), 0);
  getsockname(fd, (struct sockaddr *)&address, &length);
  world_listen(world, HANSE_SIDE_HOME, false, fd);
  assert_int_equal(listener_port(world->listener), ntohs(((struct sockaddr_in *)&address)->sin_port));
  assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
  assert_true(fcntl(fd, F_GETFL) & O_NONBLOCK);
  struct peer *peer = peer_dial(world, NULL);
  WORLD_UNTIL(world, world->opened == 1);
  peer_free(peer);
}

static void a_socket_of_another_kind_is_refused(void **state) {
  struct world *world = *state;
  struct listener_settings settings = settings_at("127.0.0.1", 0);
  struct hanse_problem problem = {.text = ""};
  int fd = socket(AF_INET, SOCK_DGRAM, 0);
  assert_null(listener_open(world->transport, &settings, fd, &problem));
  assert_non_null(strstr(problem.text, "the socket that was handed in"));
  assert_int_equal(fcntl(fd, F_GETFD), -1); /* it was taken */
}

static void an_address_that_is_taken_is_named(void **state) {
  struct world *world = *state;
  world_listen(world, HANSE_SIDE_HOME, false, -1);
  struct listener_settings settings = settings_at("127.0.0.1", listener_port(world->listener));
  struct hanse_problem problem = {.text = ""};
  assert_true(listener_same_address(world->listener, &settings));
  assert_null(listener_open(world->transport, &settings, -1, &problem));
  char words[100];
  snprintf(words, sizeof words, "cannot listen on 127.0.0.1:%u: bind: Address already in use",
           listener_port(world->listener));
  if (!strstr(problem.text, words)) fail_msg("%s", problem.text);
  assert_string_equal(problem.where.file, "hanse.conf");
  settings = settings_at("192.0.2.77", 5061);
  assert_false(listener_same_address(world->listener, &settings));
  assert_null(listener_open(world->transport, &settings, -1, &problem));
  assert_non_null(strstr(problem.text, "no interface of this machine has the address"));
}

static void new_links_get_what_was_updated(void **state) {
  struct world *world = *state;
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  struct peer *before = peer_linked(world);
  struct hanse_link *old = link_hold(world->link);
  struct listener_settings settings = settings_at("127.0.0.1", listener_port(world->listener));
  assert_int_equal(listener_update(world->listener, &settings), HANSE_OK);
  struct peer *after = peer_dial(world, NULL);
  WORLD_UNTIL(world, world->opened == 2);
  assert_string_equal(old->local.at, "edge.a.test:5061");
  assert_int_equal(old->side, HANSE_SIDE_PARTNER);
  assert_string_equal(world->link->local.at, "new.a.test:5061");
  assert_int_equal(world->link->side, HANSE_SIDE_HOME);
  assert_null(world->link->tls);
  assert_int_equal(listener_side(world->listener), HANSE_SIDE_HOME);
  peer_free(before);
  peer_free(after);
  link_release(old);
}

static void the_socket_goes_though_links_stay(void **state) {
  struct world *world = *state;
  world->echo = true;
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  uint16_t port = listener_port(world->listener);
  struct peer *peer = peer_linked(world);
  listener_hold(world->listener);
  listener_release(world->listener);
  listener_release(world->listener);
  world->listener = NULL;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_storage to = world_address("127.0.0.1", port);
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(struct sockaddr_in)), -1);
  assert_int_equal(errno, ECONNREFUSED);
  close(fd);
  peer_say(world, peer, "still here\n");
  PEER_UNTIL(world, peer, peer->got_len == 11);
  assert_non_null(world->link->listener);
  peer_free(peer);
}

static void what_comes_before_the_start_waits(void **state) {
  struct world *world = *state;
  world_listen(world, HANSE_SIDE_HOME, false, -1);
  listener_stop(world->listener);
  struct peer *peer = peer_dial(world, NULL);
  world_turns(world, 20);
  assert_int_equal(figures(world)->accepted, 0);
  listener_start(world->listener);
  WORLD_UNTIL(world, world->opened == 1);
  peer_free(peer);
}

static void ipv6(void **state) {
  struct world *world = *state;
  struct listener_settings settings = settings_at("127.0.0.1", 0);
  struct hanse_problem problem = {.text = ""};
  struct sockaddr_in6 any = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
  memcpy(&settings.address, &any, sizeof any);
  settings.address_length = sizeof any;
  int fd = socket(AF_INET6, SOCK_STREAM, 0);
  if (fd < 0) skip();
  world->listener = listener_open(world->transport, &settings, -1, &problem);
  if (!world->listener) { /* a machine without IPv6 */
    close(fd);
    skip();
  }
  listener_start(world->listener);
  char text[80];
  snprintf(text, sizeof text, "[::1]:%u", listener_port(world->listener));
  assert_true(hanse_same(listener_text(world->listener), hanse_text(text)));
  any.sin6_port = htons(listener_port(world->listener));
  assert_int_equal(connect(fd, (struct sockaddr *)&any, sizeof any), 0);
  WORLD_UNTIL(world, world->opened == 1);
  assert_memory_equal(world->link->peer, "[::1]:", 6);
  close(fd);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, new_world, end_of_world)
  const struct CMUnitTest tests[] = {
      TEST(a_network_gets_so_many_handshakes_a_second),
      TEST(an_address_gets_so_many_links),
      TEST(the_inside_is_exempt),
      TEST(the_oldest_of_the_largest_crowd_goes),
      TEST(without_descriptors_accepting_pauses),
      TEST(some_descriptors_are_kept_for_other_ends),
      TEST(a_socket_that_was_handed_in),
      TEST(a_socket_of_another_kind_is_refused),
      TEST(an_address_that_is_taken_is_named),
      TEST(new_links_get_what_was_updated),
      TEST(the_socket_goes_though_links_stay),
      TEST(what_comes_before_the_start_waits),
      TEST(ipv6),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
