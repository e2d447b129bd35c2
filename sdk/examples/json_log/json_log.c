/* An observer that writes one line of JSON for each event to a file. It shows what observers are told, and how a plugin
   writes to a disk that may be slow: the loop makes the line and hands it to a thread (hanse/worker.h); what the thread
   has not written yet is bounded, and what does not fit is counted instead of waited for. */
#include <errno.h>
#include <fcntl.h>
#include <hanse/link.h>
#include <hanse/plugin.h>
#include <hanse/worker.h>
#include <jansson.h>
#include <stdlib.h>
#include <sys/stat.h>

struct settings {
  struct hanse_where where;
  struct hanse_slice file;
  int64_t most;
};

struct line {
  struct hanse_job job;
  int failed; /* errno, or 0: it is written */
  size_t length;
  char text[];
};

struct json_log {
  struct hanse_host *host;
  const struct settings *settings;
  struct hanse_worker worker;
  int fd;       /* the thread's own, as is `torn` */
  bool torn;    /* the file ends with a piece of a line */
  bool failing; /* the log has said so */
  uint64_t *written, *lost;
};

/* ---- on the thread ---- */

/* The file of that name may have been moved away (logrotate): then a new one is begun, without anybody having to tell.
   After a reload that names another file our successor opens that one. */
static bool open_file(struct json_log *log) {
  const char *path = log->settings->file.at;
  struct stat named, ours;
  if (log->fd >= 0 && stat(path, &named) == 0 && fstat(log->fd, &ours) == 0 && named.st_dev == ours.st_dev &&
      named.st_ino == ours.st_ino)
    return true;
  if (log->fd >= 0) close(log->fd);
  log->fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY, 0640);
  log->torn = false;
  return log->fd >= 0;
}

/* 0 or errno. A disk that gets full takes a part of it. */
static int write_all(struct json_log *log, const char *text, size_t length) {
  for (size_t done = 0; done < length;) {
    ssize_t n = write(log->fd, text + done, length - done);
    if (n <= 0) return n ? errno : EIO;
    done += (size_t)n;
    log->torn = done < length;
  }
  return 0;
}

/* A piece that was left is ended first: who reads line by line then loses no more than that one. */
static void write_line(void *self, struct hanse_job *job) {
  struct json_log *log = self;
  struct line *line = (struct line *)job;
  if (!open_file(log)) {
    line->failed = errno;
    return;
  }
  if (log->torn) line->failed = write_all(log, "\n", 1);
  if (!line->failed) line->failed = write_all(log, line->text, line->length);
}

/* ---- on the loop ---- */

static void written(void *self, struct hanse_job *job) {
  struct json_log *log = self;
  struct line *line = (struct line *)job;
  ++*(line->failed ? log->lost : log->written);
  /* Told when it begins, not for each line: the disk that is full may be the one that the router's own log is on. */
  if (line->failed && !log->failing)
    hanse_log(log->host, HANSE_WARNING, "json_log.failing", "file=%.*s what=\"%s\"", HANSE_FMT(log->settings->file),
              strerror(line->failed));
  log->failing = line->failed != 0;
  free(line);
}

/* Whoever is outside chooses what stands in addresses. JSON is UTF-8; what is not loses its other octets. */
static json_t *string(struct hanse_slice text) {
  char plain[256];
  json_t *string = json_stringn(text.len ? text.at : "", text.len);
  if (string) return string;
  size_t length = text.len < sizeof plain ? text.len : sizeof plain;
  for (size_t i = 0; i < length; i++) plain[i] = text.at[i];
  for (size_t i = 0; i < length; i++)
    if (plain[i] & 0x80) plain[i] = '?';
  return json_stringn(plain, length);
}

static json_t *address(const struct hanse_address_fact *fact) {
  char text[512];
  int n = snprintf(text, sizeof text, "%.*s@%.*s", HANSE_FMT(fact->user), HANSE_FMT(fact->domain));
  return string(hanse_slice(text, (size_t)n < sizeof text ? (size_t)n : sizeof text - 1));
}

static const char *side_word(enum hanse_side side) { return side == HANSE_SIDE_HOME ? "home" : "partner"; }

static void add_facts(struct json_log *log, json_t *object, const struct hanse_facts *facts) {
  char decision[HANSE_DECISION_TEXT];
  hanse_decision_text(log->host, facts->decision, decision); /* the word by which `hansectl decision` knows it */
  json_object_set_new(object, "decision", json_string(decision));
  json_object_set_new(object, "side", json_string(side_word((enum hanse_side)facts->side)));
  json_object_set_new(object, "from", address(&facts->from));
  json_object_set_new(object, "to", address(&facts->to));
  json_object_set_new(object, "method", string(facts->method));
  json_object_set_new(object, "bytes", json_integer(facts->bytes));
  if (facts->flags & HANSE_FACT_ANSWER) json_object_set_new(object, "status", json_integer(facts->status));
}

static void add_why(struct json_log *log, json_t *object, const struct hanse_refusal *why) {
  json_object_set_new(object, "failure", json_string(hanse_failure_name(log->host, why->failure)));
  json_object_set_new(object, "why", string(why->text));
  if (!why->where.file) return;
  json_object_set_new(object, "file", json_string(why->where.file));
  json_object_set_new(object, "line", json_integer(why->where.line));
}

static const char *event_word(uint32_t kind) {
  switch ((enum hanse_event_kind)kind) {
    case HANSE_EVENT_ACCEPTED:
      return "accepted";
    case HANSE_EVENT_REFUSED:
      return "refused";
    case HANSE_EVENT_ANSWERED:
      return "answered";
    case HANSE_EVENT_LINK_UP:
      return "link_up";
    case HANSE_EVENT_LINK_DOWN:
      return "link_down";
    case HANSE_EVENT_FAILED:
      return "failed";
  }
  return "?"; /* a newer router's */
}

/* A pair whose value found no memory is left out (jansson refuses NULL); NULL: there is none for the whole. */
static json_t *describe(struct json_log *log, const struct hanse_event *event) {
  json_t *object = json_object();
  json_object_set_new(object, "time_us", json_integer(hanse_wall_time(log->host)));
  json_object_set_new(object, "event", json_string(event_word(event->kind)));
  if (event->facts) add_facts(log, object, event->facts);
  if (event->why) add_why(log, object, event->why);
  if (!event->facts && event->link) {
    json_object_set_new(object, "side", json_string(side_word(hanse_link_side(log->host, event->link))));
    json_object_set_new(object, "peer", string(hanse_link_peer(log->host, event->link)));
  }
  return object;
}

/* To be freed; NULL: no memory. Not by json_dumps, which goes on where a piece finds no memory, and leaves that out. */
static struct line *to_line(json_t *object) {
  size_t length = object ? json_dumpb(object, NULL, 0, JSON_COMPACT) : 0;
  struct line *line = length ? malloc(sizeof *line + length + 1) : NULL;
  if (line && json_dumpb(object, line->text, length, JSON_COMPACT) == length) {
    line->failed = 0;
    line->length = length + 1;
    line->text[length] = '\n';
    return line;
  }
  free(line);
  return NULL;
}

/* Nothing of `event` may be kept: the line is a copy. */
static void event(void *self, const struct hanse_event *event) {
  struct json_log *log = self;
  json_t *object = describe(log, event);
  struct line *line = to_line(object);
  json_decref(object);
  if (line && hanse_worker_give(&log->worker, &line->job) == HANSE_OK) return;
  free(line);
  ++*log->lost;
}

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct json_log *log = calloc(1, sizeof *log);
  if (!log) return HANSE_NOMEM;
  log->host = host;
  log->fd = -1;
  log->written = hanse_counter(host, "written", "lines that were written");
  log->lost = hanse_counter(host, "lost", "lines that were not: too many waited, or the file took no more");
  *self = log;
  return HANSE_OK;
}

static int configure(void *self, const void *settings, struct hanse_problem *problem) {
  struct json_log *log = self;
  log->settings = settings;
  if (log->settings->file.at[0] == '/') return HANSE_OK;
  problem->where = log->settings->where;
  hanse_explain(problem, "file: \"%.*s\" is no absolute path", HANSE_FMT(log->settings->file));
  return HANSE_INVALID;
}

static int start(void *self) {
  struct json_log *log = self;
  return hanse_worker_start(&log->worker, log->host, log, (size_t)log->settings->most, write_line, written);
}

/* `true`: what was seen is written before the end; the bound keeps that short. */
static void stop(void *self) { hanse_worker_stop(&((struct json_log *)self)->worker, true); }

static void destroy(void *self) {
  struct json_log *log = self;
  if (log->fd >= 0) close(log->fd);
  free(log);
}

static const struct hanse_option options[] = {
    HANSE_OPTION(struct settings, where, HANSE_ORIGIN, HANSE_HIDDEN, NULL, "Where the module stands."),
    HANSE_OPTION(struct settings, file, HANSE_STRING, HANSE_REQUIRED, NULL, "The file to which lines are added."),
    HANSE_OPTION(struct settings, most, HANSE_INT, 0, "10000",
                 "How many lines may wait to be written; further ones are lost, and counted.", .min = "1",
                 .max = "1000000"),
    HANSE_OPTIONS_END,
};
/* The mask says what we are told of; the rest costs nothing. */
static const struct hanse_observer observer = {
    .size = sizeof observer,
    .mask = HANSE_EVENT_ACCEPTED | HANSE_EVENT_REFUSED | HANSE_EVENT_ANSWERED | HANSE_EVENT_LINK_UP |
            HANSE_EVENT_LINK_DOWN | HANSE_EVENT_FAILED,
    .event = event,
};
static const struct hanse_offer offers[] = {{.capability = HANSE_OBSERVER, .slots = &observer}, HANSE_OFFERS_END};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),         .name = "json_log",
    .version = "1.0",       .summary = "writes each event as a line of JSON to a file",
    .options = options,     .settings_size = sizeof(struct settings),
    .offers = offers,       .create = create,
    .configure = configure, .start = start,
    .stop = stop,           .destroy = destroy,
};
