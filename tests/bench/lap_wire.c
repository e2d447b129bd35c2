#include "tests/bench/lap_wire.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "tests/bench/lap_memory.h"

ssize_t __real_recv(int fd, void *buf, size_t n, int flags);
ssize_t __real_send(int fd, const void *buf, size_t n, int flags);
int __real_getsockopt(int fd, int level, int option, void *value, socklen_t *length);

/* File-level, because the system calls that are replaced know nothing but a descriptor. */
static struct lap_wire *wires[2];
static bool measured;

void lap_fail(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  fputs("router_laps: ", stderr);
  vfprintf(stderr, format, arguments);
  fputc('\n', stderr);
  va_end(arguments);
  exit(1);
}

static struct lap_wire *wire_of(int fd) {
  for (size_t i = 0; i < sizeof wires / sizeof *wires; i++)
    if (wires[i] && wires[i]->fd == fd) return wires[i];
  return NULL;
}

void lap_wire_open(struct lap_wire *wire) {
  size_t i = wires[0] ? 1 : 0;
  if (wires[i]) lap_fail("there are two wires, not more");
  wire->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (wire->fd < 0) lap_fail("eventfd: %s", strerror(errno));
  wires[i] = wire;
}

char *lap_wire_room(struct lap_wire *wire, size_t n) {
  if (wire->taken) { /* the router reads all that there is, so this moves nothing but in a burst */
    wire->waiting -= wire->taken;
    memmove(wire->said, wire->said + wire->taken, wire->waiting);
    wire->taken = 0;
  }
  if (n > sizeof wire->said - wire->waiting) lap_fail("the router reads too slowly");
  return wire->said + wire->waiting;
}

void lap_wire_say(struct lap_wire *wire, size_t n) {
  uint64_t one = 1;
  if (wire->waiting == wire->taken && n && write(wire->fd, &one, sizeof one) < 0)
    lap_fail("eventfd: %s", strerror(errno));
  wire->waiting += n;
}

/* ---- the router's system calls ---- */

static ssize_t give(struct lap_wire *wire, char *buf, size_t n) {
  uint64_t count;
  size_t left = wire->waiting - wire->taken;
  if (left == 0) {
    errno = EAGAIN;
    return -1;
  }
  if (n > left) n = left;
  memcpy(buf, wire->said + wire->taken, n);
  wire->taken += n;
  if (n == left && read(wire->fd, &count, sizeof count) < 0) lap_fail("eventfd: %s", strerror(errno));
  return (ssize_t)n;
}

static ssize_t take(struct lap_wire *wire, const char *buf, size_t n) {
  if (n > sizeof wire->heard - wire->heard_len) lap_fail("the router writes what is no message");
  memcpy(wire->heard + wire->heard_len, buf, n);
  wire->heard_len += n;
  wire->octets += n;
  wire->calls++;
  size_t used = wire->hear(wire->context, wire->heard, wire->heard_len);
  wire->heard_len -= used;
  memmove(wire->heard, wire->heard + used, wire->heard_len);
  return (ssize_t)n;
}

static ssize_t do_call(struct lap_wire *wire, char *in, const char *out, size_t n) {
  return in ? give(wire, in, n) : take(wire, out, n);
}

void lap_wire_measured(bool on) { measured = on; }

/* Callgrind switches counting over when it comes here, and back when it leaves; so that this happens only while it does
   count, there are two ways to do the same. */
__attribute__((noinline)) ssize_t lap_wire_aside(struct lap_wire *wire, char *in, const char *out, size_t n);
ssize_t lap_wire_aside(struct lap_wire *wire, char *in, const char *out, size_t n) {
  bool counts = lap_memory_counts();
  lap_memory_count(false);
  ssize_t result = do_call(wire, in, out, n);
  lap_memory_count(counts);
  return result;
}

ssize_t __wrap_recv(int fd, void *buf, size_t n, int flags) {
  struct lap_wire *wire = wire_of(fd);
  if (!wire) return __real_recv(fd, buf, n, flags);
  return measured ? lap_wire_aside(wire, buf, NULL, n) : do_call(wire, buf, NULL, n);
}

ssize_t __wrap_send(int fd, const void *buf, size_t n, int flags) {
  struct lap_wire *wire = wire_of(fd);
  if (!wire) return __real_send(fd, buf, n, flags);
  return measured ? lap_wire_aside(wire, NULL, buf, n) : do_call(wire, NULL, buf, n);
}

/* Whoever dials asks whether the connection is there. */
int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *length) {
  if (!wire_of(fd)) return __real_getsockopt(fd, level, option, value, length);
  memset(value, 0, *length);
  return 0;
}

/* ---- time ---- */

static hanse_time ahead;
static struct timespec stands[2]; /* CLOCK_REALTIME, CLOCK_MONOTONIC, as they were when first asked */

/* The router's timer of the kernel's: an eventfd that is written to when this time has come. */
static struct {
  int fd;
  hanse_time due; /* -1: it is not set */
} kernel_alarm = {-1, -1};

static hanse_time owed; /* how far the time goes forward while the router sleeps */

void lap_clock_forward(hanse_time by) { owed += by; }

static void go_forward(void) {
  ahead += owed;
  owed = 0;
  if (kernel_alarm.due < 0 || ahead < kernel_alarm.due) return;
  kernel_alarm.due = -1;
  if (eventfd_write(kernel_alarm.fd, 1) != 0) lap_fail("an eventfd takes nothing");
}

int timerfd_create(int clock, int flags) {
  (void)clock, (void)flags;
  return kernel_alarm.fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
}

int timerfd_settime(int fd, int flags, const struct itimerspec *set, struct itimerspec *before) {
  eventfd_t none;
  (void)flags, (void)before;
  hanse_time wait = (hanse_time)set->it_value.tv_sec * HANSE_SECOND + set->it_value.tv_nsec / 1000;
  kernel_alarm.due = wait ? ahead + wait : -1;
  eventfd_read(fd, &none);
  return 0;
}

/* Takes the place of the C library's, for libev as well: how long a lap takes must not decide what is done in it. */
int clock_gettime(clockid_t clock, struct timespec *out) {
  if (clock != CLOCK_REALTIME && clock != CLOCK_MONOTONIC) return (int)syscall(SYS_clock_gettime, clock, out);
  struct timespec *stand = &stands[clock == CLOCK_MONOTONIC];
  if (!stand->tv_sec && syscall(SYS_clock_gettime, clock, stand) != 0) return -1;
  hanse_time nanoseconds = stand->tv_nsec + ahead % HANSE_SECOND * 1000;
  out->tv_sec = stand->tv_sec + (time_t)(ahead / HANSE_SECOND + nanoseconds / 1000000000);
  out->tv_nsec = (long)(nanoseconds % 1000000000);
  return 0;
}

/* Between two turns of the loop: a turn itself takes no time, or the router would look for who is slow. */
int epoll_wait(int fd, struct epoll_event *events, int most, int milliseconds) {
  go_forward();
  return (int)syscall(SYS_epoll_wait, fd, events, most, milliseconds);
}
