#include "tests/unit/link_world.h"

#include "router/handshake.h"

static uint64_t failures(struct world *world) { return transport_figures(world->transport)->handshakes_failed; }

/* ---- who comes in ---- */

/* A far end with these certificates does not get in, and reads this alert. */
static void kept_out(struct world *world, SSL_CTX *context, int alert) {
  uint64_t before = failures(world);
  struct peer *peer = peer_dial(world, context);
  PEER_UNTIL(world, peer, peer->established || peer->over);
  if (peer->established) { /* TLS 1.3: it believes so; what it says now must not count, nor take the alert from it */
    size_t put;
    SSL_write_ex(peer->ssl, "message\n", 8, &put);
    PEER_UNTIL(world, peer, peer->over);
  }
  assert_int_equal(peer->error, SSL_ERROR_SSL);
  assert_int_equal(ERR_GET_REASON(ERR_peek_error()), SSL_AD_REASON_OFFSET + alert);
  assert_int_equal(peer->got_len, 0);
  assert_int_equal(world->opened, 0);
  assert_int_equal(world->inputs, 0);
  assert_int_equal(failures(world), before + 1);
  peer_free(peer);
  WORLD_UNTIL(world, !transport_links(world->transport));
}

static void without_a_certificate_nobody_gets_in(void **state) {
  struct world *world = *state;
  kept_out(world, peer_context(NULL), SSL_AD_CERTIFICATE_REQUIRED);
  SSL_CTX *context = peer_context(NULL);
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  kept_out(world, context, SSL_AD_HANDSHAKE_FAILURE);
  assert_int_equal(world->closed, 0);
}

static void with_the_wrong_certificate_nobody_gets_in(void **state) {
  struct world *world = *state;
  struct throwaway strange = throwaway_host(&world->other_authority, "DNS:edge.b.test");
  struct throwaway old = throwaway_make(
      &world->authority, &(struct throwaway_wish){.san = "DNS:edge.b.test", .begins = -7200, .ends = -3600});
  struct throwaway client =
      throwaway_make(&world->authority, &(struct throwaway_wish){.san = "DNS:edge.b.test", .eku = "clientAuth"});
  kept_out(world, peer_context(&strange), SSL_AD_UNKNOWN_CA);
  kept_out(world, peer_context(&old), SSL_AD_CERTIFICATE_EXPIRED);
  kept_out(world, peer_context(&client), SSL_AD_UNSUPPORTED_CERTIFICATE);
  throwaway_free(&strange);
  throwaway_free(&old);
  throwaway_free(&client);
}

static void a_server_certificate_is_good_enough(void **state) {
  struct world *world = *state;
  struct throwaway server =
      throwaway_make(&world->authority, &(struct throwaway_wish){.san = "DNS:edge.c.test", .eku = "serverAuth"});
  struct peer *peer = peer_dial(world, peer_context(&server));
  PEER_UNTIL(world, peer, world->opened == 1);
  assert_true(link_proves(world->link, HANSE_LIT("edge.c.test")));
  peer_free(peer);
  throwaway_free(&server);
}

/* E17 */
static void plain_text_gets_no_answer(void **state) {
  struct world *world = *state;
  const char *texts[] = {"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
                         "OPTIONS sip:a.test SIP/2.0\r\n\r\n",
                         "\r\n\r\n",
                         "<stream:stream>",
                         "\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10 SSL 2",
                         "\x16\x03\x01\x00\x00 empty",
                         "\x15\x03\x01\x00\x02\x01\x00"};
  for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
    struct peer *peer = peer_dial(world, NULL);
    size_t n = i == 5 ? 11 : i == 6 ? 7 : strlen(texts[i]);
    peer_send(world, peer, texts[i], n);
    WORLD_UNTIL(world, failures(world) == i + 1);
    PEER_UNTIL(world, peer, peer->over);
    assert_int_equal(peer->got_len, 0);
    peer_free(peer);
  }
  WORLD_UNTIL(world, !transport_links(world->transport));
  assert_int_equal(failures(world), sizeof texts / sizeof *texts);
}

/* The announced length alone decides, in whatever pieces it comes. */
static void a_first_message_that_is_too_large(void **state) {
  struct world *world = *state;
  static const char whole[] = "\x16\x03\x01\x40\x00\x01\x01\x00\x00\x03\x03";
  static const char pieces[] = "\x16\x03\x01\x00\x01\x01\x16\x03\x01\x00\x02\x01\x00\x16\x03\x01\x00\x01\x00";
  const struct {
    const char *at;
    size_t n;
  } hellos[] = {{whole, sizeof whole - 1}, {pieces, sizeof pieces - 1}};
  for (size_t i = 0; i < 2; i++) {
    struct peer *peer = peer_dial(world, NULL);
    peer_send(world, peer, hellos[i].at, hellos[i].n);
    PEER_UNTIL(world, peer, peer->over);
    assert_int_equal(peer->got_len, 0);
    peer_free(peer);
  }
  assert_int_equal(failures(world), 2);
}

static void too_many_certificates(void **state) {
  struct world *world = *state;
  size_t n = 0, size = 2500 * 32;
  char *san = malloc(size);
  for (int i = 0; i < 2500; i++) n += (size_t)snprintf(san + n, size - n, "%sDNS:host%04d.b.test", i ? "," : "", i);
  struct throwaway large = throwaway_make(&world->authority, &(struct throwaway_wish){.san = san});
  kept_out(world, peer_context(&large), SSL_AD_ILLEGAL_PARAMETER);
  throwaway_free(&large);
  free(san);
}

/* E14 */
static void another_application_protocol(void **state) {
  struct world *world = *state;
  SSL_CTX *context = peer_context(&world->theirs);
  SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x02h2", 3);
  kept_out(world, context, SSL_AD_NO_APPLICATION_PROTOCOL);
  context = peer_context(&world->theirs);
  SSL_CTX_set_alpn_protos(context, (const unsigned char *)"\x02h2\x03sip", 7);
  struct peer *peer = peer_dial(world, context);
  PEER_UNTIL(world, peer, world->opened == 1);
  peer_free(peer);
}

/* A good first message, spoilt in one to four places: the far end gets in never, and always an end (E17). */
static void spoilt_first_messages(void **state) {
  struct world *world = *state;
  SSL_CTX *context = peer_context(NULL);
  SSL *ssl = SSL_new(context);
  BIO *out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  char hello[2048], spoilt[2048];
  int n = BIO_read(out, hello, sizeof hello);
  assert_true(n > 100);
  uint32_t chance = 1;
  for (int i = 0; i < 400; i++) {
    memcpy(spoilt, hello, (size_t)n);
    for (int places = 1 + i % 4; places > 0; places--) {
      chance = chance * 1664525u + 1013904223u;
      spoilt[(chance >> 8) % (unsigned)n] ^= (char)(1u << (chance >> 29));
    }
    size_t length = i % 8 ? (size_t)n : (chance >> 8) % (unsigned)n;
    struct peer *peer = peer_dial(world, NULL);
    peer_send(world, peer, spoilt, length);
    if (i % 2) shutdown(peer->fd, SHUT_WR);
    world_turns(world, 4);
    peer_free(peer);
    world_turns(world, 2);
  }
  SSL_free(ssl);
  SSL_CTX_free(context);
  world_later(world, 11 * HANSE_SECOND);
  world_later(world, 3 * HANSE_SECOND);
  WORLD_UNTIL(world, !transport_links(world->transport));
  assert_int_equal(world->opened, 0);
  assert_int_equal(transport_figures(world->transport)->accepted, 400);
}

static void a_slow_handshake_is_cut(void **state) {
  struct world *world = *state;
  struct peer *silent = peer_dial(world, NULL), *slow = peer_dial(world, NULL);
  WORLD_UNTIL(world, transport_figures(world->transport)->accepted == 2);
  static const char hello[] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
  for (int i = 0; i < 9; i++) {
    peer_send(world, slow, hello + i, 1);
    world_turns(world, 3);
    world_later(world, HANSE_SECOND);
    assert_int_equal(transport_figures(world->transport)->pending, 2);
  }
  world_later(world, HANSE_SECOND);
  assert_int_equal(transport_figures(world->transport)->pending, 0);
  assert_null(transport_links(world->transport));
  PEER_UNTIL(world, silent, silent->over);
  PEER_UNTIL(world, slow, slow->over);
  assert_int_equal(silent->got_len, 0);
  assert_int_equal(slow->got_len, 0);
  peer_free(silent);
  peer_free(slow);
}

/* The far end's octets, handshake and message, one at a time. */
static void octet_by_octet(void **state) {
  struct world *world = *state;
  struct peer *wire = peer_dial(world, NULL);
  SSL_CTX *context = peer_context(&world->theirs);
  SSL *ssl = SSL_new(context);
  BIO *in = BIO_new(BIO_s_mem()), *out = BIO_new(BIO_s_mem());
  SSL_set_bio(ssl, in, out);
  SSL_set_connect_state(ssl);
  bool said = false;
  for (int i = 0; i < 100000 && world->messages == 0; i++) {
    char octet;
    if (!SSL_is_init_finished(ssl)) SSL_do_handshake(ssl);
    size_t put;
    if (SSL_is_init_finished(ssl) && !said) said = SSL_write_ex(ssl, "hello\n", 6, &put) == 1;
    if (BIO_read(out, &octet, 1) == 1) peer_send(world, wire, &octet, 1);
    world_turns(world, 1);
    peer_step(wire);
    if (wire->got_len > 0) BIO_write(in, wire->got, (int)wire->got_len);
    wire->got_len = 0;
  }
  assert_int_equal(world->messages, 1);
  SSL_free(ssl);
  SSL_CTX_free(context);
  peer_free(wire);
}

/* A message right behind the handshake: it was read together with it, and epoll will not tell of it. */
static void the_first_message_comes_with_the_handshake(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_dial(world, peer_context(&world->theirs));
  peer_step(peer);
  while (!peer->established) { /* its second flight and the message are there before the world moves */
    peer_step(peer);
    if (!peer->established) loop_turn(world->loop, false);
  }
  size_t put;
  assert_int_equal(SSL_write_ex(peer->ssl, "early\n", 6, &put), 1);
  for (int i = 0; i < 50 && world->messages == 0; i++) {
    usleep(1000);
    loop_turn(world->loop, false);
  }
  assert_int_equal(world->messages, 1);
  assert_int_equal(world->opened, 1);
  peer_free(peer);
}

static void update_keys(struct world *world, struct peer *peer) {
  assert_int_equal(SSL_key_update(peer->ssl, SSL_KEY_UPDATE_NOT_REQUESTED), 1);
  SSL_do_handshake(peer->ssl);
  world_turns(world, 2);
}

/* E11 */
static void key_updates_are_counted(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  for (int i = 0; i < 20; i++) {
    update_keys(world, peer);
    peer_say(world, peer, "hello\n");
  }
  WORLD_UNTIL(world, world->messages == 20);
  for (int i = 0; i < 20 && !world->closed; i++) update_keys(world, peer);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->why, HANSE_CLOSE_ERROR);
  assert_string_equal(world->reason, "the peer sends too many TLS records without data");
  peer_free(peer);
}

static void a_flood_of_key_updates_does_not_hold_the_turn(void **state) {
  struct world *world = *state;
  struct peer *peer = peer_linked(world);
  world_turns(world, 3);
  for (int i = 0; i < 1000; i++) {
    SSL_key_update(peer->ssl, SSL_KEY_UPDATE_REQUESTED);
    SSL_do_handshake(peer->ssl);
  }
  arrived(world->link->io->wire.fd);
  WORLD_UNTIL(world, world->closed == 1);
  assert_string_equal(world->reason, "the peer sends too many TLS records without data");
  peer_free(peer);
}

/* E11 */
static void renegotiation_is_refused(void **state) {
  struct world *world = *state;
  world->echo = true;
  SSL_CTX *context = peer_context(&world->theirs);
  SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
  struct peer *peer = peer_dial(world, context);
  PEER_UNTIL(world, peer, world->opened == 1);
  for (int i = 0; i < 5; i++) {
    SSL_renegotiate(peer->ssl);
    SSL_do_handshake(peer->ssl);
    world_turns(world, 5);
    SSL_do_handshake(peer->ssl);
    if (peer->over || world->closed) break;
  }
  assert_int_equal(world->messages, 0);
  assert_true(world->link->state != LINK_HANDSHAKE);
  peer_free(peer);
}

/* ---- the share of a turn ---- */

static void handshakes_take_turns_with_messages(void **state) {
  enum { MANY = 60 };
  struct world *world = *state;
  world->echo = true;
  struct peer *honest = peer_linked(world), *many[MANY];
  struct hanse_link *link = link_hold(world->link);
  for (int i = 0; i < MANY; i++) many[i] = peer_dial(world, peer_context(&world->theirs));
  WORLD_UNTIL(world, transport_figures(world->transport)->accepted == 1 + MANY);
  for (int i = 0; i < MANY; i++) peer_step(many[i]); /* all their first messages at once */
  usleep(20000);
  loop_turn(world->loop, false);
  loop_turn(world->loop, false);
  assert_true(handshake_crowded(world->transport));
  uint64_t accepted = transport_figures(world->transport)->accepted;
  struct peer *late = peer_dial(world, NULL);
  peer_say(world, honest, "hello\n");
  arrived(link->io->wire.fd);
  loop_turn(world->loop, false);
  assert_int_equal(world->messages, 1); /* it need not wait for them */
  if (handshake_crowded(world->transport)) assert_int_equal(transport_figures(world->transport)->accepted, accepted);
  hanse_time until = clock_read() + PATIENCE;
  while (world->opened < 1 + MANY && clock_read() < until) {
    for (int i = 0; i < MANY; i++) peer_step(many[i]);
    loop_turn(world->loop, false);
  }
  assert_int_equal(world->opened, 1 + MANY);
  WORLD_UNTIL(world, transport_figures(world->transport)->accepted == accepted + 1);
  for (int i = 0; i < MANY; i++) peer_free(many[i]);
  peer_free(late);
  peer_free(honest);
  link_release(link);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_with_partners, end_of_world)
  const struct CMUnitTest tests[] = {
      TEST(without_a_certificate_nobody_gets_in),
      TEST(with_the_wrong_certificate_nobody_gets_in),
      TEST(a_server_certificate_is_good_enough),
      TEST(plain_text_gets_no_answer),
      TEST(a_first_message_that_is_too_large),
      TEST(too_many_certificates),
      TEST(another_application_protocol),
      TEST(spoilt_first_messages),
      TEST(a_slow_handshake_is_cut),
      TEST(octet_by_octet),
      TEST(the_first_message_comes_with_the_handshake),
      TEST(key_updates_are_counted),
      TEST(a_flood_of_key_updates_does_not_hold_the_turn),
      TEST(renegotiation_is_refused),
      TEST(handshakes_take_turns_with_messages),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
