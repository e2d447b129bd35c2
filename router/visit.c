#include "router/visit.h"

#include <errno.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "contract/domain.h"
#include "router/address.h"
#include "router/socket_options.h"

#define PAUSE (300 * HANSE_MSEC)

void visit_end(struct visit *visit) {
  struct ev_loop *ev = loop_ev(visit->loop);
  ev_io_stop(ev, &visit->in);
  ev_io_stop(ev, &visit->out);
  ev_timer_stop(ev, &visit->timer);
  if (visit->state == VISIT_OPEN) SSL_shutdown(visit->ssl);
  ERR_clear_error();
  SSL_free(visit->ssl);
  visit->ssl = NULL;
  tls_profile_release(visit->profile);
  visit->profile = NULL;
  if (visit->fd >= 0) close(visit->fd);
  visit->fd = -1;
  free(visit->input);
  visit->input = NULL;
  visit->received = 0;
  visit->said = hanse_slice(NULL, 0);
  visit->state = VISIT_IDLE;
}

static void fail(struct visit *visit, enum hanse_failure failure, const char *why) {
  snprintf(visit->why, sizeof visit->why, "%s", why);
  visit->failure = failure;
  visit_end(visit);
  visit->on(visit, VISIT_FAILED);
}

static void fail_tls(struct visit *visit) {
  char text[200];
  bool ours = false;
  bool reset = ERR_peek_error() == 0 && errno == ECONNRESET;
  const char *why = tls_why(visit->ssl, text, sizeof text, &ours);
  fail(visit,
       ours                         ? HANSE_F_TLS_OURS
       : visit->state == VISIT_OPEN ? HANSE_F_LINK_LOST
                                    : HANSE_F_TLS,
       reset ? "the peer reset the connection" : why);
}

static void enter(struct visit *visit, enum visit_state state, hanse_time length) {
  struct ev_loop *ev = loop_ev(visit->loop);
  visit->state = state;
  ev_timer_stop(ev, &visit->timer);
  ev_timer_set(&visit->timer, (double)length / HANSE_SECOND, 0.);
  ev_timer_start(ev, &visit->timer);
}

/* ---- open: writing and reading ---- */

/* Whether the visit goes on; what OpenSSL waits for is watched. */
static bool wait_for(struct visit *visit, int result) {
  int error = SSL_get_error(visit->ssl, result);
  if (error == SSL_ERROR_WANT_READ) return true;
  if (error == SSL_ERROR_WANT_WRITE) {
    ev_io_start(loop_ev(visit->loop), &visit->out);
    return true;
  }
  fail_tls(visit);
  return false;
}

/* False: the visit is over. */
static bool write_said(struct visit *visit) {
  if (!visit->said.len || visit->pausing) return true;
  ERR_clear_error();
  errno = 0;
  int put = SSL_write(visit->ssl, visit->said.at, (int)visit->said.len);
  if (put <= 0) return wait_for(visit, put);
  visit->said = hanse_slice(NULL, 0); /* without partial writes it is all or nothing */
  return true;
}

/* False: nothing came, or the visit is over. */
static bool read_input(struct visit *visit) {
  if (!visit->input && !(visit->input = malloc(VISIT_INPUT_MAX))) {
    fail(visit, HANSE_F_MEMORY, "no memory");
    return false;
  }
  if (visit->received == VISIT_INPUT_MAX) {
    fail(visit, HANSE_F_TOO_LARGE, "the far end sends too much");
    return false;
  }
  ERR_clear_error();
  errno = 0;
  int got = SSL_read(visit->ssl, visit->input + visit->received, (int)(VISIT_INPUT_MAX - visit->received));
  if (got <= 0) {
    wait_for(visit, got);
    return false;
  }
  visit->received += (size_t)got;
  visit->on(visit, VISIT_INPUT);
  return visit->state == VISIT_OPEN;
}

/* OpenSSL may keep what the socket does not show. */
static void go_on(struct visit *visit) {
  if (!write_said(visit)) return;
  while (read_input(visit) && SSL_has_pending(visit->ssl)) continue;
}

int visit_say(struct visit *visit, struct hanse_slice octets) {
  if (visit->state != VISIT_OPEN || !octets.len || octets.len > VISIT_INPUT_MAX) return HANSE_INVALID;
  visit->said = octets;
  visit->pausing = true;
  enter(visit, VISIT_OPEN, PAUSE);
  return HANSE_OK;
}

/* ---- the handshake ---- */

/* Stands in the place of the profile's own judgement: all is taken, the first fault noted. */
static int note_fault(int ok, X509_STORE_CTX *store) {
  SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  struct visit *visit = SSL_get_app_data(ssl);
  X509 *certificate = X509_STORE_CTX_get_current_cert(store);
  int fault = ok ? X509_V_OK : X509_STORE_CTX_get_error(store), depth = X509_STORE_CTX_get_error_depth(store);
  const struct tls_profile *profile = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
  bool passed = !ok && tls_fault_is_passed(profile, fault, depth);
  visit->unchecked |= passed && depth == 0;
  if (ok || passed || visit->fault != X509_V_OK) return 1;
  visit->fault = fault;
  visit->fault_depth = depth;
  if (certificate)
    X509_NAME_oneline(X509_get_subject_name(certificate), visit->fault_subject, sizeof visit->fault_subject);
  return 1;
}

/* OpenSSL calls this in the role of a client when the far end asks for a certificate. */
static int note_asked(SSL *ssl, void *visit) {
  (void)ssl;
  ((struct visit *)visit)->asked = true;
  return 1;
}

static void shake(struct visit *visit) {
  ERR_clear_error();
  errno = 0;
  int result = SSL_do_handshake(visit->ssl);
  if (result != 1) {
    wait_for(visit, result);
    return;
  }
  enter(visit, VISIT_OPEN, visit->times.answer);
  visit->on(visit, VISIT_SHAKEN);
}

/* A literal address is not a server name (RFC 6066 §3). */
static bool start_tls(struct visit *visit, const struct target_settings *settings) {
  char name[DOMAIN_BUFFER];
  visit->demand = (struct tls_demand){.rule = settings->rule, .protocol = settings->key.protocol};
  visit->profile = tls_profile_hold(settings->key.tls);
  visit->ssl = tls_connection(visit->profile, &visit->demand, false);
  if (!visit->ssl || SSL_set_fd(visit->ssl, visit->fd) != 1) return false;
  SSL_set_verify(visit->ssl, SSL_VERIFY_PEER, note_fault);
  SSL_set_cert_cb(visit->ssl, note_asked, visit);
  SSL_clear_mode(visit->ssl, SSL_MODE_ENABLE_PARTIAL_WRITE);
  SSL_set_mode(visit->ssl, SSL_MODE_AUTO_RETRY);
  if (!settings->key.prove.len || settings->key.prove.len >= sizeof name || domain_is_ip(settings->key.prove))
    return true;
  snprintf(name, sizeof name, "%.*s", HANSE_FMT(settings->key.prove));
  return SSL_set_tlsext_host_name(visit->ssl, name) == 1;
}

/* ---- the connection ---- */

static void connected(struct visit *visit) {
  int error = 0;
  socklen_t length = sizeof error;
  if (getsockopt(visit->fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0) error = errno;
  if (error) {
    fail(visit, HANSE_F_CONNECT, strerror(error));
    return;
  }
  visit->on(visit, VISIT_CONNECTED);
  if (visit->state != VISIT_CONNECTING) return;
  enter(visit, VISIT_SHAKING, visit->times.shake);
  ev_io_start(loop_ev(visit->loop), &visit->in);
  shake(visit);
}

static void proceed(struct ev_loop *ev, struct ev_io *watcher, int events) {
  (void)events;
  struct visit *visit = watcher->data;
  ev_io_stop(ev, &visit->out);
  if (visit->state == VISIT_CONNECTING)
    connected(visit);
  else if (visit->state == VISIT_SHAKING)
    shake(visit);
  else
    go_on(visit);
}

static void late(struct ev_loop *ev, struct ev_timer *timer, int events) {
  (void)events;
  struct visit *visit = timer->data;
  if (visit->pausing) {
    visit->pausing = false;
    enter(visit, VISIT_OPEN, visit->times.answer);
    ev_io_start(ev, &visit->out);
  } else if (visit->state == VISIT_CONNECTING)
    fail(visit, HANSE_F_CONNECT, "no answer to the connection in time");
  else if (visit->state == VISIT_SHAKING)
    fail(visit, HANSE_F_TLS, "the handshake did not end in time");
  else
    fail(visit, HANSE_F_TIMEOUT, "no answer in time");
}

void visit_init(struct visit *visit, struct loop *loop, const struct visit_times *times,
                void (*on)(struct visit *visit, enum visit_event event)) {
  memset(visit, 0, sizeof *visit);
  visit->loop = loop;
  visit->times = *times;
  visit->on = on;
  visit->fd = -1;
  ev_init(&visit->in, proceed);
  ev_init(&visit->out, proceed);
  ev_timer_init(&visit->timer, late, 0., 0.);
  visit->in.data = visit->out.data = visit->timer.data = visit;
}

static int refuse(struct visit *visit, const char *why) {
  snprintf(visit->why, sizeof visit->why, "%s", why);
  visit->failure = HANSE_F_CONNECT;
  visit_end(visit);
  return HANSE_FAIL;
}

int visit_begin(struct visit *visit, const struct sockaddr *address, const struct target_settings *settings) {
  const struct sockaddr *source = (const struct sockaddr *)&settings->key.source;
  int on = 1;
  visit->fault = X509_V_OK;
  visit->fault_depth = 0;
  visit->asked = false;
  visit->unchecked = false;
  visit->pausing = false;
  visit->fault_subject[0] = '\0';
  visit->fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (visit->fd < 0) return refuse(visit, strerror(errno));
  socket_options_set(visit->fd);
  setsockopt(visit->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if (source->sa_family == address->sa_family && bind(visit->fd, source, address_length(source)) != 0)
    return refuse(visit, strerror(errno));
  if (!start_tls(visit, settings)) return refuse(visit, "no memory for TLS");
  if (connect(visit->fd, address, address_length(address)) != 0 && errno != EINPROGRESS)
    return refuse(visit, strerror(errno));
  ev_io_set(&visit->in, visit->fd, EV_READ);
  ev_io_set(&visit->out, visit->fd, EV_WRITE);
  ev_io_start(loop_ev(visit->loop), &visit->out);
  enter(visit, VISIT_CONNECTING, visit->times.connect);
  return HANSE_OK;
}
