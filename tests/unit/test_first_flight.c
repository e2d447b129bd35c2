/* What strangers say first (E17): other protocols, records that are none, and a good first message that ends at any
   octet. Nobody gets in, nobody is told more than an alert, everybody is gone after the time of a handshake. */
#include "tests/unit/link_world.h"

#define CROWD 32    /* at a time */
#define ALERT_MAX 7 /* octets of one alert that is not encrypted: RFC 8446 §5.1, §6 */

struct flight {
  const char *octets;
  size_t n;
};
#define FLIGHT(text) \
  { text, sizeof text - 1 }

static const struct flight others[] = {
    FLIGHT("GET / HTTP/1.1\r\nHost: edge.a.test\r\n\r\n"),
    FLIGHT("POST /sip HTTP/1.1\r\nContent-Length: 4\r\n\r\nxxxx"),
    FLIGHT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    FLIGHT("CONNECT edge.a.test:5061 HTTP/1.1\r\n\r\n"),
    FLIGHT("OPTIONS sip:edge.a.test SIP/2.0\r\nContent-Length: 0\r\n\r\n"),
    FLIGHT("<?xml version='1.0'?><stream:stream xmlns='jabber:server' to='a.test'>"),
    FLIGHT("SSH-2.0-OpenSSH_9.2p1\r\n"),
    FLIGHT("EHLO mail.test\r\nSTARTTLS\r\n"),
    FLIGHT("USER anonymous\r\n"),
    FLIGHT("PROXY TCP4 192.0.2.1 192.0.2.2 5061 5061\r\n"),
    FLIGHT(
        "\r\n\r\n\0\r\nQUIT\n\x21\x11\x00\x0c\xc0\x00\x02\x01\xc0\x00\x02\x02\x13\xc5\x13\xc5"), /* PROXY, version 2 */
    FLIGHT("\r\n\r\n\r\n\r\n"),
    FLIGHT("\x05\x01\x00"),                                                                 /* SOCKS */
    FLIGHT("\x03\x00\x00\x13\x0e\xe0\x00\x00\x00\x00\x00\x01\x00\x08\x00\x03\x00\x00\x00"), /* RDP */
    FLIGHT("\x00\x00\x00\x2f\xffSMBr"),
    FLIGHT("\x00\x01\x00\x00\x21\x12\xa4\x42twelve-octet"), /* STUN */
    FLIGHT("\x80\x1c\x01\x00\x02\x00\x03\x00\x00\x00\x10\x07\x00\xc0"
           "0123456789abcdef"), /* SSL 2 */
    FLIGHT("\x80\x1c\x01\x03\x01\x00\x03\x00\x00\x00\x10\x00\x00\x2f"
           "0123456789abcdef"), /* SSL 2 for TLS 1.0 */
    FLIGHT("\x16\x03\x00\x00\x2d\x01\x00\x00\x29\x03\x00"
           "0123456789abcdef0123456789abcdef"
           "\x00\x00\x02\x00\x2f\x01\x00"), /* SSL 3 */
    FLIGHT("\x16\x03\x01\x00\x2d\x01\x00\x00\x29\x03\x01"
           "0123456789abcdef0123456789abcdef"
           "\x00\x00\x02\x00\x2f\x01\x00"),                                         /* TLS 1.0 */
    FLIGHT("\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00\x00\x04\x01\x00\x00\x00"), /* DTLS */
    FLIGHT("\x14\x03\x03\x00\x01\x01"),
    FLIGHT("\x15\x03\x03\x00\x02\x01\x00"),
    FLIGHT("\x15\x03\x03\x00\x02\x02\x28"),
    FLIGHT("\x17\x03\x03\x00\x10"
           "0123456789abcdef"),
    FLIGHT("\x18\x03\x03\x00\x03\x01\xff\xff"), /* a heartbeat that asks for more than it brings */
    FLIGHT("\x16\x03\x03\x00\x00"),
    FLIGHT("\x16\x03\x03\xff\xff"),
    FLIGHT("\x16\x03\x03\x00\x04\x00\x00\x00\x00"), /* HelloRequest */
    FLIGHT("\x16\x03\x03\x00\x04\x02\x00\x00\x00"), /* ServerHello */
    FLIGHT("\x16\x03\x03\x00\x04\x0b\xff\xff\xff"), /* Certificate */
    FLIGHT("\x16\x03\x03\x00\x04\x14\x00\x00\x00"), /* Finished */
};

/* Some of them at once. `ends`: and nothing follows; else the far end waits. */
static void crowd(struct world *world, const struct flight *flights, size_t count, bool ends) {
  struct peer *peers[CROWD];
  uint64_t accepted = transport_figures(world->transport)->accepted + count;
  for (size_t i = 0; i < count; i++) {
    peers[i] = peer_dial(world, NULL);
    peer_send(world, peers[i], flights[i].octets, flights[i].n);
    if (ends) shutdown(peers[i]->fd, SHUT_WR);
  }
  WORLD_UNTIL(world, transport_figures(world->transport)->accepted == accepted);
  world_turns(world, 4);
  world_later(world, 10 * HANSE_SECOND);
  assert_int_equal(transport_figures(world->transport)->pending, 0);
  for (size_t i = 0; i < count; i++) {
    PEER_UNTIL(world, peers[i], peers[i]->over);
    if (peers[i]->got_len > ALERT_MAX || (peers[i]->got_len > 0 && peers[i]->got[0] != 0x15))
      fail_msg("%zu octets for %.20s", peers[i]->got_len, flights[i].octets);
    peer_free(peers[i]);
  }
  WORLD_UNTIL(world, !transport_links(world->transport));
  assert_int_equal(world->opened, 0);
  assert_int_equal(world->inputs, 0);
}

static void all(struct world *world, const struct flight *flights, size_t count) {
  for (size_t at = 0; at < count; at += CROWD)
    for (int ends = 0; ends < 2; ends++) crowd(world, flights + at, count - at < CROWD ? count - at : CROWD, ends);
  print_message("%zu first flights, twice each: nobody got in\n", count);
  struct peer *honest = peer_linked(world); /* and who knows how does */
  peer_free(honest);
}

static void other_protocols(void **state) { all(*state, others, sizeof others / sizeof *others); }

/* Each octet that may come first, behind it as many zeros as make a short message. */
static void each_first_octet(void **state) {
  static char octets[256][48];
  struct flight flights[256];
  for (int i = 0; i < 256; i++) {
    octets[i][0] = (char)i;
    flights[i] = (struct flight){octets[i], sizeof octets[i]};
  }
  all(*state, flights, 256);
}

static void cut_anywhere(void **state) {
  static struct flight flights[2048];
  SSL_CTX *context = peer_context(NULL);
  SSL *ssl = SSL_new(context);
  BIO *out = BIO_new(BIO_s_mem());
  char hello[2048];
  SSL_set_bio(ssl, BIO_new(BIO_s_mem()), out);
  SSL_set_connect_state(ssl);
  SSL_do_handshake(ssl);
  int n = BIO_read(out, hello, sizeof hello);
  assert_true(n > 100 && n < (int)sizeof hello);
  for (int i = 0; i < n; i++) flights[i] = (struct flight){hello, (size_t)i};
  all(*state, flights, (size_t)n);
  SSL_free(ssl);
  SSL_CTX_free(context);
}

int main(void) {
#define TEST(name) cmocka_unit_test_setup_teardown(name, world_with_partners, end_of_world)
  const struct CMUnitTest tests[] = {TEST(other_protocols), TEST(each_first_octet), TEST(cut_anywhere)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
