/* The log: one line per event, text or JSON, through a bounded ring that a writer thread empties; what does not fit is
   counted. Usable from any thread. The one part of the core with file-level state: a log that must be passed around is
   a log that is not written to when it matters. */
#ifndef ROUTER_LOG_H
#define ROUTER_LOG_H

#include <hanse/host.h>
#include <stdarg.h>
#include <stdatomic.h>

#include "contract/log_line.h"

/* Opens the log, or changes an open one (reload): path NULL or "" means standard error. Returns HANSE_OK or HANSE_FAIL
   (errno says why; the log stays as it was). Until it is called, lines go straight to standard error. Not to be called
   from two threads at once; the same holds for log_reopen and log_close. */
int log_open(enum hanse_level level, enum log_format format, const char *path);
void log_level_set(enum hanse_level level);
/* "error", "warning", "notice", "info" or "debug", in any case. */
bool log_level_parse(struct hanse_slice text, enum hanse_level *out);
int log_reopen(void);       /* SIGUSR1: as log_open with everything as it is */
void log_close(void);       /* writes what is left (2 s at most when nobody reads), ends the writer */
uint64_t log_dropped(void); /* lines that were lost: no room in the ring, or nobody reads */

/* `subsystem` is a module's name or a part of the core ("link", "reload", "way"); `event` one word of a fixed set;
   format gives key=value pairs whose values are escaped (control octets, quotes, bidi, not UTF-8) and cut at 256
   octets. What an argument holds never ends its value, so quotes around it are not needed; a value of several words of
   the format is written key="%s of %s". No fields: " ". Text without a key runs to the end and is named "text". NULL
   for %s is harmless. errno is left as it was. */
void log_event(enum hanse_level level, const char *subsystem, const char *event, const char *format, ...)
    HANSE_PRINTF(4, 5) HANSE_RARE;
void log_event_v(enum hanse_level level, const char *subsystem, const char *event, const char *format,
                 va_list arguments);

/* Async-signal-safe, for a process that is about to die: gives the writer a quarter of a second for what it still has,
   then writes these octets to standard error, and to the log if that is another file. */
void log_last_words(const char *text, size_t length);

extern _Atomic int log_level_now; /* written by log_open and log_level_set only */
static inline enum hanse_level log_level(void) {
  return (enum hanse_level)atomic_load_explicit(&log_level_now, memory_order_relaxed);
}
static inline bool log_wants(enum hanse_level level) { return level <= log_level(); }

/* A line that is not wanted costs one comparison; its arguments are then not evaluated. */
#define log_event(level, ...) (log_wants(level) ? log_event(level, __VA_ARGS__) : (void)0)

#endif
