#include "router/control_asker.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "router/command_table.h"
#include "router/control_answer.h"
#include "router/control_help.h"
#include "router/control_request.h"

#define OUTPUT_HIGH ((size_t)1 << 20) /* what waits for an asker that does not read: over this its command pauses */
#define REQUEST_TIME (10 * HANSE_SECOND)
#define OUTPUT_TIME (60 * HANSE_SECOND)

enum asker_state {
  ASKER_READING, /* nothing asked */
  ASKER_RUNNING, /* a command has more to say */
  ASKER_WAITING, /* its command ends later */
  ASKER_LEAVING  /* closed as soon as the output has gone */
};

struct control_asker {
  struct hanse_rows rows;
  struct control_hub *hub; /* NULL: the connection is gone, somebody still holds the asker */
  struct control_asker *next, *previous;
  struct control_asker *next_step; /* in the queue of steps */
  bool queued, kept, done, ended;  /* ended: the far end sends no more */
  enum hanse_outcome outcome;      /* when done */
  enum asker_state state;
  int fd;
  ev_io reader, writer;
  struct hanse_timer timer; /* half a request, or output that does not move */
  struct control_command command;
  bool own_help; /* command is `help` */
  void *cursor;
  struct control_answer answer;
  struct control_output output;
  size_t filled;
  char input[CONTROL_LINE_MAX + 1];
};

static void requests_next(struct control_asker *asker);

/* ---- life ---- */

static void queue_remove(struct control_asker *asker) {
  struct control_hub *hub = asker->hub;
  struct control_asker *before = NULL;
  if (!asker->queued) return;
  for (struct control_asker *at = hub->first; at != asker; at = at->next_step) before = at;
  *(before ? &before->next_step : &hub->first) = asker->next_step;
  if (hub->last == asker) hub->last = before;
  asker->queued = false;
}

static void queue_add(struct control_asker *asker) {
  struct control_hub *hub = asker->hub;
  if (asker->queued) return;
  asker->next_step = NULL;
  *(hub->last ? &hub->last->next_step : &hub->first) = asker;
  hub->last = asker;
  asker->queued = true;
  loop_task_add(hub->loop, &hub->task);
}

/* The command will not be asked for more. */
static void command_drop(struct control_asker *asker) {
  const struct control_source *source = &asker->hub->source;
  void *cursor = asker->cursor;
  asker->cursor = NULL;
  if (cursor && source->finish) source->finish(source->context, &asker->command, cursor);
}

static void asker_free(struct control_asker *asker) {
  rows_clear(&asker->rows);
  free(asker);
}

static void asker_close(struct control_asker *asker) {
  struct control_hub *hub = asker->hub;
  queue_remove(asker);
  command_drop(asker);
  ev_io_stop(loop_ev(hub->loop), &asker->reader);
  ev_io_stop(loop_ev(hub->loop), &asker->writer);
  timers_stop(&asker->timer);
  close(asker->fd);
  control_output_clear(&asker->output);
  *(asker->previous ? &asker->previous->next : &hub->askers) = asker->next;
  if (asker->next) asker->next->previous = asker->previous;
  hub->count--;
  asker->hub = NULL;
  if (!asker->kept) asker_free(asker);
}

/* ---- time-outs ---- */

static void timed_out(void *hub, struct hanse_timer *timer);

static void timer_restart(struct control_asker *asker, hanse_time length) {
  struct control_hub *hub = asker->hub;
  struct hanse_timers *list = timers_list(hub->timers, hub, length, NULL);
  if (list) timers_start(list, &asker->timer, timed_out);
}

/* One timer serves both: what hinders the asker first. It is not started again for an octet more of the same request.
 */
static void timer_choose(struct control_asker *asker, bool progress) {
  bool output = control_output_waiting(&asker->output) > 0, half = asker->state == ASKER_READING && asker->filled > 0;
  if (!output && !half) {
    timers_stop(&asker->timer);
  } else if (progress || !asker->timer.list) {
    timer_restart(asker, output ? OUTPUT_TIME : REQUEST_TIME);
  }
}

/* ---- writing ---- */

/* Hands what waits to the kernel. false: the asker is gone. */
static bool output_send(struct control_asker *asker) {
  struct control_output *output = &asker->output;
  bool progress = false;
  while (control_output_waiting(output) > 0 && !output->failed) {
    ssize_t n =
        send(asker->fd, output->octets + output->sent, control_output_waiting(output), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) break;
    if (n < 0) output->failed = true;
    if (n > 0) control_output_sent(output, (size_t)n), progress = true;
  }
  bool waiting = control_output_waiting(output) > 0;
  if (output->failed || (!waiting && asker->state == ASKER_LEAVING)) {
    asker_close(asker);
    return false;
  }
  if (waiting)
    ev_io_start(loop_ev(asker->hub->loop), &asker->writer);
  else
    ev_io_stop(loop_ev(asker->hub->loop), &asker->writer);
  timer_choose(asker, progress);
  return true;
}

static void writable(struct ev_loop *ev, ev_io *watcher, int events) {
  (void)ev, (void)events;
  struct control_asker *asker = watcher->data;
  if (!output_send(asker)) return;
  if (control_output_waiting(&asker->output) > OUTPUT_HIGH / 2) return;
  if (asker->state == ASKER_RUNNING) queue_add(asker);
  if (asker->state == ASKER_READING) requests_next(asker);
}

/* ---- commands ---- */

/* The answer is complete. false: the asker is gone. */
static bool answer_end(struct control_asker *asker, enum hanse_outcome outcome) {
  if (asker->rows.failed) {
    rows_say(&asker->rows, "no memory for the answer");
    outcome = HANSE_NOT_DETERMINED;
  }
  control_answer_end(&asker->answer, &asker->rows, outcome);
  rows_clear(&asker->rows);
  asker->kept = asker->done = false;
  asker->cursor = NULL;
  if (asker->state != ASKER_LEAVING) asker->state = ASKER_READING;
  return output_send(asker);
}

/* Begins an answer. false: no memory, the asker is gone. */
static bool answer_begin(struct control_asker *asker, json_t *arguments) {
  if (rows_init(&asker->rows, arguments) != HANSE_OK) {
    asker_close(asker);
    return false;
  }
  asker->rows.asker = asker;
  control_answer_begin(&asker->answer, &asker->output);
  return true;
}

static bool answer_refusal(struct control_asker *asker, enum hanse_outcome outcome, const char *text) {
  if (!answer_begin(asker, NULL)) return false;
  rows_say(&asker->rows, "%s", text);
  return answer_end(asker, outcome);
}

/* What waits is not read, or half a request does not become a whole one. */
static void timed_out(void *hub, struct hanse_timer *timer) {
  struct control_asker *asker = (struct control_asker *)((char *)timer - offsetof(struct control_asker, timer));
  (void)hub;
  if (control_output_waiting(&asker->output) > 0) return asker_close(asker);
  asker->state = ASKER_LEAVING;
  answer_refusal(asker, HANSE_USAGE, "half a request: its line feed did not come within 10 s");
}

/* The command returned HANSE_LATER. */
static void wait_for_done(struct control_asker *asker) {
  if (!asker->kept) {
    rows_say(&asker->rows, "the command ends later but nobody waits for it: an error of the command");
    if (answer_end(asker, HANSE_NOT_DETERMINED)) requests_next(asker);
  } else if (asker->done) {
    if (answer_end(asker, asker->outcome)) requests_next(asker);
  } else {
    asker->state = ASKER_WAITING;
  }
}

static void step(struct control_asker *asker) {
  const struct control_source *source = &asker->hub->source;
  int outcome = asker->own_help ? (int)control_help(source, &asker->rows)
                                : (int)source->run(source->context, &asker->command, &asker->rows, &asker->cursor);
  if (outcome == HANSE_LATER) return wait_for_done(asker);
  if (outcome != HANSE_MORE) {
    if (answer_end(asker, (enum hanse_outcome)outcome)) requests_next(asker);
    return;
  }
  control_answer_rows(&asker->answer, &asker->rows);
  if (!output_send(asker)) return;
  if (control_output_waiting(&asker->output) <= OUTPUT_HIGH) queue_add(asker);
}

static void run_steps(struct loop_task *task) {
  struct control_hub *hub = (struct control_hub *)((char *)task - offsetof(struct control_hub, task));
  struct control_asker *asker = hub->first;
  if (!asker) return;
  queue_remove(asker);
  if (hub->first) loop_task_add(hub->loop, task);
  step(asker);
}

/* ---- reading ---- */

static bool request_start(struct control_asker *asker, const struct control_request *request) {
  const struct control_source *source = &asker->hub->source;
  const struct hanse_argument *table = command_table[COMMAND_HELP].arguments;
  char why[CONTROL_WHY];
  if (!answer_begin(asker, request->arguments)) return false;
  asker->own_help = hanse_same(request->command, HANSE_LIT("help"));
  asker->command = (struct control_command){0};
  if (!asker->own_help) {
    if (!source->find(source->context, request->command, &asker->command))
      return answer_end(asker, control_help_unknown(source, &asker->rows, request->command));
    table = asker->command.command->arguments;
  }
  if (!control_request_fits(request, table, why)) {
    rows_say(&asker->rows, "%s", why);
    return answer_end(asker, HANSE_USAGE);
  }
  asker->state = ASKER_RUNNING;
  queue_add(asker);
  return true;
}

/* One line. false: the asker is gone. */
static bool request_take(struct control_asker *asker, struct hanse_slice line) {
  struct control_request request;
  char why[CONTROL_WHY] = "no memory";
  timers_stop(&asker->timer);
  if (line.len == 0) return true;
  int status = control_request_parse(line, &request, why);
  if (status != HANSE_OK) return answer_refusal(asker, status == HANSE_NOMEM ? HANSE_NOT_DETERMINED : HANSE_USAGE, why);
  bool alive = request_start(asker, &request);
  control_request_clear(&request);
  return alive;
}

/* Takes lines until one has started a command that runs. */
static void requests_next(struct control_asker *asker) {
  char *end;
  while (asker->state == ASKER_READING && control_output_waiting(&asker->output) <= OUTPUT_HIGH &&
         (end = memchr(asker->input, '\n', asker->filled))) {
    size_t length = (size_t)(end - asker->input);
    char line[CONTROL_LINE_MAX];
    memcpy(line, asker->input, length);
    asker->filled -= length + 1;
    memmove(asker->input, end + 1, asker->filled);
    if (!request_take(asker, hanse_slice(line, length))) return;
  }
  if (asker->state == ASKER_READING && asker->filled == sizeof asker->input) {
    asker->state = ASKER_LEAVING;
    ev_io_stop(loop_ev(asker->hub->loop), &asker->reader);
    answer_refusal(asker, HANSE_USAGE, "a request has at most 4096 octets");
    return;
  }
  if (asker->state == ASKER_READING && asker->ended) {
    asker->state = ASKER_LEAVING;
    output_send(asker);
    return;
  }
  if (asker->filled < sizeof asker->input && !asker->ended) ev_io_start(loop_ev(asker->hub->loop), &asker->reader);
  timer_choose(asker, false);
}

/* The far end sends no more. It may have closed for good, or wait for its answer. */
static void input_ended(struct control_asker *asker) {
  struct pollfd state = {.fd = asker->fd};
  ev_io_stop(loop_ev(asker->hub->loop), &asker->reader);
  asker->ended = true;
  if (poll(&state, 1, 0) == 1 && (state.revents & (POLLHUP | POLLERR)))
    asker_close(asker);
  else
    requests_next(asker);
}

static void readable(struct ev_loop *ev, ev_io *watcher, int events) {
  (void)events;
  struct control_asker *asker = watcher->data;
  size_t room = sizeof asker->input - asker->filled;
  ssize_t n = recv(asker->fd, asker->input + asker->filled, room, MSG_DONTWAIT);
  if (n == 0) return input_ended(asker);
  if (n < 0) {
    if (errno != EAGAIN && errno != EWOULDBLOCK && errno != EINTR) asker_close(asker);
    return;
  }
  asker->filled += (size_t)n;
  if (asker->filled == sizeof asker->input) ev_io_stop(ev, watcher);
  if (asker->state == ASKER_READING) requests_next(asker);
}

/* ---- for control.c ---- */

void control_hub_init(struct control_hub *hub) { hub->task.run = run_steps; }

void control_hub_clear(struct control_hub *hub) {
  while (hub->askers) {
    struct control_asker *asker = hub->askers;
    if (output_send(asker)) asker_close(asker);
  }
  loop_task_remove(hub->loop, &hub->task);
  timers_owner_gone(hub->timers, hub);
}

void control_hub_owner_gone(struct control_hub *hub, void *owner) {
  for (struct control_asker *asker = hub->askers, *next; asker; asker = next) {
    next = asker->next;
    if (asker->state != ASKER_RUNNING || asker->own_help || asker->command.owner != owner) continue;
    queue_remove(asker);
    command_drop(asker);
    rows_say(&asker->rows, "the module that answers was replaced; ask again");
    if (answer_end(asker, HANSE_NOT_DETERMINED)) requests_next(asker);
  }
}

/* Makes room by closing the oldest that asks nothing. */
static bool room_for_one(struct control_hub *hub) {
  if (hub->count < CONTROL_ASKERS) return true;
  for (struct control_asker *asker = hub->askers; asker; asker = asker->next) {
    if (asker->state != ASKER_READING || asker->filled > 0 || control_output_waiting(&asker->output) > 0) continue;
    asker_close(asker);
    return true;
  }
  return false;
}

bool control_asker_new(struct control_hub *hub, int fd) {
  struct control_asker *asker = room_for_one(hub) ? calloc(1, sizeof *asker) : NULL;
  if (!asker) return false;
  asker->hub = hub;
  asker->fd = fd;
  asker->state = ASKER_READING;
  ev_io_init(&asker->reader, readable, fd, EV_READ);
  ev_io_init(&asker->writer, writable, fd, EV_WRITE);
  asker->reader.data = asker->writer.data = asker;
  struct control_asker **end = &hub->askers;
  for (; *end; end = &(*end)->next) asker->previous = *end;
  *end = asker;
  hub->count++;
  ev_io_start(loop_ev(hub->loop), &asker->reader);
  return true;
}

struct control_asker *control_asker_keep(struct hanse_rows *rows) {
  if (rows->asker) rows->asker->kept = true;
  return rows->asker;
}

void control_asker_done(struct control_asker *asker, enum hanse_outcome outcome) {
  if (!asker->hub) return asker_free(asker);
  asker->outcome = outcome;
  asker->done = true;
  if (asker->state == ASKER_WAITING && answer_end(asker, outcome)) requests_next(asker);
}

struct hanse_rows *control_asker_rows(struct control_asker *asker) {
  return &asker->rows;
}
