#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <unistd.h>

#include "load.h"

#define READ_AT_LEAST 32768
#define EVENTS 512

static void link_close(struct links *links, struct link *link, const char *why) {
  if (link->dead) return;
  if (!link->open && !link->partner) {
    links->opening--;
    if (!links->failed++) fprintf(stderr, "a link to the router failed: %s\n", why);
  }
  if (link->open) links->lost++;
  link->dead = true;
  link->open = false;
  epoll_ctl(links->epoll, EPOLL_CTL_DEL, link->fd, NULL);
  close(link->fd);
}

static bool grow(struct octets *octets, size_t n) {
  if (octets->room - octets->len >= n) return true;
  size_t room = octets->room ? octets->room : 4096;
  while (room - octets->len < n) room *= 2;
  char *at = realloc(octets->at, room);
  if (!at) return false;
  octets->at = at;
  octets->room = room;
  return true;
}

/* An idle link keeps no buffers. */
static void shrink(struct octets *octets) {
  if (octets->len || octets->room <= 4096) return;
  free(octets->at);
  *octets = (struct octets){0};
}

char *link_room(struct links *links, struct link *link, size_t n) {
  if (link->dead || !grow(&link->out, n)) return NULL;
  if (!link->dirty) {
    link->dirty = true;
    link->next_dirty = links->dirty;
    links->dirty = link;
  }
  return link->out.at + link->out.len;
}

void link_filled(struct link *link, size_t n) { link->out.len += n; }

void link_consume(struct link *link, size_t n) {
  link->in.len -= n;
  if (link->in.len) memmove(link->in.at, link->in.at + n, link->in.len);
}

static void watch(struct links *links, struct link *link, bool writing) {
  struct epoll_event event = {.events = EPOLLIN | (writing ? EPOLLOUT : 0u), .data.ptr = link};
  if (writing == link->blocked) return;
  link->blocked = writing;
  epoll_ctl(links->epoll, EPOLL_CTL_MOD, link->fd, &event);
}

static const char *tls_why(void) {
  unsigned long error = ERR_peek_last_error();
  const char *text = error ? ERR_reason_error_string(error) : NULL;
  return text ? text : errno ? strerror(errno) : "closed";
}

static void link_flush(struct links *links, struct link *link) {
  size_t done = 0;
  while (!link->dead && link->open && done < link->out.len) {
    ERR_clear_error();
    int n = SSL_write(link->ssl, link->out.at + done, (int)(link->out.len - done));
    if (n > 0) {
      done += (size_t)n;
      continue;
    }
    int error = SSL_get_error(link->ssl, n);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
      link_close(links, link, tls_why());
      return;
    }
    watch(links, link, true);
    break;
  }
  link->out.len -= done;
  if (link->out.len) memmove(link->out.at, link->out.at + done, link->out.len);
  if (!link->out.len && !link->dead) watch(links, link, false);
}

static void link_read(struct links *links, struct link *link) {
  for (;;) {
    if (!grow(&link->in, READ_AT_LEAST)) return;
    ERR_clear_error();
    errno = 0;
    int n = SSL_read(link->ssl, link->in.at + link->in.len, (int)(link->in.room - link->in.len));
    if (n > 0) {
      link->in.len += (size_t)n;
      if (SSL_has_pending(link->ssl)) continue;
      break;
    }
    int error = SSL_get_error(link->ssl, n);
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) link_close(links, link, tls_why());
    break;
  }
  if (link->in.len) links->on_bytes(links->context, link);
  shrink(&link->in);
}

static void link_shake(struct links *links, struct link *link) {
  ERR_clear_error();
  errno = 0;
  int n = SSL_do_handshake(link->ssl);
  if (n == 1) {
    link->open = true;
    if (!link->partner) links->opening--;
    *(link->partner ? &links->accepted : &links->opened) += 1;
    watch(links, link, false);
    if (link->out.len) link_flush(links, link);
    return;
  }
  int error = SSL_get_error(link->ssl, n);
  if (error == SSL_ERROR_WANT_WRITE || error == SSL_ERROR_WANT_READ)
    watch(links, link, error == SSL_ERROR_WANT_WRITE);
  else
    link_close(links, link, tls_why());
}

static struct link *link_new(struct links *links, int fd, bool partner) {
  struct link *link = calloc(1, sizeof *link);
  struct epoll_event event = {.events = EPOLLIN | (partner ? 0u : EPOLLOUT), .data.ptr = link};
  if (!link || !(link->ssl = SSL_new(partner ? links->server : links->client)) || SSL_set_fd(link->ssl, fd) != 1) {
    fprintf(stderr, "no memory for a link\n");
    exit(1);
  }
  link->next = links->all;
  links->all = link;
  link->fd = fd;
  link->partner = partner;
  link->blocked = !partner;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
  epoll_ctl(links->epoll, EPOLL_CTL_ADD, fd, &event);
  return link;
}

static bool parse(const char *text, struct sockaddr_in *out) {
  char host[64];
  unsigned port;
  *out = (struct sockaddr_in){.sin_family = AF_INET};
  if (sscanf(text, "%63[0-9.]:%u", host, &port) != 2 || port > 65535) return false;
  out->sin_port = htons((uint16_t)port);
  return inet_pton(AF_INET, host, &out->sin_addr) == 1;
}

struct link *link_dial(struct links *links) {
  struct sockaddr_in address;
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || !parse(links->router, &address) ||
      (connect(fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)) {
    fprintf(stderr, "cannot dial %s: %s\n", links->router, strerror(errno));
    return NULL;
  }
  struct link *link = link_new(links, fd, false);
  SSL_set_connect_state(link->ssl);
  SSL_set_tlsext_host_name(link->ssl, links->router_name);
  SSL_set1_host(link->ssl, links->router_name);
  links->opening++;
  return link;
}

static void link_accept(struct links *links) {
  for (;;) {
    int fd = accept4(links->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return;
    SSL_set_accept_state(link_new(links, fd, true)->ssl);
  }
}

static SSL_CTX *context(const SSL_METHOD *method, const char *pem, const char *ca) {
  SSL_CTX *made = SSL_CTX_new(method);
  if (!made || SSL_CTX_use_certificate_chain_file(made, pem) != 1 ||
      SSL_CTX_use_PrivateKey_file(made, pem, SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_load_verify_locations(made, ca, NULL) != 1) {
    fprintf(stderr, "cannot use %s and %s: %s\n", pem, ca, tls_why());
    return NULL;
  }
  SSL_CTX_set_verify(made, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
  SSL_CTX_set_mode(made,
                   SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_session_cache_mode(made, SSL_SESS_CACHE_OFF);
  SSL_CTX_set_num_tickets(made, 0);
  return made;
}

bool links_init(struct links *links, const char *listen_at, const char *home_pem, const char *partner_pem,
                const char *ca) {
  struct sockaddr_in address;
  struct epoll_event listening = {.events = EPOLLIN, .data.ptr = &links->listener};
  struct epoll_event commands = {.events = EPOLLIN, .data.ptr = &links->stdin_ready};
  links->client = context(TLS_client_method(), home_pem, ca);
  links->server = context(TLS_server_method(), partner_pem, ca);
  links->epoll = epoll_create1(EPOLL_CLOEXEC);
  links->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt(links->listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
  if (!links->client || !links->server || !parse(listen_at, &address) ||
      bind(links->listener, (struct sockaddr *)&address, sizeof address) || listen(links->listener, 4096) ||
      epoll_ctl(links->epoll, EPOLL_CTL_ADD, links->listener, &listening) ||
      epoll_ctl(links->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &commands)) {
    fprintf(stderr, "cannot listen on %s: %s\n", listen_at, strerror(errno));
    return false;
  }
  return true;
}

void links_free(struct links *links) {
  while (links->all) {
    struct link *link = links->all;
    links->all = link->next;
    if (!link->dead) close(link->fd);
    SSL_free(link->ssl);
    free(link->in.at);
    free(link->out.at);
    free(link);
  }
  SSL_CTX_free(links->client);
  SSL_CTX_free(links->server);
  close(links->listener);
  close(links->epoll);
}

static void serve(struct links *links, struct link *link, uint32_t events) {
  if (link->dead) return;
  if (!link->open) {
    link_shake(links, link);
    if (!link->open) return;
    events |= EPOLLIN; /* what came with the last flight */
  }
  if (events & EPOLLOUT) link_flush(links, link);
  if (!link->dead && events & (EPOLLIN | EPOLLHUP | EPOLLERR)) link_read(links, link);
}

int links_turn(struct links *links, int milliseconds) {
  struct epoll_event events[EVENTS];
  int count = epoll_wait(links->epoll, events, EVENTS, links->dirty ? 0 : milliseconds);
  for (int i = 0; i < count; i++) {
    if (events[i].data.ptr == &links->listener)
      link_accept(links);
    else if (events[i].data.ptr == &links->stdin_ready)
      links->stdin_ready = true;
    else
      serve(links, events[i].data.ptr, events[i].events);
  }
  while (links->dirty) {
    struct link *link = links->dirty;
    links->dirty = link->next_dirty;
    link->dirty = false;
    if (link->open && !link->blocked) link_flush(links, link);
    if (link->open) shrink(&link->out);
  }
  return count;
}
