#include "ctl/client.h"

#include <errno.h>
#include <libconfig.h>
#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#define DEFAULT_RUN_DIR "/run/hanse"
#define SOCKET_NAME "control.sock"
#define ANSWER_MAX ((size_t)256 << 20)

/* ---- where ---- */

/* run_dir is read without judging the rest, so that a broken configuration does not keep from asking the router. */
static int path_from_config(const struct ctl_globals *globals, char *path, size_t cap) {
  config_t config;
  const char *run_dir = DEFAULT_RUN_DIR;
  char folder[4096];
  config_init(&config);
  snprintf(folder, sizeof folder, "%s", globals->config);
  config_set_include_dir(&config, dirname(folder));
  int status = CTL_DONE;
  if (!config_read_file(&config, globals->config))
    status = ctl_fail(globals, CTL_USAGE, "%s:%d: %s", globals->config, config_error_line(&config),
                      config_error_type(&config) == CONFIG_ERR_FILE_IO ? "cannot be read" : config_error_text(&config));
  else
    config_lookup_string(&config, "run_dir", &run_dir);
  if (status == CTL_DONE) snprintf(path, cap, "%s/" SOCKET_NAME, run_dir);
  config_destroy(&config);
  return status;
}

int client_path(const struct ctl_globals *globals, char *path, size_t cap) {
  const char *from_environment = getenv("HANSE_SOCKET");
  if (!globals->socket && globals->config) return path_from_config(globals, path, cap);
  if (globals->socket)
    snprintf(path, cap, "%s", globals->socket);
  else if (from_environment && from_environment[0])
    snprintf(path, cap, "%s", from_environment);
  else
    snprintf(path, cap, DEFAULT_RUN_DIR "/" SOCKET_NAME);
  return CTL_DONE;
}

/* ---- connecting ---- */

static int explain_connect(int error, const char *path, char *why, size_t cap) {
  if (error == EACCES || error == EPERM) {
    snprintf(why, cap, "%s: not permitted; ask as root or as a member of the group hanse", path);
    return CTL_NOT_PERMITTED;
  }
  if (error == ENOENT || error == ECONNREFUSED)
    snprintf(why, cap, "no router answers at %s; is it running? (systemctl status hanse)", path);
  else
    snprintf(why, cap, "%s: %s", path, strerror(error));
  return CTL_NO_DAEMON;
}

int client_connect(const char *path, unsigned timeout, int *out, char *why, size_t cap) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  struct timeval wait = {.tv_sec = timeout};
  if (strlen(path) >= sizeof address.sun_path) return explain_connect(ENAMETOOLONG, path, why, cap);
  memcpy(address.sun_path, path, strlen(path) + 1);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return explain_connect(errno, path, why, cap);
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
  if (connect(fd, (struct sockaddr *)&address, sizeof address) != 0) {
    int error = errno;
    close(fd);
    return explain_connect(error, path, why, cap);
  }
  *out = fd;
  return CTL_DONE;
}

/* ---- asking ---- */

/* What cannot be sent may have been refused already: the answer says why. */
static void send_all(int fd, const char *at, size_t length) {
  while (length > 0) {
    ssize_t n = send(fd, at, length, MSG_NOSIGNAL);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    at += n;
    length -= (size_t)n;
  }
}

static int read_line(const struct ctl_globals *globals, int fd, char **line, size_t *length) {
  size_t used = 0, capacity = 0;
  char *text = NULL;
  int status = CTL_DONE;
  do {
    if (used == capacity) {
      capacity = capacity ? capacity * 2 : 65536;
      char *more = capacity <= ANSWER_MAX ? realloc(text, capacity) : NULL;
      if (!more) {
        status = ctl_fail(globals, CTL_NOT_DETERMINED, "the answer is too long");
        break;
      }
      text = more;
    }
    ssize_t n = recv(fd, text + used, capacity - used, 0);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      bool silent = n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
      status =
          ctl_fail(globals, CTL_NOT_DETERMINED, "%s",
                   silent ? "the router did not answer in time" : "the router closed the connection without an answer");
      break;
    }
    used += (size_t)n;
  } while (used == 0 || text[used - 1] != '\n');
  if (status != CTL_DONE) {
    free(text);
    return status;
  }
  *line = text;
  *length = used;
  return CTL_DONE;
}

/* The line, to be freed; NULL: no memory. json_dumps would go on where a piece finds no memory, and leave that out. */
static char *request_line(json_t *request, size_t *length) {
  size_t n = json_dumpb(request, NULL, 0, JSON_COMPACT);
  char *text = n ? malloc(n + 1) : NULL;
  if (!text || json_dumpb(request, text, n, JSON_COMPACT) != n) {
    free(text);
    return NULL;
  }
  text[n] = '\n'; /* no NUL: the line is sent by its length */
  *length = n + 1;
  return text;
}

int client_ask(const struct ctl_globals *globals, int fd, const char *command, json_t *arguments, char **line,
               size_t *length) {
  json_t *request = json_pack("{s:s,s:O*}", "command", command, "arguments", arguments);
  if (!request) return ctl_fail(globals, CTL_USAGE, "the command or an argument is not UTF-8");
  size_t n;
  char *text = request_line(request, &n);
  json_decref(request);
  if (!text) return ctl_fail(globals, CTL_NOT_DETERMINED, "no memory for the question");
  send_all(fd, text, n);
  free(text);
  return read_line(globals, fd, line, length);
}
