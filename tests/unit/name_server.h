/* A real name server (unbound) on a loopback port of its own, started and stopped by a test. */
#ifndef TESTS_NAME_SERVER_H
#define TESTS_NAME_SERVER_H

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define NAME_SERVER_PROGRAM "/usr/sbin/unbound"

struct name_server {
  char folder[64];
  uint16_t port;
  pid_t pid;  /* 0: not running */
  int silent; /* a socket on the port that answers nothing; -1: none */
};

static inline struct sockaddr_in name_server_at(uint16_t port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

/* A UDP socket on the port; 0: any. -1: none. */
static inline int name_server_socket(uint16_t *port) {
  struct sockaddr_in at = name_server_at(*port);
  socklen_t length = sizeof at;
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0 || bind(fd, (struct sockaddr *)&at, length) != 0 || getsockname(fd, (struct sockaddr *)&at, &length) != 0)
    return -1;
  *port = ntohs(at.sin_port);
  return fd;
}

static inline bool name_server_put(const struct name_server *server, const char *name, const char *text) {
  char path[128];
  snprintf(path, sizeof path, "%s/%s", server->folder, name);
  FILE *file = fopen(path, "w");
  if (!file) return false;
  bool good = fputs(text, file) >= 0;
  return fclose(file) == 0 && good;
}

static inline bool name_server_installed(void) { return access(NAME_SERVER_PROGRAM, X_OK) == 0; }

/* A port that is free for UDP and TCP, below those that the system gives to outgoing connections: nobody takes it
   before the server does. */
static inline bool name_server_choose(uint16_t *port) {
  for (int i = 0; i < 100; i++) {
    *port = (uint16_t)(10000 + (getpid() * 37 + i * 101) % 20000);
    struct sockaddr_in at = name_server_at(*port);
    int udp = name_server_socket(port), tcp = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool good = udp >= 0 && tcp >= 0 && bind(tcp, (struct sockaddr *)&at, sizeof at) == 0;
    if (udp >= 0) close(udp);
    if (tcp >= 0) close(tcp);
    if (good) return true;
  }
  return false;
}

/* Chooses a folder and a port, writes what the server is to say. */
static inline bool name_server_make(struct name_server *server, const char *zone, const char *zone_text) {
  char text[2048];
  *server = (struct name_server){.folder = "/tmp/hanse-dns-XXXXXX", .silent = -1};
  if (!mkdtemp(server->folder)) return false;
  if (!name_server_choose(&server->port)) return false;
  snprintf(text, sizeof text,
           "server:\n  interface: 127.0.0.1@%u\n  port: %u\n  access-control: 127.0.0.0/8 allow\n  username: \"\"\n"
           "  chroot: \"\"\n  directory: \"%s\"\n  pidfile: \"%s/pid\"\n  use-syslog: no\n  logfile: \"%s/log\"\n"
           "  do-daemonize: no\n  module-config: \"iterator\"\n  num-threads: 1\n  do-ip6: no\n  "
           "log-queries: yes\n"
           "  local-zone: \"test.\" nodefault\n  minimal-responses: no\n"
           "  local-zone: \"refused.example.\" refuse\n"
           "  local-zone: \"lan.test.\" static\n  local-data: \"host.lan.test. 60 A 10.9.8.7\"\n"
           "auth-zone:\n  name: \"%s\"\n  zonefile: \"%s/zone\"\n  for-downstream: yes\n  for-upstream: no\n"
           "remote-control:\n  control-enable: no\n",
           server->port, server->port, server->folder, server->folder, server->folder, zone, server->folder);
  return name_server_put(server, "conf", text) && name_server_put(server, "zone", zone_text);
}

/* Does anything answer a question there? */
static inline bool name_server_answers(const struct name_server *server) {
  static const unsigned char question[] = "\1\2\1\0\0\1\0\0\0\0\0\0\4host\3lan\4test\0\0\1\0\1"; /* A IN */
  unsigned char answer[512];
  struct sockaddr_in at = name_server_at(server->port);
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  struct pollfd wait = {.fd = fd, .events = POLLIN};
  bool good = fd >= 0 && connect(fd, (struct sockaddr *)&at, sizeof at) == 0 &&
              send(fd, question, sizeof question - 1, 0) > 0 && poll(&wait, 1, 100) > 0 &&
              recv(fd, answer, sizeof answer, 0) > 0;
  if (fd >= 0) close(fd);
  return good;
}

static inline bool name_server_start(struct name_server *server) {
  char path[128];
  snprintf(path, sizeof path, "%s/conf", server->folder);
  server->pid = fork();
  if (server->pid == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    int null = open("/dev/null", O_RDWR);
    dup2(null, 0);
    dup2(null, 1);
    dup2(null, 2);
    execl(NAME_SERVER_PROGRAM, "unbound", "-d", "-c", path, (char *)NULL);
    _exit(127);
  }
  for (int i = 0; i < 100; i++) {
    if (name_server_answers(server)) return true;
    usleep(50000);
  }
  return false;
}

static inline void name_server_stop(struct name_server *server) {
  if (server->pid <= 0) return;
  kill(server->pid, SIGKILL);
  waitpid(server->pid, NULL, 0);
  server->pid = 0;
}

/* Somebody is there who says nothing. */
static inline bool name_server_silence(struct name_server *server, bool on) {
  if (server->silent >= 0) close(server->silent);
  server->silent = on ? name_server_socket(&server->port) : -1;
  return !on || server->silent >= 0;
}

static inline void name_server_remove(struct name_server *server) {
  static const char *const names[] = {"conf", "zone", "log", "pid", "anchor", "hosts"};
  char path[128];
  name_server_stop(server);
  name_server_silence(server, false);
  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    snprintf(path, sizeof path, "%s/%s", server->folder, names[i]);
    unlink(path);
  }
  rmdir(server->folder);
}

#endif
