#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include "router/address.h"
#include "router/handshake.h"
#include "router/link_life.h"
#include "router/socket_options.h"

/* Binds to the source address; the port is chosen with the destination, so that one address serves many links. */
static bool bind_source(int fd, const struct sockaddr_storage *source) {
  int on = 1;
  if (source->ss_family == 0) return true;
  setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  return bind(fd, (const struct sockaddr *)source, address_length((const struct sockaddr *)source)) == 0;
}

/* 0, or the errno of a failure that is the attempt's outcome. */
static int connect_from(int fd, const struct dial *dial) {
  if (!bind_source(fd, &dial->source)) return errno;
  if (connect(fd, (const struct sockaddr *)&dial->address, dial->address_length) == 0 || errno == EINPROGRESS) return 0;
  return errno;
}

/* A literal address is not a server name (RFC 6066 §3). */
static bool is_host_name(struct hanse_slice name) {
  struct sockaddr_storage address;
  socklen_t length;
  return name.len > 0 && address_parse(name, &address, &length) != HANSE_OK;
}

struct hanse_link *transport_dial(struct transport *transport, const struct dial *dial) {
  /* Our own servers are few, and what is in hand needs them. */
  if (transport->shortage >= TRANSPORT_NO_NEW_WORK && dial->side == HANSE_SIDE_PARTNER) {
    transport->figures.refused_memory++;
    return NULL;
  }
  int fd = socket(dial->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return NULL;
  struct link_birth birth = {.fd = fd,
                             .outbound = true,
                             .side = dial->side,
                             .tls = dial->tls,
                             .target = dial->target,
                             .identity = {dial->rule, dial->accept_cn, dial->wildcards},
                             .protocol = dial->protocol,
                             .local = dial->local,
                             .prove = dial->prove,
                             .peer = (const struct sockaddr *)&dial->address,
                             .peer_length = dial->address_length};
  socket_options_set(fd);
  struct hanse_link *link = link_new(transport, &birth);
  if (!link) return NULL;
  link->io->done = dial->done;
  link->io->done_argument = dial->argument;
  int error = 0;
  if (dial->tls && is_host_name(dial->prove) && wire_server_name(&link->io->wire, dial->prove) != HANSE_OK)
    error = ENOMEM;
  if (!error) error = connect_from(fd, dial);
  if (error) {
    link_note(link->io, HANSE_F_CONNECT, strerror(error));
    link_end(link->io, HANSE_CLOSE_ERROR); /* buried, and told, at the reap point */
  } else {
    handshake_begin(link->io);
  }
  return link_hold(link);
}
