/* What systemd is told, and what it hands in. */
#include <arpa/inet.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "router/clock.h"
#include "router/systemd.h"

static int bound_datagram(const char *path, bool abstract) {
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
  if (abstract) address.sun_path[0] = '\0';
  socklen_t length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path) + !abstract);
  assert_int_equal(bind(fd, (struct sockaddr *)&address, length), 0);
  return fd;
}

static const char *received(int fd) {
  static char text[4096];
  ssize_t n = recv(fd, text, sizeof text - 1, 0);
  text[n > 0 ? n : 0] = '\0';
  return text;
}

static void test_notify(void **unused) {
  char folder[] = "/tmp/hanse-test-systemd-XXXXXX", path[64], abstract[64];
  (void)unused;
  assert_non_null(mkdtemp(folder));
  snprintf(path, sizeof path, "%s/notify", folder);
  snprintf(abstract, sizeof abstract, "@hanse-test-%d", getpid());
  int fd = bound_datagram(path, false), other = bound_datagram(abstract, true);
  unsetenv("NOTIFY_SOCKET");
  systemd_notify("READY=1");
  assert_string_equal(received(fd), "");
  setenv("NOTIFY_SOCKET", path, 1);
  systemd_notify("READY=1\nSTATUS=%d links", 3);
  assert_string_equal(received(fd), "READY=1\nSTATUS=3 links");
  setenv("NOTIFY_SOCKET", abstract, 1);
  systemd_notify("STOPPING=1");
  assert_string_equal(received(other), "STOPPING=1");
  hanse_time before = clock_read();
  systemd_notify_reloading();
  const char *text = received(other);
  assert_ptr_equal(strstr(text, "RELOADING=1\nMONOTONIC_USEC="), text);
  hanse_time said = strtoll(strchr(text, 'C') ? strstr(text, "USEC=") + 5 : "0", NULL, 10);
  assert_true(said >= before && said <= clock_read());
  for (int i = 0; i < 5000; i++) systemd_notify("STATUS=%d", i); /* a queue that is full does not hold us up */
  char big[3000];
  memset(big, 'x', sizeof big - 1);
  big[sizeof big - 1] = '\0';
  while (received(other)[0]) continue;
  systemd_notify("STATUS=%s", big);
  assert_string_equal(received(other), "");
  static const char *const bad[] = {"", "relative", "@", "/nonexistent/notify", "vsock:2:1"};
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    setenv("NOTIFY_SOCKET", bad[i], 1);
    systemd_notify("READY=1");
  }
  unsetenv("NOTIFY_SOCKET");
  close(fd), close(other);
  unlink(path);
  rmdir(folder);
}

static int listening(int family, const char *text, struct sockaddr_storage *out, socklen_t *length) {
  int fd = socket(family, SOCK_STREAM, 0);
  memset(out, 0, sizeof *out);
  out->ss_family = (sa_family_t)family;
  *length = family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
  void *at = family == AF_INET ? (void *)&((struct sockaddr_in *)out)->sin_addr
                               : (void *)&((struct sockaddr_in6 *)out)->sin6_addr;
  if (inet_pton(family, text, at) != 1 || bind(fd, (struct sockaddr *)out, *length) != 0 || listen(fd, 1) != 0)
    _exit(20);
  getsockname(fd, (struct sockaddr *)out, length);
  return fd;
}

static void set_number(const char *name, long number) {
  char text[24];
  snprintf(text, sizeof text, "%ld", number);
  setenv(name, text, 1);
}

/* Runs in a child, since descriptors 3 and up are fixed. Returns 0, or the number of what went wrong. */
static int take_sockets(void) {
  struct sockaddr_storage four, six, third;
  socklen_t length4, length6, length3;
  struct systemd_sockets sockets;
  int a = listening(AF_INET, "127.0.0.1", &four, &length4), b = listening(AF_INET6, "::1", &six, &length6);
  int c = listening(AF_INET, "127.0.0.1", &third, &length3), datagram = socket(AF_INET, SOCK_DGRAM, 0);
  if (bind(datagram, (struct sockaddr *)&four, length4) != 0) return 21;
  int above[4] = {fcntl(a, F_DUPFD, 50), fcntl(b, F_DUPFD, 50), fcntl(c, F_DUPFD, 50), fcntl(datagram, F_DUPFD, 50)};
  static const int order[4] = {3, 0, 1, 2};
  for (int fd = 3; fd < 50; fd++) close(fd);
  for (int i = 0; i < 4; i++) dup2(above[order[i]], 3 + i);
  set_number("LISTEN_PID", getpid());
  set_number("LISTEN_FDS", 4);
  systemd_sockets_take(&sockets);
  if (sockets.count != 4 || getenv("LISTEN_FDS") || getenv("LISTEN_PID")) return 1;
  if (!(fcntl(4, F_GETFD) & FD_CLOEXEC) || !(fcntl(4, F_GETFL) & O_NONBLOCK)) return 2;
  if (systemd_socket_for(&sockets, (struct sockaddr *)&four, length4) != 4) return 3; /* not the datagram socket */
  if (systemd_socket_for(&sockets, (struct sockaddr *)&four, length4) != -1) return 4;
  if (systemd_socket_for(&sockets, (struct sockaddr *)&six, length6) != 5) return 5;
  ((struct sockaddr_in *)&third)->sin_addr.s_addr = htonl(INADDR_ANY);
  if (systemd_socket_for(&sockets, (struct sockaddr *)&third, length3) != -1) return 6;
  if (systemd_sockets_close(&sockets) != 2 || sockets.count != 0 || fcntl(6, F_GETFD) != -1) return 7;
  systemd_sockets_take(&sockets);
  if (sockets.count != 0) return 8;
  set_number("LISTEN_PID", getpid() + 1);
  set_number("LISTEN_FDS", 1);
  systemd_sockets_take(&sockets);
  if (sockets.count != 0 || fcntl(4, F_GETFD) == -1) return 9;
  set_number("LISTEN_PID", getpid());
  setenv("LISTEN_FDS", "-1", 1);
  systemd_sockets_take(&sockets);
  return sockets.count == 0 ? 0 : 10;
}

static void test_sockets(void **unused) {
  int status;
  (void)unused;
  pid_t child = fork();
  if (child == 0) _exit(take_sockets());
  waitpid(child, &status, 0);
  assert_true(WIFEXITED(status));
  assert_int_equal(WEXITSTATUS(status), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_notify), cmocka_unit_test(test_sockets)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
