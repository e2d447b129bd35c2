#include "router/systemd.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <unistd.h>

#include "router/clock.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

/* ---- notifications ---- */

/* The address in NOTIFY_SOCKET; "@" stands for the NUL of an abstract one. Its length; 0: none that we can use. */
static socklen_t notify_address(struct sockaddr_un *address) {
  const char *path = getenv("NOTIFY_SOCKET");
  size_t length = path ? strlen(path) : 0;
  if (length < 2 || length >= sizeof address->sun_path || (path[0] != '/' && path[0] != '@')) return 0;
  memset(address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  if (path[0] == '@') address->sun_path[0] = '\0';
  return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length + (path[0] == '/'));
}

void systemd_notify(const char *format, ...) {
  struct sockaddr_un address;
  socklen_t length = notify_address(&address);
  char text[2048];
  if (length == 0) return;
  va_list arguments;
  va_start(arguments, format);
  int n = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (n <= 0 || (size_t)n >= sizeof text) return;
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  (void)!sendto(fd, text, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT, (struct sockaddr *)&address, length);
  close(fd);
}

void systemd_notify_reloading(void) {
  systemd_notify("RELOADING=1\nMONOTONIC_USEC=%" PRId64 "\nSTATUS=Reading the configuration", clock_read());
}

/* ---- sockets handed in ---- */

static bool environment_number(const char *name, long *out) {
  const char *text = getenv(name);
  char *end;
  if (!text || *text < '0' || *text > '9') return false;
  *out = strtol(text, &end, 10);
  return *end == '\0';
}

static void take(struct systemd_sockets *sockets, int fd) {
  int flags = fcntl(fd, F_GETFL);
  if (flags < 0) return;
  fcntl(fd, F_SETFD, FD_CLOEXEC);
  fcntl(fd, F_SETFL, flags | O_NONBLOCK);
  if (sockets->count < SYSTEMD_SOCKETS)
    sockets->fds[sockets->count++] = fd;
  else
    close(fd);
}

void systemd_sockets_take(struct systemd_sockets *sockets) {
  long pid, count;
  sockets->count = 0;
  if (environment_number("LISTEN_PID", &pid) && pid == getpid() && environment_number("LISTEN_FDS", &count) &&
      count <= 1024)
    for (int i = 0; i < (int)count; i++) take(sockets, FIRST_FD + i);
  unsetenv("LISTEN_PID");
  unsetenv("LISTEN_FDS");
  unsetenv("LISTEN_FDNAMES");
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b) {
  if (a->sa_family != b->sa_family) return false;
  if (a->sa_family == AF_INET) {
    const struct sockaddr_in *x = (const struct sockaddr_in *)a, *y = (const struct sockaddr_in *)b;
    return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
  }
  if (a->sa_family != AF_INET6) return false;
  const struct sockaddr_in6 *x = (const struct sockaddr_in6 *)a, *y = (const struct sockaddr_in6 *)b;
  return x->sin6_port == y->sin6_port && x->sin6_scope_id == y->sin6_scope_id &&
         memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
}

static int option_of(int fd, int option) {
  int value = 0;
  socklen_t length = sizeof value;
  return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : 0;
}

int systemd_socket_for(struct systemd_sockets *sockets, const struct sockaddr *address, socklen_t length) {
  if (length < (address->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6))) return -1;
  for (size_t i = 0; i < sockets->count; i++) {
    struct sockaddr_storage bound = {0};
    socklen_t bound_length = sizeof bound;
    int fd = sockets->fds[i];
    if (getsockname(fd, (struct sockaddr *)&bound, &bound_length) != 0) continue;
    if (!same_address((const struct sockaddr *)&bound, address)) continue;
    if (option_of(fd, SO_TYPE) != SOCK_STREAM || !option_of(fd, SO_ACCEPTCONN)) continue;
    sockets->fds[i] = sockets->fds[--sockets->count];
    return fd;
  }
  return -1;
}

size_t systemd_sockets_close(struct systemd_sockets *sockets) {
  size_t unused = sockets->count;
  while (sockets->count > 0) close(sockets->fds[--sockets->count]);
  return unused;
}
