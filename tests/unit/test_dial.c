#include "tests/unit/link_world.h"

/* ---- whom we dial, and which failure it is when that goes wrong (R85) ---- */

struct server { /* somebody to be dialled, moved by hand */
  int fd;
  uint16_t port;
};

static struct server server_new(void) {
  struct server server = {.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  struct sockaddr_storage address = world_address("127.0.0.1", 0);
  socklen_t length = sizeof(struct sockaddr_in);
  assert_int_equal(bind(server.fd, (struct sockaddr *)&address, length), 0);
  assert_int_equal(listen(server.fd, 10), 0);
  getsockname(server.fd, (struct sockaddr *)&address, &length);
  server.port = ntohs(((struct sockaddr_in *)&address)->sin_port);
  return server;
}

static struct peer *server_accept(struct world *world, struct server *server, SSL_CTX *context) {
  fcntl(server->fd, F_SETFL, O_NONBLOCK);
  int fd = -1;
  WORLD_UNTIL(world, (fd = accept(server->fd, NULL, NULL)) >= 0);
  return peer_of(fd, context, true);
}

static struct dial dial_of(struct world *world, uint16_t port, const char *prove) {
  return (struct dial){.address = world_address("127.0.0.1", port),
                       .address_length = sizeof(struct sockaddr_in),
                       .tls = world->profile,
                       .rule = HANSE_IDENTITY_SIP,
                       .side = HANSE_SIDE_PARTNER,
                       .prove = hanse_text(prove),
                       .protocol = HANSE_LIT("sip"),
                       .local = HANSE_LIT("edge.a.test:5061"),
                       .done = world_done,
                       .argument = world};
}

static void dial(struct world *world, const struct dial *how) {
  struct hanse_link *link = transport_dial(world->transport, how);
  assert_non_null(link);
  assert_int_equal(world->done, 0);
  link_release(link);
}

/* A server that asks for certificates and trusts the authority. */
static SSL_CTX *server_context(struct world *world, const struct throwaway *own) {
  SSL_CTX *context = peer_context(own);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), world->authority.certificate);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  return context;
}

static void the_dial_failed(struct world *world, enum hanse_failure failure, const char *words) {
  WORLD_UNTIL(world, world->done == 1);
  assert_int_equal(world->done_failure, failure);
  if (!strstr(world->done_reason, words)) fail_msg("\"%s\" does not say \"%s\"", world->done_reason, words);
  world_turns(world, 3);
  assert_int_equal(world->done, 1);
  assert_int_equal(world->opened, 0);
  assert_int_equal(world->closed, 0);
}

static void done_before_open(struct world *world, struct hanse_link *link) {
  if (link->outbound) assert_int_equal(world->done, 1);
}

static void a_router_dials_another(void **state) {
  struct world *world = *state;
  world->on_open = done_before_open;
  struct dial how = dial_of(world, listener_port(world->listener), "edge.a.test");
  struct hanse_link *link = transport_dial(world->transport, &how);
  assert_int_equal(link->state, LINK_CONNECTING);
  WORLD_UNTIL(world, world->opened == 2);
  assert_int_equal(world->done, 1);
  assert_int_equal(world->done_failure, HANSE_F_NONE);
  assert_int_equal(link->state, LINK_OPEN);
  assert_true(link->outbound);
  assert_true(link_proves(link, HANSE_LIT("edge.a.test")));
  char cipher[80];
  assert_non_null(strstr(link_cipher(link, cipher, sizeof cipher), "TLSv1.3"));
  char *room = link_room(link, 6);
  memcpy(room, "hello\n", 6);
  link_filled(link, 6);
  WORLD_UNTIL(world, world->messages == 1);
  link_shut(link, HANSE_F_NONE, "done");
  WORLD_UNTIL(world, world->closed == 2);
  link_release(link);
}

static void the_server_is_told_whom_we_look_for(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  struct dial how = dial_of(world, server.port, "edge.b.test");
  how.source = world_address("127.0.0.3", 0);
  dial(world, &how);
  struct peer *peer = server_accept(world, &server, server_context(world, &world->theirs));
  PEER_UNTIL(world, peer, peer->established && world->opened == 1);
  assert_string_equal(SSL_get_servername(peer->ssl, TLSEXT_NAMETYPE_host_name), "edge.b.test");
  struct sockaddr_in from;
  socklen_t length = sizeof from;
  getpeername(peer->fd, (struct sockaddr *)&from, &length);
  assert_int_equal(from.sin_addr.s_addr, inet_addr("127.0.0.3"));
  peer_free(peer);
  close(server.fd);
}

static void a_literal_address_is_no_server_name(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  struct dial how = dial_of(world, server.port, "127.0.0.1");
  dial(world, &how);
  struct peer *peer = server_accept(world, &server, server_context(world, &world->theirs));
  PEER_UNTIL(world, peer, peer->established);
  assert_null(SSL_get_servername(peer->ssl, TLSEXT_NAMETYPE_host_name));
  the_dial_failed(world, HANSE_F_TLS_NAME, "does not prove 127.0.0.1");
  peer_free(peer);
  close(server.fd);
}

static void the_wrong_name(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  struct dial how = dial_of(world, server.port, "edge.x.test");
  dial(world, &how);
  struct peer *peer = server_accept(world, &server, server_context(world, &world->theirs));
  PEER_UNTIL(world, peer, peer->established);
  the_dial_failed(world, HANSE_F_TLS_NAME, "the peer's certificate does not prove edge.x.test; it proves edge.b.test");
  peer_free(peer);
  close(server.fd);
}

static void the_wrong_authority(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  struct throwaway strange = throwaway_host(&world->other_authority, "DNS:edge.b.test");
  struct dial how = dial_of(world, server.port, "edge.b.test");
  dial(world, &how);
  struct peer *peer = server_accept(world, &server, server_context(world, &strange));
  PEER_UNTIL(world, peer, peer->over || world->done);
  the_dial_failed(world, HANSE_F_TLS_TRUST, "the peer's certificate is not accepted: unable to get local issuer");
  peer_free(peer);
  throwaway_free(&strange);
  close(server.fd);
}

/* The far end trusts others than our certificate's authority. */
static struct peer *dial_who_refuses(struct world *world, struct server *server, int version) {
  struct dial how = dial_of(world, server->port, "edge.b.test");
  dial(world, &how);
  SSL_CTX *context = peer_context(&world->theirs);
  X509_STORE_add_cert(SSL_CTX_get_cert_store(context), world->other_authority.certificate);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_set_max_proto_version(context, version);
  struct peer *peer = server_accept(world, server, context);
  PEER_UNTIL(world, peer, peer->over);
  return peer;
}

static void who_refuses_our_certificate(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  struct peer *peer = dial_who_refuses(world, &server, TLS1_2_VERSION);
  the_dial_failed(world, HANSE_F_TLS_OURS, "the peer refused our certificate: its issuer is not known there");
  peer_free(peer);
  world->done = 0;
  peer = dial_who_refuses(world, &server, TLS1_3_VERSION);
  WORLD_UNTIL(world, world->closed == 1);
  assert_int_equal(world->why, HANSE_CLOSE_ERROR);
  assert_int_equal(world->failure, HANSE_F_TLS_OURS);
  assert_string_equal(world->reason, "the peer refused our certificate: its issuer is not known there");
  peer_free(peer);
  close(server.fd);
}

static void nobody_there(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  close(server.fd);
  struct dial how = dial_of(world, server.port, "edge.b.test");
  dial(world, &how);
  the_dial_failed(world, HANSE_F_CONNECT, "Connection refused");
}

static void no_way_there(void **state) {
  struct world *world = *state;
  struct dial how = dial_of(world, 5061, "edge.b.test");
  how.address = world_address("255.255.255.255", 5061);
  dial(world, &how);
  WORLD_UNTIL(world, world->done == 1);
  assert_int_equal(world->done_failure, HANSE_F_CONNECT);
  world->done = 0;
  how = dial_of(world, 5061, "edge.b.test");
  how.source = world_address("192.0.2.1", 0); /* no address of ours */
  dial(world, &how);
  the_dial_failed(world, HANSE_F_CONNECT, "Cannot assign requested address");
}

static void somebody_silent(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  struct dial how = dial_of(world, server.port, "edge.b.test");
  dial(world, &how);
  WORLD_UNTIL(world, transport_links(world->transport)->state == LINK_HANDSHAKE);
  world_later(world, 3900 * HANSE_MSEC);
  assert_int_equal(world->done, 0);
  world_later(world, 100 * HANSE_MSEC);
  the_dial_failed(world, HANSE_F_CONNECT, "within the time for it");
  close(server.fd);
}

static void a_dial_may_be_given_up(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  for (int i = 0; i < 2; i++) {
    struct dial how = dial_of(world, server.port, "edge.b.test");
    struct hanse_link *link = transport_dial(world->transport, &how);
    if (i == 0) link_shut(link, HANSE_F_DRAINING, "going down");
    if (i == 1) link_abort(link, HANSE_F_DRAINING, "going down");
    assert_int_equal(link->state, LINK_CLOSED);
    assert_int_equal(world->done, 0);
    the_dial_failed(world, HANSE_F_DRAINING, "going down");
    world->done = 0;
    link_release(link);
  }
  close(server.fd);
}

static void abort_when_done(void *context, struct hanse_link *link, enum hanse_failure failure, const char *text) {
  world_done(context, link, failure, text);
  link_abort(link, HANSE_F_WITHDRAWN, "not wanted any more");
}

static void a_dialler_may_end_what_it_gets(void **state) {
  struct world *world = *state;
  struct dial how = dial_of(world, listener_port(world->listener), "edge.a.test");
  how.done = abort_when_done;
  dial(world, &how);
  WORLD_UNTIL(world, world->done == 1);
  assert_int_equal(world->done_failure, HANSE_F_NONE);
  WORLD_UNTIL(world, !transport_links(world->transport));
  assert_int_equal(world->done, 1);
  assert_true(world->opened <= 1); /* the other end may have opened, ours did not */
  assert_int_equal(world->closed, world->opened);
  assert_int_equal(transport_figures(world->transport)->open, 0);
}

static void a_plain_dial(void **state) {
  struct world *world = *state;
  struct server server = server_new();
  struct dial how = dial_of(world, server.port, "edge.b.test");
  how.tls = NULL;
  how.side = HANSE_SIDE_HOME;
  how.prove = hanse_slice(NULL, 0);
  dial(world, &how);
  struct peer *peer = server_accept(world, &server, NULL);
  WORLD_UNTIL(world, world->opened == 1);
  peer_say(world, peer, "hello\n");
  WORLD_UNTIL(world, world->messages == 1);
  peer_free(peer);
  close(server.fd);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_with_partners, end_of_world)
  const struct CMUnitTest tests[] = {
      TEST(a_router_dials_another),
      TEST(the_server_is_told_whom_we_look_for),
      TEST(a_literal_address_is_no_server_name),
      TEST(the_wrong_name),
      TEST(the_wrong_authority),
      TEST(who_refuses_our_certificate),
      TEST(nobody_there),
      TEST(no_way_there),
      TEST(somebody_silent),
      TEST(a_dial_may_be_given_up),
      TEST(a_dialler_may_end_what_it_gets),
      TEST(a_plain_dial),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
