/* What every link's socket is set to. */
#ifndef ROUTER_SOCKET_OPTIONS_H
#define ROUTER_SOCKET_OPTIONS_H

/* No delay, since output is gathered already; a peer that has vanished is noticed within a minute. */
void socket_options_set(int fd);

#endif
