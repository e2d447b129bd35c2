/* A loop with a transport, and far ends that a test moves by hand: everything in one thread, over loopback. */
#ifndef TESTS_LINK_WORLD_H
#define TESTS_LINK_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h> /* wants those before it */

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "router/clock.h"
#include "router/link_io.h"
#include "router/listener.h"
#include "tests/unit/throwaway_ca.h"

#define PATIENCE (20 * HANSE_SECOND) /* a test that waits longer has failed */

static hanse_time world_shift; /* how far the tests' clock is ahead */
static inline hanse_time world_clock(void) { return clock_read() + world_shift; }

struct world {
  struct loop *loop;
  struct timers *timers;
  struct transport *transport;
  struct listener *listener;
  struct transport_limits limits;
  struct throwaway authority, other_authority, ours, theirs;
  struct tls_profile *profile, *peer_profile;
  /* what the transport said */
  int opened, closed, keepalives, ends, inputs, messages, done;
  size_t largest; /* octets handed up at once */
  enum hanse_close why;
  enum hanse_failure failure, done_failure;
  char reason[300], done_reason[300];
  struct hanse_link *link; /* the one that opened last; held */
  char heard[1 << 20];
  size_t heard_len;
  /* what the layer above does */
  bool echo;
  int peer_room; /* receive buffer of the next peers; 0: the kernel's */
  void (*on_input)(struct world *world, struct hanse_link *link, struct hanse_input *in);
  void (*on_open)(struct world *world, struct hanse_link *link);
};

static inline void world_opened(void *context, struct hanse_link *link) {
  struct world *world = context;
  assert_int_equal(link->state, LINK_OPEN);
  world->opened++;
  if (world->link) link_release(world->link);
  world->link = link_hold(link);
  if (world->on_open) world->on_open(world, link);
}

/* A message is a line. */
static inline size_t world_input(void *context, struct hanse_link *link, struct hanse_input *in) {
  struct world *world = context;
  size_t used = 0;
  assert_true(*in->scanned <= in->len);
  world->inputs++;
  if (in->ended) world->ends++;
  if (in->len > world->largest) world->largest = in->len;
  while (in->budget > 0) {
    const char *end = used < in->len ? memchr(in->bytes + used, '\n', in->len - used) : NULL;
    if (!end) break;
    size_t n = (size_t)(end + 1 - (in->bytes + used));
    world->messages++;
    in->budget--;
    if (world->heard_len + n <= sizeof world->heard) {
      memcpy(world->heard + world->heard_len, in->bytes + used, n);
      world->heard_len += n;
    }
    char *room = world->echo ? link_room(link, n) : NULL;
    if (room) {
      memcpy(room, in->bytes + used, n);
      link_filled(link, n);
    }
    used += n;
  }
  if (world->on_input) world->on_input(world, link, in);
  *in->scanned = in->len - used;
  return used;
}

static inline void world_keepalive(void *context, struct hanse_link *link) {
  (void)link;
  ((struct world *)context)->keepalives++;
}

static inline void world_closed(void *context, struct hanse_link *link, enum hanse_close why) {
  struct world *world = context;
  assert_int_equal(link->state, LINK_CLOSED);
  assert_null(link->io);
  world->closed++;
  world->why = why;
  world->failure = link->failure;
  snprintf(world->reason, sizeof world->reason, "%s", link->reason);
}

static inline void world_done(void *context, struct hanse_link *link, enum hanse_failure failure, const char *text) {
  struct world *world = context;
  (void)link;
  world->done++;
  world->done_failure = failure;
  snprintf(world->done_reason, sizeof world->done_reason, "%s", text);
}

static inline struct sockaddr_storage world_address(const char *host, uint16_t port) {
  struct sockaddr_storage address = {0};
  struct sockaddr_in *in = (struct sockaddr_in *)&address;
  in->sin_family = AF_INET;
  in->sin_port = htons(port);
  inet_pton(AF_INET, host, &in->sin_addr);
  return address;
}

static inline void world_listen(struct world *world, enum hanse_side side, bool tls, int fd) {
  struct hanse_problem problem = {.text = ""};
  struct listener_settings settings = {.address = world_address("127.0.0.1", 0),
                                       .address_length = sizeof(struct sockaddr_in),
                                       .side = side,
                                       .protocol = HANSE_LIT("sip"),
                                       .rule = HANSE_IDENTITY_SIP,
                                       .tls = tls ? world->profile : NULL,
                                       .local = HANSE_LIT("edge.a.test:5061")};
  world->listener = listener_open(world->transport, &settings, fd, &problem);
  if (!world->listener) fail_msg("%s", problem.text);
  listener_start(world->listener);
}

static inline struct world *world_new(void) {
  struct world *world = calloc(1, sizeof *world);
  assert_non_null(world);
  world_shift = 0;
  signal(SIGPIPE, SIG_IGN); /* for the far ends; links need no such thing */
  world->authority = throwaway_authority("Root");
  world->other_authority = throwaway_authority("Other root");
  world->ours = throwaway_host(&world->authority, "DNS:edge.a.test");
  world->theirs = throwaway_host(&world->authority, "DNS:edge.b.test");
  world->profile = throwaway_profile(&world->ours, &world->authority, 0);
  world->peer_profile = throwaway_profile(&world->theirs, &world->authority, 0);
  assert_true(world->profile && world->peer_profile);
  world->loop = loop_new();
  loop_clock_source(world->loop, world_clock);
  world->timers = timers_new(world->loop);
  static const struct link_events events = {world_opened, world_input, world_keepalive, world_closed};
  world->transport = transport_new(world->loop, world->timers, &events, world);
  assert_non_null(world->transport);
  world->limits = (struct transport_limits){.handshakes_per_network = {0, HANSE_SECOND},
                                            .pending_handshakes = 1000,
                                            .message = 256 * 1024,
                                            .link_output = 4 * 1024 * 1024,
                                            .link_output_high = 256 * 1024,
                                            .connect_timeout = 4 * HANSE_SECOND,
                                            .handshake_timeout = 10 * HANSE_SECOND,
                                            .message_timeout = 30 * HANSE_SECOND};
  assert_int_equal(transport_limits_set(world->transport, &world->limits), HANSE_OK);
  return world;
}

static inline void world_free(struct world *world) {
  if (world->listener) listener_release(world->listener);
  transport_free(world->transport);
  assert_int_equal(world->opened, world->closed);
  if (world->link) link_release(world->link);
  timers_free(world->timers);
  loop_free(world->loop);
  tls_profile_release(world->profile);
  tls_profile_release(world->peer_profile);
  throwaway_free(&world->authority);
  throwaway_free(&world->other_authority);
  throwaway_free(&world->ours);
  throwaway_free(&world->theirs);
  free(world);
}

/* The clock jumps, and what is due then is. */
static inline void world_later(struct world *world, hanse_time by) {
  world_shift += by;
  loop_clock_update(world->loop);
  timers_due(world->timers);
  loop_turn(world->loop, false);
  loop_turn(world->loop, false);
}

static inline void world_turns(struct world *world, int n) {
  for (int i = 0; i < n; i++) loop_turn(world->loop, false);
}

#define WORLD_UNTIL(world, condition)                                           \
  do {                                                                          \
    hanse_time until_ = clock_read() + PATIENCE;                                \
    while (!(condition)) {                                                      \
      if (clock_read() > until_) fail_msg("never became true: %s", #condition); \
      loop_turn((world)->loop, false);                                          \
    }                                                                           \
  } while (0)

/* ---- a far end ---- */

struct peer {
  int fd;
  SSL *ssl;
  SSL_CTX *context;
  bool established, over;
  int error; /* of SSL_get_error, when over */
  char got[1 << 20];
  size_t got_len;
};

/* A context that does anything; own NULL: no certificate. */
static inline SSL_CTX *peer_context(const struct throwaway *own) {
  SSL_CTX *context = SSL_CTX_new(TLS_method());
  if (own) {
    assert_int_equal(SSL_CTX_use_certificate(context, own->certificate), 1);
    assert_int_equal(SSL_CTX_use_PrivateKey(context, own->key), 1);
  }
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

static inline struct peer *peer_of(int fd, SSL_CTX *context, bool server) {
  struct peer *peer = calloc(1, sizeof *peer);
  assert_non_null(peer);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  peer->fd = fd;
  peer->context = context;
  if (!context) {
    peer->established = true;
    return peer;
  }
  peer->ssl = SSL_new(context);
  SSL_set_fd(peer->ssl, fd);
  if (server)
    SSL_set_accept_state(peer->ssl);
  else
    SSL_set_connect_state(peer->ssl);
  return peer;
}

static inline struct peer *peer_dial_from(struct world *world, SSL_CTX *context, const char *source) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (world->peer_room) setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &world->peer_room, sizeof world->peer_room);
  struct sockaddr_storage from = world_address(source, 0);
  assert_int_equal(bind(fd, (struct sockaddr *)&from, sizeof(struct sockaddr_in)), 0);
  struct sockaddr_storage to = world_address("127.0.0.1", listener_port(world->listener));
  assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(struct sockaddr_in)), 0);
  return peer_of(fd, context, false);
}
static inline struct peer *peer_dial(struct world *world, SSL_CTX *context) {
  return peer_dial_from(world, context, "127.0.0.1");
}

static inline void peer_free(struct peer *peer) {
  SSL_free(peer->ssl);
  if (peer->fd >= 0) close(peer->fd);
  SSL_CTX_free(peer->context);
  free(peer);
}

static inline bool peer_waits(struct peer *peer, int result) {
  int error = SSL_get_error(peer->ssl, result);
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) return true;
  peer->over = true;
  peer->error = error;
  return false;
}

/* One step of whatever it can do: handshake, then reading. */
static inline void peer_step(struct peer *peer) {
  ERR_clear_error();
  if (peer->over) return;
  if (!peer->established) {
    int result = SSL_do_handshake(peer->ssl);
    if (result == 1)
      peer->established = true;
    else
      peer_waits(peer, result);
    return;
  }
  size_t room = sizeof peer->got - peer->got_len;
  if (!peer->ssl) {
    ssize_t n = recv(peer->fd, peer->got + peer->got_len, room, 0);
    if (n > 0) peer->got_len += (size_t)n;
    if (n == 0 || (n < 0 && errno != EAGAIN)) peer->over = true;
    return;
  }
  size_t n = 0;
  int result = SSL_read_ex(peer->ssl, peer->got + peer->got_len, room, &n);
  if (result == 1)
    peer->got_len += n;
  else
    peer_waits(peer, result);
}

#define PEER_UNTIL(world, peer, condition)                                      \
  do {                                                                          \
    hanse_time until_ = clock_read() + PATIENCE;                                \
    while (!(condition)) {                                                      \
      if (clock_read() > until_) fail_msg("never became true: %s", #condition); \
      peer_step(peer);                                                          \
      loop_turn((world)->loop, false);                                          \
    }                                                                           \
  } while (0)

/* Loopback is quick, not instant. */
static inline void arrived(int fd) {
  struct pollfd one = {.fd = fd, .events = POLLIN};
  assert_int_equal(poll(&one, 1, 10000), 1);
}

/* Writes all of it, moving the world meanwhile. */
static inline void peer_send(struct world *world, struct peer *peer, const char *text, size_t n) {
  hanse_time until = clock_read() + PATIENCE;
  while (n > 0) {
    size_t put = 0;
    ERR_clear_error();
    if (peer->ssl) {
      SSL_write_ex(peer->ssl, text, n, &put);
    } else {
      ssize_t sent = send(peer->fd, text, n, MSG_NOSIGNAL);
      put = sent > 0 ? (size_t)sent : 0;
    }
    text += put;
    n -= put;
    if (put == 0) loop_turn(world->loop, false);
    if (clock_read() > until) fail_msg("the far end cannot write");
  }
}
static inline void peer_say(struct world *world, struct peer *peer, const char *text) {
  peer_send(world, peer, text, strlen(text));
}

/* A mutual TLS link in, with the usual certificates. */
static inline struct peer *peer_linked(struct world *world) {
  int before = world->opened;
  struct peer *peer = peer_dial(world, peer_context(&world->theirs));
  PEER_UNTIL(world, peer, peer->established && world->opened == before + 1);
  return peer;
}

/* ---- what most tests begin and end with, and say ---- */

static inline int world_with_partners(void **state) {
  struct world *world = world_new();
  world_listen(world, HANSE_SIDE_PARTNER, true, -1);
  *state = world;
  return 0;
}
static inline int end_of_world(void **state) {
  world_free(*state);
  return 0;
}

static inline void world_limit(struct world *world) {
  assert_int_equal(transport_limits_set(world->transport, &world->limits), HANSE_OK);
}

static inline void heard_is(const struct world *world, const char *text) {
  assert_int_equal(world->heard_len, strlen(text));
  assert_memory_equal(world->heard, text, strlen(text));
}

static inline void link_give(struct hanse_link *link, const char *text, size_t n) {
  char *room = link_room(link, n);
  assert_non_null(room);
  memcpy(room, text, n);
  link_filled(link, n);
}
static inline void link_say(struct hanse_link *link, const char *text) { link_give(link, text, strlen(text)); }

#endif
