/* The connection to the router's control socket. */
#ifndef CTL_CLIENT_H
#define CTL_CLIENT_H

#include <jansson.h>

#include "ctl/status.h"

/* Where the socket is: --socket, run_dir of --config, $HANSE_SOCKET, or the default. Writes to path. 0, or what
   ctl_fail returned. */
int client_path(const struct ctl_globals *globals, char *path, size_t cap);

/* Connects. *fd is open on 0; else why says what is wrong, in words, and the status is returned. */
int client_connect(const char *path, unsigned timeout, int *fd, char *why, size_t cap);

/* Sends one request and reads its answer. *line (to be freed) is the answer with its line feed, *length its octets. 0,
   or what ctl_fail returned. `arguments` is borrowed; NULL: none. */
int client_ask(const struct ctl_globals *globals, int fd, const char *command, json_t *arguments, char **line,
               size_t *length);

#endif
