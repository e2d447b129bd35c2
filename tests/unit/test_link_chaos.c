/* Links under events in random order: what matters is that nothing is freed too early, told twice, or left behind. */
#include "tests/unit/link_world.h"

#include "router/log.h"

#define PEERS 12
#define STEPS 2500

static uint64_t seed;
static uint32_t chance(uint32_t below) { /* splitmix64 */
  uint64_t z = (seed += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return (uint32_t)((z ^ (z >> 31)) % below);
}

struct chaos {
  struct world *world;
  struct listener *plain;
  struct peer *peers[PEERS];
  struct hanse_link *held[8];
  int dialled;
};

static struct hanse_link *some_link(struct world *world) {
  uint32_t skip = chance(8);
  struct hanse_link *link = transport_links(world->transport);
  while (link && link->next && skip--) link = link->next;
  return link;
}

static void write_some(struct hanse_link *link) {
  static const char text[64] = "text of a message that somebody else wrote on this link\n";
  size_t n = chance(10) ? chance(2000) : chance(300000);
  char *room = link_room(link, n);
  if (!room) return;
  for (size_t i = 0; i < n; i++) room[i] = text[i % sizeof text];
  link_filled(link, chance(4) ? n : n / 2);
}

/* What a layer above may do to any link at any time, from within its callbacks or without. */
static void meddle(struct chaos *chaos, struct hanse_link *link) {
  struct world *world = chaos->world;
  if (!link) return;
  switch (chance(12)) {
    case 0:
      link_shut(link, HANSE_F_POLICY, "chaos");
      break;
    case 1:
      link_abort(link, HANSE_F_ERROR, "chaos");
      break;
    case 2:
      link_pause(link, LINK_PAUSE_UPPER);
      break;
    case 3:
    case 4:
      link_resume(link, LINK_PAUSE_UPPER);
      break;
    case 5: {
      struct hanse_link **slot = &chaos->held[chance(8)];
      if (*slot) link_release(*slot);
      *slot = link_hold(link);
      break;
    }
    case 6:
      link_verify_again(link, chance(2) ? world->profile : world->peer_profile);
      break;
    default:
      write_some(link);
  }
}

static struct chaos the_chaos;
static struct chaos *of(struct world *world) {
  assert_ptr_equal(the_chaos.world, world);
  return &the_chaos;
}

static void on_open(struct world *world, struct hanse_link *link) {
  if (chance(6) == 0) meddle(of(world), link);
}
static void on_input(struct world *world, struct hanse_link *link, struct hanse_input *in) {
  (void)in;
  if (chance(10) == 0) meddle(of(world), link);
  if (chance(20) == 0) meddle(of(world), some_link(world));
}
static void dialled(void *context, struct hanse_link *link, enum hanse_failure failure, const char *text) {
  struct world *world = context;
  assert_non_null(text);
  of(world)->dialled--;
  if (failure == HANSE_F_NONE && chance(5) == 0) meddle(of(world), link);
}

static void dial_somebody(struct chaos *chaos) {
  struct world *world = chaos->world;
  bool plain = chance(3) == 0;
  uint16_t port = chance(6) == 0 ? 1 : listener_port(plain ? chaos->plain : world->listener);
  struct dial how = {.address = world_address("127.0.0.1", port),
                     .address_length = sizeof(struct sockaddr_in),
                     .tls = plain ? NULL : world->peer_profile,
                     .rule = HANSE_IDENTITY_SIP,
                     .side = HANSE_SIDE_PARTNER,
                     .prove = plain       ? HANSE_LIT("")
                              : chance(5) ? HANSE_LIT("edge.a.test")
                                          : HANSE_LIT("x.test"),
                     .protocol = HANSE_LIT("sip"),
                     .local = HANSE_LIT("edge.b.test:5061"),
                     .done = dialled,
                     .argument = world};
  struct hanse_link *link = transport_dial(world->transport, &how);
  assert_non_null(link);
  chaos->dialled++;
  if (chance(8) == 0) meddle(chaos, link);
  link_release(link);
}

static void reset(struct peer *peer) {
  struct linger hard = {1, 0};
  setsockopt(peer->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
}

static void move_peer(struct chaos *chaos, struct peer **slot) {
  static const char text[200] = "a\nbb\nccc\nsomewhat longer\nand longer\n";
  struct world *world = chaos->world;
  struct peer *peer = *slot;
  size_t n;
  if (!peer) {
    bool plain = chance(4) == 0;
    struct listener *tls = world->listener;
    if (plain) world->listener = chaos->plain;
    SSL_CTX *context = plain ? NULL : chance(8) == 0 ? peer_context(NULL) : peer_context(&world->theirs);
    *slot = peer_dial(world, context);
    world->listener = tls;
    return;
  }
  switch (chance(10)) {
    case 0:
      if (chance(2)) reset(peer);
      if (peer->ssl && chance(2)) SSL_shutdown(peer->ssl);
      peer_free(peer);
      *slot = NULL;
      break;
    case 1:
      shutdown(peer->fd, SHUT_WR);
      break;
    case 2:
      if (chance(10) == 0) send(peer->fd, text, chance(200), MSG_NOSIGNAL); /* spoils TLS */
      break;
    case 3:
      if (peer->ssl && peer->established) SSL_key_update(peer->ssl, SSL_KEY_UPDATE_REQUESTED);
      break;
    case 4:
    case 5:
    case 6:
      if (peer->ssl && peer->established) SSL_write_ex(peer->ssl, text, 1 + chance(199), &n);
      if (!peer->ssl) send(peer->fd, text, chance(200), MSG_NOSIGNAL);
      break;
    default:
      peer_step(peer);
      if (peer->got_len > sizeof peer->got / 2) peer->got_len = 0;
  }
}

static void change_limits(struct world *world) {
  world->limits.message = 1000 + chance(100000);
  world->limits.link_output = 10000 + chance(1000000);
  world->limits.link_output_high = 1000 + chance(100000);
  world->limits.keepalive = chance(2) ? 0 : (1 + chance(3)) * HANSE_SECOND;
  world->limits.idle_timeout = chance(2) ? 0 : (1 + chance(3)) * HANSE_SECOND;
  world->limits.pending_handshakes = 1 + chance(8);
  world->limits.links_per_address = chance(2) ? 0 : 3 + chance(8);
  assert_int_equal(transport_limits_set(world->transport, &world->limits), HANSE_OK);
}

static void step(struct chaos *chaos) {
  struct world *world = chaos->world;
  uint32_t what = chance(100);
  if (what < 60)
    move_peer(chaos, &chaos->peers[chance(PEERS)]);
  else if (what < 70)
    meddle(chaos, some_link(world));
  else if (what < 75)
    dial_somebody(chaos);
  else if (what < 77)
    world_later(world, chance(8) * HANSE_SECOND);
  else if (what < 78)
    change_limits(world);
  else if (what < 79)
    listener_stop(chaos->plain);
  else if (what < 81)
    listener_start(chaos->plain);
  else
    loop_turn(world->loop, false);
}

static void run(uint64_t from) {
  struct world *world = world_new();
  struct chaos *chaos = &the_chaos;
  seed = from;
  *chaos = (struct chaos){.world = world};
  world->echo = true;
  world->on_open = on_open;
  world->on_input = on_input;
  world_listen(world, HANSE_SIDE_HOME, false, -1);
  chaos->plain = world->listener;
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  for (int i = 0; i < STEPS; i++) {
    step(chaos);
    world->heard_len = 0;
  }
  for (int i = 0; i < PEERS; i++)
    if (chaos->peers[i]) peer_free(chaos->peers[i]);
  bool at_once = chance(2);
  if (!at_once) { /* all time-outs pass: nothing is left */
    for (struct hanse_link *link = transport_links(world->transport); link; link = link->next)
      link_resume(link, LINK_PAUSE_UPPER);
    for (struct hanse_link *link = transport_links(world->transport); link; link = link->next)
      link_shut(link, HANSE_F_DRAINING, "the end");
    for (int i = 0; i < 20; i++) world_later(world, 10 * HANSE_SECOND);
    assert_null(transport_links(world->transport));
    assert_int_equal(transport_figures(world->transport)->open, 0);
    assert_int_equal(transport_figures(world->transport)->pending, 0);
    assert_int_equal(chaos->dialled, 0);
  }
  listener_release(chaos->plain);
  world_free(world);
  assert_int_equal(chaos->dialled, 0);
  for (int i = 0; i < 8; i++)
    if (chaos->held[i]) link_release(chaos->held[i]);
}

static void events_in_random_order(void **state) {
  (void)state;
  const char *given = getenv("HANSE_TEST_SEED"); /* "first" or "first,count": more than the usual few */
  unsigned long first = 1, count = 4;
  if (given) sscanf(given, "%lu,%lu", &first, &count);
  for (unsigned long i = 0; i < count; i++) {
    printf("seed %lu\n", first + i);
    fflush(stdout);
    run(first + i);
  }
}

int main(void) {
  log_level_set(HANSE_ERROR);
  const struct CMUnitTest tests[] = {cmocka_unit_test(events_in_random_order)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
