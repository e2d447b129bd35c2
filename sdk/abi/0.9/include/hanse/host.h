/* The host: what the core does for a plugin. `create` receives one host per instance; every call names it, so the core
   always knows whose code asks. All calls run on the loop thread. From any other thread
   - hanse_post is the way back to it; hanse_log and hanse_random act as well; hanse_failure_* and hanse_decision_text
     only read what never changes;
   - hanse_now, hanse_row_* and what reads or marks a link, a partner or a target are not checked, and race with the
     loop: don't;
   - all others do nothing, return an error (or NULL, or 0) and are logged ("plugin.thread"). */
#ifndef HANSE_HOST_H
#define HANSE_HOST_H

#include <stdarg.h>

#include <hanse/command.h>
#include <hanse/federation.h>
#include <hanse/message.h>
#include <hanse/policy.h>

HANSE_BEGIN

struct hanse_host; /* the core's; one an instance */

/* How grave a line of the log is, as syslog counts. */
enum hanse_level { HANSE_ERROR = 3, HANSE_WARNING = 4, HANSE_NOTICE = 5, HANSE_INFO = 6, HANSE_DEBUG = 7 };

/* This process: names in what we write so that another node can tell whose it is. */
struct hanse_node {
  uint32_t size;
  uint16_t number; /* which process of a machine or pool */
  uint16_t reserved;
  uint32_t boot; /* grows with every start */
  struct hanse_slice name;
  uint64_t message_bytes; /* limits.message */
  uint64_t header_bytes;  /* limits.headers */
};

/* Time-outs of one fixed length, in the order they were started: start and stop cost nothing to speak of. */
struct hanse_timers;

/* One time-out. Lies in the plugin's own object; zeroed before first use; untouched by the plugin. It must be stopped,
   or have fired, before its memory goes. */
struct hanse_timer {
  /* the core's */
  struct hanse_timer *next, *previous;
  struct hanse_timers *list;
  hanse_time due;
  void (*fire)(void *self, struct hanse_timer *timer);
};

/* Which key of state_dir/secret. */
enum hanse_key { HANSE_KEY_CURRENT = 0, HANSE_KEY_PREVIOUS = 1 };

/* What a predecessor left for its successor at a reload. */
struct hanse_saved {
  uint32_t size;
  uint32_t count;                    /* of `records`; may be 0 */
  const struct hanse_slice *records; /* in the order in which they were saved; live during adopt only */
};

/* A place for hanse_route_add. */
struct hanse_place {
  uint32_t size;
  uint16_t port; /* not 0 */
  uint16_t reserved;
  struct hanse_slice host;     /* name or literal address */
  struct hanse_slice prove;    /* the name its certificate must prove */
  bool may_be_private;         /* loopback and private addresses are fine: the administrator wrote this name */
  struct hanse_slice protocol; /* that is spoken there; empty: the one of the message */
};

enum { HANSE_DECISION_TEXT = 9 };

struct hanse_store_request; /* store.h */
struct hanse_store_answer;

/* How the calls below reach the core. Plugins use the calls. */
struct hanse_host_ops {
  uint32_t size;
  /* log, counters, time, chance */
  void (*log)(struct hanse_host *, enum hanse_level, const char *event, const char *format, va_list);
  uint64_t *(*counter)(struct hanse_host *, const char *name, const char *help);
  void (*random)(struct hanse_host *, void *out, size_t n);
  int (*seal)(struct hanse_host *, enum hanse_key, const struct hanse_slice *parts, size_t count, uint8_t mac[16]);
  uint8_t (*key_id)(struct hanse_host *, enum hanse_key);
  struct hanse_timers *(*timers)(struct hanse_host *, hanse_time length);
  void (*timer_start)(struct hanse_host *, struct hanse_timers *, struct hanse_timer *,
                      void (*fire)(void *, struct hanse_timer *));
  void (*timer_stop)(struct hanse_host *, struct hanse_timer *);
  int (*post)(struct hanse_host *, void (*run)(void *self, void *argument), void *argument);
  /* messages */
  struct hanse_message *(*message_new)(struct hanse_host *, struct hanse_link *, struct hanse_slice bytes);
  void (*message_free)(struct hanse_host *, struct hanse_message *);
  void (*message_settle)(struct hanse_host *, struct hanse_message *);
  void (*submit_take)(struct hanse_host *, struct hanse_message *);
  int (*answer_take)(struct hanse_host *, hanse_ticket, struct hanse_message *);
  int (*withdraw)(struct hanse_host *, struct hanse_message *);
  /* tickets */
  int (*ticket_open)(struct hanse_host *, void *object, hanse_ticket *out);
  void (*ticket_close)(struct hanse_host *, hanse_ticket);
  int (*ticket_object)(struct hanse_host *, hanse_ticket, void **object);
  int (*ticket_name)(struct hanse_host *, hanse_ticket, struct hanse_slice name);
  hanse_ticket (*ticket_by_name)(struct hanse_host *, struct hanse_slice name);
  void (*ticket_ride)(struct hanse_host *, hanse_ticket, struct hanse_link *);
  int (*ticket_adopt)(struct hanse_host *, hanse_ticket, void *object);
  int (*hand_over)(struct hanse_host *, hanse_ticket, struct hanse_link *, struct hanse_slice bytes);
  /* links */
  int (*link_want)(struct hanse_host *, hanse_ticket, struct hanse_target *, struct hanse_link **out);
  struct hanse_link *(*link_again)(struct hanse_host *, struct hanse_link *);
  struct hanse_link *(*link_hold)(struct hanse_host *, struct hanse_link *);
  void (*link_release)(struct hanse_host *, struct hanse_link *);
  bool (*link_is_open)(const struct hanse_link *);
  uint64_t (*link_id)(const struct hanse_link *);
  enum hanse_side (*link_side)(const struct hanse_link *);
  struct hanse_slice (*link_local)(const struct hanse_link *);
  struct hanse_slice (*link_peer)(const struct hanse_link *);
  char *(*link_room)(struct hanse_host *, struct hanse_link *, size_t n);
  void (*link_filled)(struct hanse_host *, struct hanse_link *, size_t n);
  uint64_t (*link_queued)(const struct hanse_link *);
  uint64_t (*link_written)(const struct hanse_link *);
  void (*link_shut)(struct hanse_host *, struct hanse_link *, enum hanse_failure, const char *text);
  void (*link_mark_set)(struct hanse_link *, hanse_time);
  hanse_time (*link_mark)(const struct hanse_link *);
  /* partners, targets, questions */
  struct hanse_slice (*partner_name)(const struct hanse_partner *);
  const void *(*partner_settings)(const struct hanse_partner *);
  struct hanse_where (*partner_where)(const struct hanse_partner *);
  bool (*entry_find)(struct hanse_host *, struct hanse_slice domain, const char **kind, struct hanse_where *where);
  int (*canonical)(struct hanse_host *, struct hanse_arena *, struct hanse_slice name, struct hanse_slice *out);
  bool (*home_is)(struct hanse_host *, struct hanse_slice domain);
  struct hanse_slice (*side_name)(struct hanse_host *, enum hanse_side);
  int (*route_add)(struct hanse_host *, struct hanse_found_targets *, const struct hanse_place *);
  struct hanse_slice (*target_text)(const struct hanse_target *);
  int (*resolve_verdict)(struct hanse_host *, hanse_token, enum hanse_verdict, const struct hanse_refusal *);
  int (*resolve_found)(struct hanse_host *, hanse_token, enum hanse_found, const struct hanse_refusal *);
  /* failures */
  uint16_t (*failure_status)(enum hanse_failure);
  const char *(*failure_reason)(enum hanse_failure);
  const char *(*failure_name)(enum hanse_failure);
  /* commands and reload */
  void (*row_begin)(struct hanse_rows *);
  void (*row_text)(struct hanse_rows *, const char *name, struct hanse_slice value);
  void (*row_number)(struct hanse_rows *, const char *name, int64_t value);
  struct hanse_slice (*row_argument)(struct hanse_rows *, const char *name);
  int (*save)(struct hanse_host *, struct hanse_slice record);
  /* more of links */
  bool (*link_secure)(const struct hanse_link *);
  struct hanse_link *(*link_by_id)(struct hanse_host *, uint64_t id);
  /* more of messages */
  void (*refused)(struct hanse_host *, struct hanse_message *, const struct hanse_refusal *);
  struct hanse_slice (*link_proved)(const struct hanse_link *);
  /* services */
  int (*services)(struct hanse_host *, struct hanse_arena *, struct hanse_slice name, struct hanse_services *out);
  int (*services_await)(struct hanse_host *, hanse_token, struct hanse_slice name);
  /* the store */
  int (*store_ask)(struct hanse_host *, const struct hanse_store_request *,
                   void (*answered)(void *self, void *argument, const struct hanse_store_answer *), void *argument);
  int (*store_answer)(struct hanse_host *, uint64_t inquiry, const struct hanse_store_answer *);
  struct hanse_slice (*state_dir)(struct hanse_host *);
  int64_t (*wall_time)(struct hanse_host *);
  /* more of failures */
  uint16_t (*failure_diagnostic)(enum hanse_failure);
  const char *(*failure_meaning)(enum hanse_failure);
  void (*decision_text)(uint64_t decision, char out[HANSE_DECISION_TEXT]);
  enum hanse_failure (*target_failure)(const struct hanse_target *, struct hanse_slice *text);
  enum hanse_failure (*link_failure)(const struct hanse_link *, struct hanse_slice *text);
  /* names that only one module may use */
  int (*exclusive)(struct hanse_host *, const char *kind, struct hanse_slice name, struct hanse_where where,
                   struct hanse_where *other);
  /* more of messages */
  int (*concluded)(struct hanse_host *, struct hanse_message *, uint16_t status, const struct hanse_refusal *);
  /* work of the plugin's own */
  void (*busy)(struct hanse_host *, bool begins);
};

/* What `create` is given. */
struct hanse_host {
  uint32_t size;
  uint32_t reserved;
  const struct hanse_host_ops *ops; /* for the calls below */
  const hanse_time *clock;          /* the monotonic time, read once per turn of the loop */
  const struct hanse_node *node;    /* this process */
  const char *module;               /* the instance's configured name */
};

/* ---- log, counters, time, chance ---- */

/* The monotonic time, read once per turn of the loop: microseconds since some moment. The same in a whole turn. */
static inline hanse_time hanse_now(const struct hanse_host *host) { return *host->clock; }

/* One line: `event` is one dotted word of a fixed set ("message.refused"), the rest is key=value text. Values that come
   from outside are passed as arguments, never as the format; the core escapes and cuts them. */
static inline void hanse_log(struct hanse_host *host, enum hanse_level level, const char *event, const char *format,
                             ...) HANSE_PRINTF(4, 5);
static inline void hanse_log(struct hanse_host *host, enum hanse_level level, const char *event, const char *format,
                             ...) {
  va_list arguments;
  va_start(arguments, format);
  host->ops->log(host, level, event, format, arguments);
  va_end(arguments);
}

/* The counter `module.name`, to be counted up by hand; it outlives the instance (a successor gets the same one).
   Never NULL: when there is no room for one more, a spare one is returned. `help` must be static text. */
static inline uint64_t *hanse_counter(struct hanse_host *host, const char *name, const char *help) {
  return host->ops->counter(host, name, help);
}

/* n octets that nobody can guess. */
static inline void hanse_random(struct hanse_host *host, void *out, size_t n) { host->ops->random(host, out, n); }

/* A 128-bit keyed MAC over the parts and their lengths, under a key of state_dir/secret that all nodes of a pool share.
   HANSE_GONE: there is no previous key. */
static inline int hanse_seal(struct hanse_host *host, enum hanse_key key, const struct hanse_slice *parts, size_t count,
                             uint8_t mac[16]) {
  return host->ops->seal(host, key, parts, count, mac);
}

/* One octet that tells keys apart; written beside a MAC. */
static inline uint8_t hanse_key_id(struct hanse_host *host, enum hanse_key key) { return host->ops->key_id(host, key); }

/* The list for time-outs of this length (microseconds); belongs to the instance and goes with it. The same
   length gives the same list. NULL: no memory. */
static inline struct hanse_timers *hanse_timers(struct hanse_host *host, hanse_time length) {
  return host->ops->timers(host, length);
}
/* Starts, or starts again from now. `fire` is called once, on the loop thread, at the end of the list's length; it may
   start the timer again, and free what it lies in. */
static inline void hanse_timer_start(struct hanse_host *host, struct hanse_timers *list, struct hanse_timer *timer,
                                     void (*fire)(void *self, struct hanse_timer *timer)) {
  host->ops->timer_start(host, list, timer, fire);
}
/* Harmless on a timer that is not running. */
static inline void hanse_timer_stop(struct hanse_host *host, struct hanse_timer *timer) {
  if (timer->list) host->ops->timer_stop(host, timer);
}

/* From any thread: run `run` on the loop thread soon. HANSE_NOMEM: the queue is full; HANSE_GONE: the instance stops.
 */
static inline int hanse_post(struct hanse_host *host, void (*run)(void *self, void *argument), void *argument) {
  return host->ops->post(host, run, argument);
}

/* Work of the plugin's own begins, such as a job of its thread, or one that began is over: once each. While there is
   any, an instance that was replaced is not stopped, however long it takes: `stop`, which has to wait for it, would
   keep everybody else waiting. hanse/worker.h does this for its jobs. */
static inline void hanse_busy(struct hanse_host *host, bool begins) { host->ops->busy(host, begins); }

/* ---- messages ---- */

/* A new message whose arena holds a copy of `bytes`. Holds the link. NULL: no memory. */
static inline struct hanse_message *hanse_message_new(struct hanse_host *host, struct hanse_link *link,
                                                      struct hanse_slice bytes) {
  return host->ops->message_new(host, link, bytes);
}
/* Frees it with all that lies in its arenas. Takes it out of the stages if it waits there. NULL is nothing. */
static inline void hanse_message_free(struct hanse_host *host, struct hanse_message *message) {
  host->ops->message_free(host, message);
}
/* What lies in message->scratch goes: when the message was written, or waits for something that may take long. Not
   while the core has it (between hanse_submit_take and deliver or refuse). */
static inline void hanse_message_settle(struct hanse_host *host, struct hanse_message *message) {
  host->ops->message_settle(host, message);
}
/* Hands a message to the stages, with its facts stated; ends in the protocol's deliver or refuse, now or later. */
static inline void hanse_submit_take(struct hanse_host *host, struct hanse_message *message) {
  host->ops->submit_take(host, message);
}
/* Hands an answer to the ANSWER stage; ends in the protocol's answer, now or later. HANSE_GONE: no such ticket, the
   answer was freed. */
static inline int hanse_answer_take(struct hanse_host *host, hanse_ticket ticket, struct hanse_message *answer) {
  return host->ops->answer_take(host, ticket, answer);
}
/* Takes back a message that waits in a stage (CANCEL), or that was lifted: what was made of it goes on alone, and
   nothing more is told of it. HANSE_OK: it is the caller's again. HANSE_GONE: neither. */
static inline int hanse_withdraw(struct hanse_host *host, struct hanse_message *message) {
  return host->ops->withdraw(host, message);
}

/* The protocol itself refuses a message: before it was submitted, or after it passed the stages because it could not be
   delivered. Counted by its number, logged, told to observers. Not for what a stage refused: the core knows of that. */
static inline void hanse_refused(struct hanse_host *host, struct hanse_message *message,
                                 const struct hanse_refusal *why) {
  host->ops->refused(host, message, why);
}

/* What became of a message that `lower` has made: the other side answered it with this status (200 to 699, a class of
   SIP's), or `why` it was not reached (NULL: it was). Whoever sent it is told before this returns. The message is still
   the caller's, to be freed. HANSE_GONE: it was taken back meanwhile, nobody waits. */
static inline int hanse_concluded(struct hanse_host *host, struct hanse_message *message, uint16_t status,
                                  const struct hanse_refusal *why) {
  return host->ops->concluded(host, message, status, why);
}

/* ---- partners, targets, questions ---- */

/* The domain that names the entry. */
static inline struct hanse_slice hanse_partner_name(const struct hanse_host *host,
                                                    const struct hanse_partner *partner) {
  return host->ops->partner_name(partner);
}
/* The entry's settings, laid out by the federation type's entry table. */
static inline const void *hanse_partner_settings(const struct hanse_host *host, const struct hanse_partner *partner) {
  return host->ops->partner_settings(partner);
}
/* Where the entry stands. */
static inline struct hanse_where hanse_partner_where(const struct hanse_host *host,
                                                     const struct hanse_partner *partner) {
  return host->ops->partner_where(partner);
}
/* Is there a home or partner entry for exactly this domain? In configure: in what is being built. *kind becomes "home"
   or "partners". */
static inline bool hanse_entry_find(struct hanse_host *host, struct hanse_slice domain, const char **kind,
                                    struct hanse_where *where) {
  return host->ops->entry_find(host, domain, kind, where);
}
/* In configure: no other module may use this name of that kind, an edge that two types would take for theirs, say. Kind
   and name live as long as the instance. HANSE_INVALID: another one does, *other is where it says so. HANSE_NOMEM. */
static inline int hanse_exclusive(struct hanse_host *host, const char *kind, struct hanse_slice name,
                                  struct hanse_where where, struct hanse_where *other) {
  return host->ops->exclusive(host, kind, name, where, other);
}
/* The canonical form of a domain name (A-labels, lower case, no trailing dot): a piece of `name` itself where it is
   canonical already, else cut from the arena. HANSE_INVALID: not a domain name (an address literal, an underscore, …).
 */
static inline int hanse_canonical(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice name,
                                  struct hanse_slice *out) {
  return host->ops->canonical(host, arena, name, out);
}
/* Is this canonical domain one of ours, or below one of ours? */
static inline bool hanse_home_is(struct hanse_host *host, struct hanse_slice domain) {
  return host->ops->home_is(host, domain);
}
/* "name:port" of the first listener of that side: what a message that leaves there says of us. */
static inline struct hanse_slice hanse_side_name(struct hanse_host *host, enum hanse_side side) {
  return host->ops->side_name(host, side);
}
/* In route: adds a target, behind those added before. The place is copied. HANSE_INVALID: no host, port or name to be
   proved. HANSE_NOMEM: no memory, or 32 are there already. */
static inline int hanse_route_add(struct hanse_host *host, struct hanse_found_targets *targets,
                                  const struct hanse_place *place) {
  return host->ops->route_add(host, targets, place);
}
/* "host:port" */
static inline struct hanse_slice hanse_target_text(const struct hanse_host *host, const struct hanse_target *target) {
  return host->ops->target_text(target);
}
/* How the target failed last, since it served well, and in words, which live as long as the call that asks;
   HANSE_F_NONE: it did not. *text is always written. */
static inline enum hanse_failure hanse_target_failure(const struct hanse_host *host, const struct hanse_target *target,
                                                      struct hanse_slice *text) {
  return host->ops->target_failure(target, text);
}
/* What is known of the services under this name ("_sip._tcp.example.org") without asking anybody. HANSE_OK: *out, whose
   size is set here, is filled, for this call of the slot only. HANSE_SKIP: it has to be asked for. HANSE_NOMEM. */
static inline int hanse_services(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice name,
                                 struct hanse_services *out) {
  out->size = sizeof *out;
  return host->ops->services(host, arena, name, out);
}
/* In confirm or route, which then return HANSE_FOUND_LATER: has the DNS asked; when it has answered, or failed, the
   slot is asked again and hanse_services knows. HANSE_NOMEM: too many questions wait. HANSE_GONE: no such token. */
static inline int hanse_services_await(struct hanse_host *host, hanse_token token, struct hanse_slice name) {
  return host->ops->services_await(host, token, name);
}
/* Answers a deferred verdict or a question; `why` (NULL: nothing to say) is copied. HANSE_GONE: nobody waits for that
   token any more (counted). HANSE_INVALID: the token is of the other kind. Legal also before the slot that deferred has
   returned. */
static inline int hanse_resolve_verdict(struct hanse_host *host, hanse_token token, enum hanse_verdict verdict,
                                        const struct hanse_refusal *why) {
  return host->ops->resolve_verdict(host, token, verdict, why);
}
static inline int hanse_resolve_found(struct hanse_host *host, hanse_token token, enum hanse_found found,
                                      const struct hanse_refusal *why) {
  return host->ops->resolve_found(host, token, found, why);
}

/* ---- failures, rows, records ---- */

/* The SIP status, its reason phrase, and the stable name of a failure. */
static inline uint16_t hanse_failure_status(const struct hanse_host *host, enum hanse_failure failure) {
  return host->ops->failure_status(failure);
}
static inline const char *hanse_failure_reason(const struct hanse_host *host, enum hanse_failure failure) {
  return host->ops->failure_reason(failure);
}
static inline const char *hanse_failure_name(const struct hanse_host *host, enum hanse_failure failure) {
  return host->ops->failure_name(failure);
}
/* The id of MS-OCER 2.2.1.1 (ms-diagnostics); 0: none fits. */
static inline uint16_t hanse_failure_diagnostic(const struct hanse_host *host, enum hanse_failure failure) {
  return host->ops->failure_diagnostic(failure);
}
/* One sentence for our own people. */
static inline const char *hanse_failure_meaning(const struct hanse_host *host, enum hanse_failure failure) {
  return host->ops->failure_meaning(failure);
}
/* The word by which the log and `hansectl decision` know hanse_facts.decision: eight letters and digits and a NUL, of
   which nobody outside can tell how many came before. */
static inline void hanse_decision_text(const struct hanse_host *host, uint64_t decision,
                                       char out[HANSE_DECISION_TEXT]) {
  host->ops->decision_text(decision, out);
}
/* In a command's `run`: begins a row, to which fields are added in the order of these calls. `name` is static; values
   are copied, and cut at 4096 octets. No memory ends the command with its own error. */
static inline void hanse_row_begin(struct hanse_host *host, struct hanse_rows *rows) { host->ops->row_begin(rows); }
static inline void hanse_row_text(struct hanse_host *host, struct hanse_rows *rows, const char *name,
                                  struct hanse_slice value) {
  host->ops->row_text(rows, name, value);
}
static inline void hanse_row_number(struct hanse_host *host, struct hanse_rows *rows, const char *name, int64_t value) {
  host->ops->row_number(rows, name, value);
}
/* The argument as the asker gave it; empty when it was not given. */
static inline struct hanse_slice hanse_row_argument(struct hanse_host *host, struct hanse_rows *rows,
                                                    const char *name) {
  return host->ops->row_argument(rows, name);
}
/* In save and save_rest: one record for the successor's adopt. The octets are copied. HANSE_NOMEM: no memory, or more
   than 64 MiB in all. */
static inline int hanse_save(struct hanse_host *host, struct hanse_slice record) {
  return host->ops->save(host, record);
}

/* The folder of what is kept between runs, NUL-terminated behind its length; from `configure` on. Copy it: it lives as
   long as the generation. */
static inline struct hanse_slice hanse_state_dir(struct hanse_host *host) { return host->ops->state_dir(host); }
/* Microseconds since 1970, for what outlives the process; it may jump. Time-outs use hanse_now. */
static inline int64_t hanse_wall_time(struct hanse_host *host) { return host->ops->wall_time(host); }

HANSE_END
#endif
