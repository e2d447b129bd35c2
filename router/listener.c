#include "router/listener.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "router/address.h"
#include "router/handshake.h"
#include "router/link_life.h"
#include "router/link_log.h"
#include "router/log.h"
#include "router/socket_options.h"

#define BACKLOG 4096
#define ACCEPT_A_TURN 32
#define ACCEPT_PAUSE (100 * HANSE_MSEC)
/* Descriptors that are kept for outbound links, DNS and the log; the inside may use more of them than strangers. */
#define KEPT_FROM_PARTNERS 64
#define KEPT_FROM_HOME 32

struct listener {
  unsigned holds, links; /* owners; links that came in by it */
  struct transport *transport;
  int fd;      /* -1: nobody owns it any more, or it was closed */
  bool handed; /* by whoever started us, who keeps it for our successor */
  int most_fd; /* a descriptor beyond this one is not for who comes in here */
  enum hanse_side side;
  struct identity_options identity;
  struct tls_profile *tls;
  struct hanse_slice protocol, local; /* one block, owned by protocol.at */
  struct sockaddr_storage address;
  char text[ADDRESS_TEXT];
  struct ev_io watcher;
  struct hanse_timer pause;
  hanse_time log_again;
};

static void unless_used(struct listener *listener) {
  if (listener->holds > 0 || listener->links > 0) return;
  tls_profile_release(listener->tls);
  free((char *)listener->protocol.at);
  free(listener);
}

static void close_socket(struct listener *listener) {
  listener_stop(listener);
  if (listener->fd >= 0) close(listener->fd);
  listener->fd = -1;
}

struct listener *listener_hold(struct listener *listener) {
  listener->holds++;
  return listener;
}

void listener_release(struct listener *listener) {
  if (--listener->holds > 0) return;
  close_socket(listener);
  unless_used(listener);
}

static void link_gone(struct listener *listener) {
  listener->links--;
  unless_used(listener);
}

/* ---- accepting ---- */

static void pause_over(void *self, struct hanse_timer *timer) {
  (void)self;
  struct listener *listener = (struct listener *)((char *)timer - offsetof(struct listener, pause));
  ev_io_start(loop_ev(listener->transport->loop), &listener->watcher);
}

/* There are no descriptors: who waits in the backlog waits a moment more, without our being woken for it all the time.
 */
static void pause_accepting(struct listener *listener) {
  struct transport *transport = listener->transport;
  struct hanse_timers *list = timers_list(transport->timers, transport, ACCEPT_PAUSE, NULL);
  transport->figures.accept_paused++;
  if (!list) return;
  ev_io_stop(loop_ev(transport->loop), &listener->watcher);
  timers_start(list, &listener->pause, pause_over);
}

/* Gives up the reserve to tell one of those who wait that nothing will come of it. */
static void shed_one(struct listener *listener) {
  struct transport *transport = listener->transport;
  transport->figures.refused_descriptors++;
  if (transport->reserve >= 0) close(transport->reserve);
  int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
  if (fd >= 0) close(fd);
  transport->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/* `error` 0: those that are left are kept for other ends. */
static void out_of_descriptors(struct listener *listener, int error) {
  hanse_time now = *listener->transport->now;
  if (now >= listener->log_again) {
    log_event(HANSE_WARNING, "link", "listener.paused", "listener=%s error=\"%s\"", listener->text,
              error ? strerror(error) : "the descriptors left are kept for outbound links and files");
    listener->log_again = now + HANSE_SECOND;
  }
  if (error == EMFILE || error == ENFILE) shed_one(listener);
  pause_accepting(listener);
}

static struct link_io *io_of(struct admitted *one) {
  return (struct link_io *)((char *)one - offsetof(struct link_io, admitted));
}

/* Room among the pending handshakes is made at the cost of the address that has most of them. */
static void thin_out(struct transport *transport) {
  while (admission_pending(transport->admission) > transport->limits.pending_handshakes) {
    struct link_io *victim = io_of(admission_crowd(transport->admission));
    transport->figures.refused_pending++;
    link_note(victim, HANSE_F_BUSY, "too many handshakes are pending, most of them from its address");
    link_end(victim, HANSE_CLOSE_OURS);
  }
}

static const char *refusal(struct transport *transport, enum admission_verdict verdict) {
  struct transport_figures *figures = &transport->figures;
  switch (verdict) {
    case ADMISSION_OK:
      return NULL;
    case ADMISSION_RATE:
      figures->refused_rate++;
      return "limits.handshakes_per_network";
    case ADMISSION_LINKS:
      figures->refused_links++;
      return "limits.links_per_address";
    case ADMISSION_FULL:
      break;
  }
  figures->refused_links++;
  return "too many addresses at a time";
}

/* Whether a stranger may come in. False: said and counted. */
static bool admit(struct listener *listener, const struct sockaddr *peer, struct admission_site **site) {
  struct transport *transport = listener->transport;
  const struct transport_limits *limits = &transport->limits;
  const char *why = refusal(transport, admission_ask(transport->admission, peer, &limits->handshakes_per_network,
                                                     limits->links_per_address, *transport->now, site));
  if (why) link_log_shed(transport, peer, listener->side, why);
  return !why;
}

static struct hanse_link *link_of(struct listener *listener, int fd, const struct sockaddr *peer, socklen_t length) {
  struct link_birth birth = {.fd = fd,
                             .side = listener->side,
                             .tls = listener->tls,
                             .identity = listener->identity,
                             .protocol = listener->protocol,
                             .local = listener->local,
                             .peer = peer,
                             .peer_length = length};
  struct hanse_link *link = link_new(listener->transport, &birth);
  if (!link) return NULL;
  link->listener = listener;
  link->listener_gone = link_gone;
  listener->links++;
  return link;
}

/* Memory is short: who is not known yet comes last, then anybody who is not there yet. */
static bool too_short(struct listener *listener, const struct sockaddr *peer) {
  struct transport *transport = listener->transport;
  enum transport_shortage most = listener->side == HANSE_SIDE_PARTNER ? TRANSPORT_NO_STRANGERS : TRANSPORT_NO_NEW_WORK;
  if (transport->shortage < most) return false;
  transport->figures.refused_memory++;
  link_log_shed(transport, peer, listener->side, "memory is short");
  return true;
}

static void let_in(struct listener *listener, int fd, const struct sockaddr *peer, socklen_t length) {
  struct transport *transport = listener->transport;
  struct admission_site *site = NULL;
  transport->figures.accepted++;
  if (too_short(listener, peer) || (listener->side == HANSE_SIDE_PARTNER && !admit(listener, peer, &site))) {
    close(fd);
    return;
  }
  socket_options_set(fd);
  struct hanse_link *link = link_of(listener, fd, peer, length);
  if (!link) return;
  if (site) {
    admission_enter(transport->admission, site, &link->io->admitted);
    thin_out(transport);
  }
  if (!link->io->dead) handshake_begin(link->io);
}

/* What accept(2) says of one connection that is gone again, not of the listener. */
static bool is_passing(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == EPERM || error == ENETDOWN ||
         error == ENETUNREACH || error == EHOSTDOWN || error == EHOSTUNREACH || error == ENOPROTOOPT ||
         error == ENONET || error == EOPNOTSUPP;
}

static void incoming(struct ev_loop *ev, struct ev_io *watcher, int events) {
  (void)ev, (void)events;
  struct listener *listener = watcher->data;
  for (int i = 0; i < ACCEPT_A_TURN; i++) {
    /* Those who wait for their share of turns come first; the backlog waits. The loop does not sleep meanwhile. */
    if (handshake_crowded(listener->transport)) return;
    struct sockaddr_storage peer;
    socklen_t length = sizeof peer;
    int fd = accept4(listener->fd, (struct sockaddr *)&peer, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0 && is_passing(errno)) continue;
    if (fd < 0) {
      if (errno != EAGAIN) out_of_descriptors(listener, errno);
      return;
    }
    if (fd > listener->most_fd) {
      close(fd);
      listener->transport->figures.refused_descriptors++;
      out_of_descriptors(listener, 0);
      return;
    }
    let_in(listener, fd, (const struct sockaddr *)&peer, length);
  }
}

/* ---- opening ---- */

static bool refuse(struct hanse_problem *problem, const struct listener_settings *settings, const char *what,
                   int error) {
  char text[ADDRESS_TEXT];
  const char *cure = "";
  if (error == EADDRINUSE) cure = "; another process listens there, or this address is configured twice";
  if (error == EACCES) cure = "; ports below 1024 need CAP_NET_BIND_SERVICE or a socket from systemd";
  if (error == EADDRNOTAVAIL) cure = "; no interface of this machine has the address";
  problem->where = settings->where;
  snprintf(problem->text, sizeof problem->text, "cannot listen on %s: %s: %s%s",
           address_text((const struct sockaddr *)&settings->address, text), what, strerror(error), cure);
  return false;
}

static bool open_socket(struct listener *listener, const struct listener_settings *settings,
                        struct hanse_problem *problem) {
  int on = 1;
  listener->fd = socket(settings->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (listener->fd < 0) return refuse(problem, settings, "socket", errno);
  setsockopt(listener->fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (settings->address.ss_family == AF_INET6) setsockopt(listener->fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
  if (bind(listener->fd, (const struct sockaddr *)&settings->address, settings->address_length) < 0)
    return refuse(problem, settings, "bind", errno);
  if (listen(listener->fd, BACKLOG) < 0) return refuse(problem, settings, "listen", errno);
  return true;
}

/* A socket that somebody opened for us: it must be one to listen on; the rest we set. */
static bool adopt_socket(struct listener *listener, const struct listener_settings *settings,
                         struct hanse_problem *problem) {
  int type = 0;
  socklen_t length = sizeof type;
  if (getsockopt(listener->fd, SOL_SOCKET, SO_TYPE, &type, &length) < 0)
    return refuse(problem, settings, "the socket that was handed in", errno);
  if (type != SOCK_STREAM) return refuse(problem, settings, "the socket that was handed in", ESOCKTNOSUPPORT);
  int flags = fcntl(listener->fd, F_GETFL);
  if (flags < 0 || fcntl(listener->fd, F_SETFL, flags | O_NONBLOCK) < 0 ||
      fcntl(listener->fd, F_SETFD, FD_CLOEXEC) < 0 || listen(listener->fd, BACKLOG) < 0)
    return refuse(problem, settings, "the socket that was handed in", errno);
  return true;
}

/* Copies what links are given. False: no memory, nothing changed. */
static bool take_settings(struct listener *listener, const struct listener_settings *settings) {
  char *block = malloc(settings->protocol.len + settings->local.len + 1);
  if (!block) return false;
  if (settings->protocol.len) memcpy(block, settings->protocol.at, settings->protocol.len);
  if (settings->local.len) memcpy(block + settings->protocol.len, settings->local.at, settings->local.len);
  tls_profile_hold(settings->tls);
  tls_profile_release(listener->tls);
  free((char *)listener->protocol.at);
  listener->tls = settings->tls;
  listener->protocol = hanse_slice(block, settings->protocol.len);
  listener->local = hanse_slice(block + settings->protocol.len, settings->local.len);
  listener->side = settings->side;
  listener->identity = (struct identity_options){.rule = settings->rule};
  return true;
}

/* The highest descriptor that may be given to who comes in. */
static int highest(enum hanse_side side) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) < 0 || limit.rlim_cur > INT32_MAX) return INT32_MAX;
  rlim_t kept = side == HANSE_SIDE_HOME ? KEPT_FROM_HOME : KEPT_FROM_PARTNERS;
  if (kept > limit.rlim_cur / 4) kept = limit.rlim_cur / 4;
  return (int)(limit.rlim_cur - kept) - 1;
}

static bool make_ready(struct listener *listener, const struct listener_settings *settings,
                       struct hanse_problem *problem) {
  bool given = listener->fd >= 0;
  if (!(given ? adopt_socket(listener, settings, problem) : open_socket(listener, settings, problem))) return false;
  socklen_t length = sizeof listener->address;
  if (getsockname(listener->fd, (struct sockaddr *)&listener->address, &length) < 0)
    return refuse(problem, settings, "getsockname", errno);
  address_text((const struct sockaddr *)&listener->address, listener->text);
  if (!take_settings(listener, settings)) return refuse(problem, settings, "memory", ENOMEM);
  listener->most_fd = highest(listener->side);
  return true;
}

struct listener *listener_open(struct transport *transport, const struct listener_settings *settings, int fd,
                               struct hanse_problem *problem) {
  struct listener *listener = calloc(1, sizeof *listener);
  if (!listener) {
    refuse(problem, settings, "memory", ENOMEM);
    if (fd >= 0) close(fd);
    return NULL;
  }
  listener->holds = 1;
  listener->transport = transport;
  listener->fd = fd;
  listener->handed = fd >= 0;
  ev_io_init(&listener->watcher, incoming, fd, EV_READ);
  listener->watcher.data = listener;
  if (make_ready(listener, settings, problem)) {
    ev_io_set(&listener->watcher, listener->fd, EV_READ);
    return listener;
  }
  listener_release(listener);
  return NULL;
}

void listener_start(struct listener *listener) {
  timers_stop(&listener->pause);
  ev_io_start(loop_ev(listener->transport->loop), &listener->watcher);
}

void listener_stop(struct listener *listener) {
  timers_stop(&listener->pause);
  if (ev_is_active(&listener->watcher)) ev_io_stop(loop_ev(listener->transport->loop), &listener->watcher);
}

void listener_close(struct listener *listener) {
  if (listener->handed)
    listener_stop(listener);
  else
    close_socket(listener);
}

int listener_update(struct listener *listener, const struct listener_settings *settings) {
  if (!take_settings(listener, settings)) return HANSE_NOMEM;
  listener->most_fd = highest(listener->side);
  return HANSE_OK;
}

bool listener_same_address(const struct listener *listener, const struct listener_settings *settings) {
  return address_same((const struct sockaddr *)&listener->address, (const struct sockaddr *)&settings->address);
}

struct hanse_slice listener_text(const struct listener *listener) {
  return hanse_text(listener->text);
}
uint16_t listener_port(const struct listener *listener) {
  return address_port((const struct sockaddr *)&listener->address);
}
enum hanse_side listener_side(const struct listener *listener) { return listener->side; }
