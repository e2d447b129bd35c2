#include "router/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "router/log_writer.h"

_Atomic int log_level_now = HANSE_INFO;

static struct {
  struct log_ring ring;
  struct log_writer writer;
  _Atomic bool running, format_json, journal;
  bool stuck;      /* a writer that would not end has the ring for ever */
  char path[4096]; /* "": standard error */
} state;

/* systemd names the stream it reads as device:inode, so that output redirected elsewhere is not taken for the journal
   (systemd.exec(5), $JOURNAL_STREAM). */
static bool stderr_is_journal(void) {
  const char *stream = getenv("JOURNAL_STREAM");
  unsigned long long device, inode;
  struct stat status;
  if (!stream || sscanf(stream, "%llu:%llu", &device, &inode) != 2) return false;
  return fstat(STDERR_FILENO, &status) == 0 && status.st_dev == device && status.st_ino == inode;
}

static int open_path(const char *path) {
  if (!path[0]) return fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3);
  return open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0640);
}

/* Gives the descriptor to the writer, which is started when there is none. */
static int use(int fd) {
  if (atomic_load(&state.running)) {
    log_writer_switch(&state.writer, fd);
    return HANSE_OK;
  }
  if (state.stuck) {
    close(fd);
    errno = EBUSY;
    return HANSE_FAIL;
  }
  if (!state.writer.ring) log_ring_init(&state.ring);
  int error = log_writer_start(&state.writer, &state.ring, fd);
  if (error) {
    close(fd);
    errno = error;
    return HANSE_FAIL;
  }
  atomic_store(&state.running, true);
  return HANSE_OK;
}

int log_open(enum hanse_level level, enum log_format format, const char *path) {
  if (!path) path = "";
  if (strlen(path) >= sizeof state.path) {
    errno = ENAMETOOLONG;
    return HANSE_FAIL;
  }
  int fd = open_path(path);
  if (fd < 0) return HANSE_FAIL;
  bool journal = !path[0] && stderr_is_journal();
  atomic_store(&state.writer.format, format);
  atomic_store(&state.writer.journal, journal);
  if (use(fd) != HANSE_OK) return HANSE_FAIL;
  if (path != state.path) memcpy(state.path, path, strlen(path) + 1);
  atomic_store(&state.format_json, format == LOG_JSON);
  atomic_store(&state.journal, journal);
  log_level_set(level);
  return HANSE_OK;
}

int log_reopen(void) {
  if (!atomic_load(&state.running)) return HANSE_OK;
  return log_open(log_level(), atomic_load(&state.format_json) ? LOG_JSON : LOG_TEXT, state.path);
}

void log_close(void) {
  if (!atomic_exchange(&state.running, false)) return;
  state.stuck = !log_writer_stop(&state.writer);
}

void log_level_set(enum hanse_level level) { atomic_store(&log_level_now, level); }

bool log_level_parse(struct hanse_slice text, enum hanse_level *out) {
  for (int level = HANSE_ERROR; level <= HANSE_DEBUG; level++) {
    if (!hanse_same_nocase(text, hanse_text(log_level_name((enum hanse_level)level)))) continue;
    *out = (enum hanse_level)level;
    return true;
  }
  return false;
}

uint64_t log_dropped(void) { return atomic_load(&state.ring.dropped); }

static void write_straight(int fd, const char *at, size_t length) {
  while (length > 0) {
    ssize_t n = write(fd, at, length);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) return;
    at += n;
    length -= (size_t)n;
  }
}

void log_event_v(enum hanse_level level, const char *subsystem, const char *event, const char *format,
                 va_list arguments) {
  if (!log_wants(level)) return;
  int error = errno;
  char line[LOG_LINE_MAX];
  struct log_head head = {.level = level, .subsystem = subsystem, .event = event};
  struct log_fields fields;
  clock_gettime(CLOCK_REALTIME, &head.time);
  head.journal = atomic_load_explicit(&state.journal, memory_order_relaxed);
  bool json = atomic_load_explicit(&state.format_json, memory_order_relaxed);
  log_fields_begin(&fields, format, arguments, error);
  size_t length = log_line(line, json ? LOG_JSON : LOG_TEXT, &head, &fields);
  log_fields_end(&fields);
  if (atomic_load_explicit(&state.running, memory_order_acquire))
    log_ring_put(&state.ring, line, length, level <= HANSE_WARNING);
  else
    write_straight(STDERR_FILENO, line, length);
  errno = error;
}

void(log_event)(enum hanse_level level, const char *subsystem, const char *event, const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  log_event_v(level, subsystem, event, format, arguments);
  va_end(arguments);
}

/* Standard error may be a pipe that nobody reads: the dying do not wait for it. */
static void write_if_ready(int fd, const char *text, size_t length) {
  struct pollfd ready = {.fd = fd, .events = POLLOUT};
  if (poll(&ready, 1, 100) == 1) write_straight(fd, text, length);
}

void log_last_words(const char *text, size_t length) {
  bool running = atomic_load(&state.running);
  if (running) {
    log_ring_wake(&state.ring);
    for (int i = 0; i < 50 && !log_ring_drained(&state.ring); i++) nanosleep(&(struct timespec){0, 5000000}, NULL);
  }
  write_if_ready(STDERR_FILENO, text, length);
  if (running && state.path[0]) write_if_ready(atomic_load(&state.writer.fd), text, length);
}
