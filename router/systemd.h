/* Readiness and reload state to systemd (sd_notify(3)'s datagram), and sockets handed in (sd_listen_fds(3)). */
#ifndef ROUTER_SYSTEMD_H
#define ROUTER_SYSTEMD_H

#include <hanse/base.h>
#include <netinet/in.h>
#include <sys/socket.h>

/* "READY=1", "RELOADING=1\nMONOTONIC_USEC=…", "STOPPING=1", "STATUS=…"; does nothing without NOTIFY_SOCKET. At most 2
   KiB; a longer text is not sent. Never waits. */
void systemd_notify(const char *format, ...) HANSE_PRINTF(1, 2);
void systemd_notify_reloading(void); /* with MONOTONIC_USEC */

#define SYSTEMD_SOCKETS 64
struct systemd_sockets {
  int fds[SYSTEMD_SOCKETS]; /* owned */
  size_t count;
};
/* Takes LISTEN_FDS of our own LISTEN_PID, sets close-on-exec and non-blocking, unsets the variables. Sets the whole
   struct, to none where there are none. Before any thread starts. */
void systemd_sockets_take(struct systemd_sockets *sockets);
/* The handed-in listening stream socket that is bound to this address, removed from the set and now the caller's; -1:
   none. */
int systemd_socket_for(struct systemd_sockets *sockets, const struct sockaddr *address, socklen_t length);
/* Closes those that nobody took. Returns how many there were. */
size_t systemd_sockets_close(struct systemd_sockets *sockets);

#endif
