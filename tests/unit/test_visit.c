/* A visit has what it needs for as long as it lasts, whatever becomes of the settings with which it began (R114). */
#include "tests/unit/link_world.h"

#include "router/visit.h"

struct visited {
  struct visit visit; /* first */
  int connected, shaken, failed;
};

static void note(struct visit *visit, enum visit_event event) {
  struct visited *visited = (struct visited *)visit;
  visited->connected += event == VISIT_CONNECTED;
  visited->shaken += event == VISIT_SHAKEN;
  visited->failed += event == VISIT_FAILED;
}

static int far_end(struct sockaddr_storage *address) {
  socklen_t length = sizeof *address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  *address = world_address("127.0.0.1", 0);
  assert_int_equal(bind(fd, (struct sockaddr *)address, sizeof(struct sockaddr_in)), 0);
  assert_int_equal(listen(fd, 1), 0);
  assert_int_equal(getsockname(fd, (struct sockaddr *)address, &length), 0);
  return fd;
}

static void begin(struct visited *visited, struct world *world, const struct sockaddr_storage *address,
                  struct tls_profile *profile) {
  const struct visit_times times = {10 * HANSE_SECOND, 10 * HANSE_SECOND, 10 * HANSE_SECOND};
  struct target_settings settings = {
      .key = {.prove = HANSE_LIT("edge.b.test"), .protocol = HANSE_LIT("sip"), .tls = profile},
      .rule = HANSE_IDENTITY_SIP};
  memset(visited, 0, sizeof *visited);
  visit_init(&visited->visit, world->loop, &times, note);
  assert_int_equal(visit_begin(&visited->visit, (const struct sockaddr *)address, &settings), HANSE_OK);
}

/* A reload lets go of the profile while the far end has not said a word yet. */
static void a_reload_during_the_handshake(void **state) {
  struct world *world = *state;
  struct throwaway stranger = throwaway_host(&world->other_authority, "DNS:edge.b.test");
  struct tls_profile *profile = throwaway_profile(&world->ours, &world->authority, 0);
  struct sockaddr_storage address;
  struct visited visited;
  int listening = far_end(&address);
  begin(&visited, world, &address, profile);
  assert_int_equal(profile->holds, 2);
  tls_profile_release(profile);
  WORLD_UNTIL(world, visited.connected == 1);
  struct peer *peer = peer_of(accept(listening, NULL, NULL), peer_context(&stranger), true);
  PEER_UNTIL(world, peer, visited.shaken == 1);
  assert_int_equal(visited.visit.fault, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY);
  assert_int_equal(profile->holds, 1);
  visit_end(&visited.visit);
  peer_free(peer);
  close(listening);
  throwaway_free(&stranger);
}

/* However a visit ends, the profile is let go of once. */
static void the_profile_is_let_go_of(void **state) {
  struct world *world = *state;
  struct sockaddr_storage address, nowhere = {.ss_family = AF_UNIX};
  struct visited visited;
  int listening = far_end(&address);
  begin(&visited, world, &address, world->profile);
  assert_int_equal(world->profile->holds, 2);
  visit_end(&visited.visit);
  assert_int_equal(world->profile->holds, 1);
  visit_end(&visited.visit);
  assert_int_equal(world->profile->holds, 1);
  begin(&visited, world, &address, world->profile);
  close(accept(listening, NULL, NULL)); /* of the first */
  close(accept(listening, NULL, NULL));
  WORLD_UNTIL(world, visited.failed == 1);
  assert_int_equal(world->profile->holds, 1);
  struct target_settings settings = {.key = {.tls = world->profile}, .rule = HANSE_IDENTITY_SIP};
  assert_int_equal(visit_begin(&visited.visit, (const struct sockaddr *)&nowhere, &settings), HANSE_FAIL);
  assert_int_equal(world->profile->holds, 1);
  close(listening);
}

static int setup(void **state) {
  *state = world_new();
  return 0;
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test_setup_teardown(a_reload_during_the_handshake, setup, end_of_world),
      cmocka_unit_test_setup_teardown(the_profile_is_let_go_of, setup, end_of_world),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
