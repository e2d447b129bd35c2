#include "router/wire.h"

#include <errno.h>
#include <openssl/err.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

/* Handshake records and the like that an established peer may send for nothing, and one more per this much data: a key
   update costs us a hundred times what it costs the peer. */
#define ODDITIES_FREE 32
#define ODDITIES_OCTETS 65536

void wire_close(struct wire *wire) {
  SSL_free(wire->ssl);
  wire->ssl = NULL;
  if (wire->fd >= 0) close(wire->fd);
  wire->fd = -1;
}

/* ---- system calls ---- */

static bool is_wait(int error) { return error == EAGAIN || error == EWOULDBLOCK || error == EINTR; }

static ssize_t take(struct wire *wire, char *buf, size_t n) {
  wire->reads++;
  ssize_t got = recv(wire->fd, buf, n, 0);
  wire->starved = got < 0 && is_wait(errno);
  if (got < 0 && !wire->starved) wire->error = errno;
  if (got == 0) wire->ended = true;
  if (got > 0) wire->received += (uint64_t)got;
  return got;
}

static ssize_t give(struct wire *wire, const char *buf, size_t n) {
  wire->writes++;
  ssize_t put = send(wire->fd, buf, n, MSG_NOSIGNAL);
  if (put < 0 && !is_wait(errno)) wire->error = errno;
  return put;
}

/* ---- a stranger's first octets ---- */

static bool record_begins(struct wire *wire, struct wire_hello *hello) {
  hello->record_have = 0;
  hello->record_left = (uint16_t)(hello->record[3] << 8 | hello->record[4]);
  if (hello->record[1] == SSL3_VERSION_MAJOR && hello->record_left > 0) return true;
  wire->fault = "the peer does not speak TLS";
  return false;
}

static bool message_begins(struct wire *wire, const struct wire_hello *hello) {
  uint32_t length = (uint32_t)hello->message[1] << 16 | (uint32_t)hello->message[2] << 8 | hello->message[3];
  if (hello->message[0] != SSL3_MT_CLIENT_HELLO)
    wire->fault = "the peer does not speak TLS";
  else if (length > WIRE_HELLO_MAX)
    wire->fault = "the peer's first message is too large";
  return !wire->fault;
}

/* OpenSSL makes room for as much as a ClientHello announces, up to 128 KiB, and answers an alert to nearly anything; so
   the length is read here, before it gets there, and what is no TLS is answered nothing. */
static bool hello_is_fine(struct wire *wire, const char *buf, size_t n) {
  struct wire_hello *hello = &wire->hello;
  for (size_t i = 0; i < n && hello->message_have < sizeof hello->message; i++) {
    uint8_t octet = (uint8_t)buf[i];
    if (hello->record_left == 0) {
      hello->record[hello->record_have++] = octet;
      if (hello->record[0] != SSL3_RT_HANDSHAKE) wire->fault = "the peer does not speak TLS";
      if (wire->fault) return false;
      if (hello->record_have == sizeof hello->record && !record_begins(wire, hello)) return false;
      continue;
    }
    hello->record_left--;
    hello->message[hello->message_have++] = octet;
    if (hello->message_have == sizeof hello->message && !message_begins(wire, hello)) return false;
  }
  return true;
}

static bool stranger_is_fine(struct wire *wire, const char *buf, size_t n) {
  if (wire->established) return true;
  if (wire->received > WIRE_STRANGER_MAX) wire->fault = "the peer sends too much before the handshake is done";
  return !wire->fault && (!wire->guarded || hello_is_fine(wire, buf, n));
}

/* ---- OpenSSL's view ---- */

static int bio_read(BIO *bio, char *buf, int n) {
  struct wire *wire = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  ssize_t got = take(wire, buf, (size_t)n);
  if (got < 0 && wire->starved) BIO_set_retry_read(bio);
  if (got > 0 && !stranger_is_fine(wire, buf, (size_t)got)) return -1;
  return (int)got;
}

static int bio_write(BIO *bio, const char *buf, int n) {
  struct wire *wire = BIO_get_data(bio);
  BIO_clear_retry_flags(bio);
  ssize_t put = give(wire, buf, (size_t)n);
  if (put < 0 && is_wait(errno)) BIO_set_retry_write(bio);
  return (int)put;
}

static long bio_control(BIO *bio, int command, long number, void *pointer) {
  (void)number, (void)pointer;
  const struct wire *wire = BIO_get_data(bio);
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return wire->ended;
  return 0;
}

BIO_METHOD *wire_method_new(void) {
  BIO_METHOD *method = BIO_meth_new(BIO_TYPE_SOURCE_SINK, "link");
  if (!method) return NULL;
  BIO_meth_set_read(method, bio_read);
  BIO_meth_set_write(method, bio_write);
  BIO_meth_set_ctrl(method, bio_control);
  return method;
}

/* Counts records from the peer that carry no application data. Under TLS 1.3 the inner type tells. */
static void look_at_record(int written, int version, int type, const void *buf, size_t n, SSL *ssl, void *argument) {
  (void)version, (void)ssl;
  struct wire *wire = argument;
  if (written || !wire->established || n == 0) return;
  if ((type == SSL3_RT_HEADER || type == SSL3_RT_INNER_CONTENT_TYPE) &&
      *(const uint8_t *)buf != SSL3_RT_APPLICATION_DATA)
    wire->oddities++;
}

static int start_tls(struct wire *wire, BIO_METHOD *method, const struct tls_profile *tls, bool server) {
  wire->ssl = tls_connection(tls, &wire->demand, server);
  BIO *bio = wire->ssl ? BIO_new(method) : NULL;
  if (!bio) return HANSE_NOMEM;
  BIO_set_data(bio, wire);
  BIO_set_init(bio, 1);
  SSL_set_bio(wire->ssl, bio, bio);
  SSL_set_msg_callback(wire->ssl, look_at_record);
  SSL_set_msg_callback_arg(wire->ssl, wire);
  return HANSE_OK;
}

int wire_open_take(struct wire *wire, int fd, BIO_METHOD *method, const struct tls_profile *tls,
                   const struct tls_demand *demand, bool server) {
  *wire = (struct wire){.fd = fd, .demand = *demand, .guarded = tls && server};
  if (!tls || start_tls(wire, method, tls, server) == HANSE_OK) return HANSE_OK;
  wire_close(wire);
  ERR_clear_error();
  return HANSE_NOMEM;
}

int wire_server_name(struct wire *wire, struct hanse_slice name) {
  char text[256];
  if (name.len == 0 || name.len >= sizeof text) return HANSE_OK;
  memcpy(text, name.at, name.len);
  text[name.len] = '\0';
  return SSL_set_tlsext_host_name(wire->ssl, text) == 1 ? HANSE_OK : HANSE_NOMEM;
}

/* ---- the stream ---- */

static enum wire_status status_of(struct wire *wire, int result) {
  switch (SSL_get_error(wire->ssl, result)) {
    case SSL_ERROR_WANT_READ:
      return WIRE_READ;
    case SSL_ERROR_WANT_WRITE:
      return WIRE_WRITE;
    case SSL_ERROR_ZERO_RETURN:
      return WIRE_END;
    default:
      break;
  }
  /* Many SIP servers close without close_notify; whole messages are delivered, half ones are not (their end is told).
   */
  bool cut = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  return wire->established && cut ? WIRE_END : WIRE_BROKEN;
}

enum wire_status wire_handshake(struct wire *wire) {
  if (wire->ssl && !wire->established) {
    ERR_clear_error();
    int result = SSL_do_handshake(wire->ssl);
    if (result != 1) return status_of(wire, result);
  }
  wire->established = true;
  wire->hello = (struct wire_hello){.message_have = sizeof wire->hello.message};
  return WIRE_DONE;
}

static bool too_odd(struct wire *wire) {
  if (wire->oddities <= ODDITIES_FREE + wire->received / ODDITIES_OCTETS) return false;
  wire->fault = "the peer sends too many TLS records without data";
  return true;
}

static enum wire_status plain_status(struct wire *wire, ssize_t result) {
  if (result == 0) return WIRE_END;
  return wire->starved ? WIRE_READ : WIRE_BROKEN;
}

enum wire_status wire_read(struct wire *wire, char *buf, size_t n, size_t *got) {
  if (!wire->ssl) {
    ssize_t result = take(wire, buf, n);
    if (result <= 0) return plain_status(wire, result);
    *got = (size_t)result;
    return WIRE_DONE;
  }
  enum wire_status status;
  do {
    ERR_clear_error();
    wire->starved = false;
    int result = SSL_read_ex(wire->ssl, buf, n, got);
    if (too_odd(wire)) return WIRE_BROKEN;
    if (result == 1) return WIRE_DONE;
    status = status_of(wire, result);
  } while (status == WIRE_READ && !wire->starved && SSL_has_pending(wire->ssl));
  return status;
}

enum wire_status wire_write(struct wire *wire, const char *buf, size_t n, size_t *put) {
  if (!wire->ssl) {
    ssize_t result = give(wire, buf, n);
    if (result < 0) return is_wait(errno) ? WIRE_WRITE : WIRE_BROKEN;
    *put = (size_t)result;
    return WIRE_DONE;
  }
  ERR_clear_error();
  int result = SSL_write_ex(wire->ssl, buf, n, put);
  return result == 1 ? WIRE_DONE : status_of(wire, result);
}

bool wire_holds_input(const struct wire *wire) { return wire->ssl && SSL_has_pending(wire->ssl); }

enum wire_status wire_shut(struct wire *wire) {
  if (wire->ssl && wire->established && !wire->mute) {
    ERR_clear_error();
    int result = SSL_shutdown(wire->ssl);
    if (result < 0 && SSL_get_error(wire->ssl, result) == SSL_ERROR_WANT_WRITE) return WIRE_WRITE;
  }
  wire->mute = true;
  shutdown(wire->fd, SHUT_WR);
  return WIRE_DONE;
}

enum wire_status wire_discard(struct wire *wire, char *scratch, size_t n, size_t *got) {
  ssize_t result = take(wire, scratch, n);
  if (result <= 0) return plain_status(wire, result);
  *got = (size_t)result;
  return WIRE_DONE;
}

const char *wire_why(struct wire *wire, char *buf, size_t n, bool *ours) {
  if (wire->fault) {
    ERR_clear_error();
    return wire->fault;
  }
  if (wire->ssl && ERR_peek_error() != 0) return tls_why(wire->ssl, buf, n, ours);
  if (wire->error) {
    snprintf(buf, n, "%s", strerror(wire->error));
    return buf;
  }
  return "the peer closed the connection";
}
