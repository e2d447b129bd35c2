#include "router/log_writer.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK ((size_t)64 << 10)
#define STOP_SECONDS 2
#define RETRY_MSEC 250 /* how often a full disk is tried again */

static int64_t seconds_now(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec;
}

static bool gave_up(struct log_writer *writer) {
  int64_t stop = atomic_load(&writer->stop);
  return stop != 0 && seconds_now() >= stop;
}

/* The descriptor to use now. */
static int current_fd(struct log_writer *writer) {
  int next = atomic_exchange(&writer->next_fd, -1);
  if (next < 0) return atomic_load(&writer->fd);
  close(atomic_exchange(&writer->fd, next));
  return next;
}

/* At most PIPE_BUF octets go to what is not a file, so that a pipe that poll calls writable takes them at once. */
static size_t piece_length(int fd, const char *at, size_t length) {
  struct stat status;
  if (length <= LOG_LINE_MAX || (fstat(fd, &status) == 0 && S_ISREG(status.st_mode))) return length;
  size_t n = LOG_LINE_MAX;
  while (n > 0 && at[n - 1] != '\n') n--;
  return n ? n : LOG_LINE_MAX;
}

/* Whether there is a point in trying the same octets again. */
static bool may_recover(int error) {
  return error == EAGAIN || error == EINTR || error == ENOSPC || error == EDQUOT || error == EIO || error == ENOBUFS ||
         error == ENOMEM;
}

/* false: gave up; *left octets were not written. */
static bool write_all(struct log_writer *writer, const char *at, size_t *left) {
  while (*left > 0) {
    if (gave_up(writer)) return false;
    int fd = current_fd(writer);
    struct pollfd ready = {.fd = fd, .events = POLLOUT};
    if (poll(&ready, 1, RETRY_MSEC) == 0) continue;
    ssize_t n = write(fd, at, piece_length(fd, at, *left));
    if (n > 0) {
      at += n;
      *left -= (size_t)n;
    } else if (n < 0 && !may_recover(errno)) {
      return false;
    } else if (n == 0 || errno != EINTR) {
      poll(NULL, 0, RETRY_MSEC);
    }
  }
  return true;
}

static void count_lost(struct log_ring *ring, const char *at, size_t length) {
  uint64_t lines = 0;
  for (size_t i = 0; i < length; i++) lines += at[i] == '\n';
  atomic_fetch_add(&ring->dropped, lines);
}

static size_t own_line(struct log_writer *writer, char out[LOG_LINE_MAX], const char *format, ...) {
  struct log_head head = {.level = HANSE_WARNING, .subsystem = "log", .event = "log.dropped"};
  struct log_fields fields;
  va_list arguments;
  va_start(arguments, format);
  clock_gettime(CLOCK_REALTIME, &head.time);
  head.journal = atomic_load(&writer->journal);
  log_fields_begin(&fields, format, arguments, 0);
  size_t n = log_line(out, (enum log_format)atomic_load(&writer->format), &head, &fields);
  log_fields_end(&fields);
  va_end(arguments);
  return n;
}

static void report_dropped(struct log_writer *writer) {
  uint64_t dropped = atomic_load(&writer->ring->dropped);
  if (dropped == writer->reported) return;
  char line[LOG_LINE_MAX];
  size_t left = own_line(writer, line, "lines=%llu", (unsigned long long)(dropped - writer->reported));
  if (write_all(writer, line, &left)) writer->reported = dropped;
}

static void *run(void *argument) {
  struct log_writer *writer = argument;
  static char chunk[CHUNK]; /* there is one writer, and its stack stays small */
  for (;;) {
    bool last = atomic_load(&writer->stop) != 0;
    size_t length = log_ring_take(writer->ring, chunk, sizeof chunk), left = length;
    if (length == 0 && last) break;
    if (length == 0) {
      current_fd(writer); /* a renamed file is let go of without waiting for a line */
      log_ring_wait(writer->ring);
    } else if (write_all(writer, chunk, &left)) {
      report_dropped(writer);
    } else {
      count_lost(writer->ring, chunk + length - left, left);
    }
  }
  sem_post(&writer->ended);
  return NULL;
}

/* Signals are the loop's. */
int log_writer_start(struct log_writer *writer, struct log_ring *ring, int fd) {
  sigset_t all, before;
  writer->ring = ring;
  sem_init(&writer->ended, 0, 0);
  atomic_store(&writer->fd, fd);
  atomic_store(&writer->next_fd, -1);
  atomic_store(&writer->stop, 0);
  writer->reported = atomic_load(&ring->dropped); /* here, since the thread may come late */
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int error = pthread_create(&writer->thread, NULL, run, writer);
  pthread_sigmask(SIG_SETMASK, &before, NULL);
  return error;
}

void log_writer_switch(struct log_writer *writer, int fd) {
  int unused = atomic_exchange(&writer->next_fd, fd);
  if (unused >= 0) close(unused);
  log_ring_wake(writer->ring);
}

bool log_writer_stop(struct log_writer *writer) {
  struct timespec until;
  atomic_store(&writer->stop, seconds_now() + STOP_SECONDS);
  log_ring_wake(writer->ring);
  clock_gettime(CLOCK_MONOTONIC, &until);
  until.tv_sec += STOP_SECONDS + 1;
  int result;
  do result = sem_clockwait(&writer->ended, CLOCK_MONOTONIC, &until);
  while (result != 0 && errno == EINTR);
  if (result != 0) {
    pthread_detach(writer->thread);
    return false;
  }
  pthread_join(writer->thread, NULL);
  int next = atomic_exchange(&writer->next_fd, -1);
  if (next >= 0) close(next);
  close(atomic_exchange(&writer->fd, -1));
  return true;
}
