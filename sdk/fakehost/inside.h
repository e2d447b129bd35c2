/* What the parts of the fake host share. */
#ifndef FAKEHOST_INSIDE_H
#define FAKEHOST_INSIDE_H

#pragma GCC visibility push(default)
#include <hanse/fake_host.h>
#pragma GCC visibility pop

#include <pthread.h>

#include "contract/option_pool.h"
#include "contract/problem.h"

/* Nothing of this is seen by those who link the host. */
#pragma GCC visibility push(hidden)

enum { FAKE_TARGETS = 8, FAKE_PLACES = 32, FAKE_HOMES = 4, FAKE_SIDES = 3, FAKE_COUNTERS = 64, FAKE_BLOCK = 4096 };
#define FAKE_RECORDS_BYTES ((size_t)64 << 20)

struct fake_buffer {
  char *at;
  size_t len, room;
};

struct hanse_timers {
  struct hanse_timers *next;
  struct fake_instance *owner;
  hanse_time length;
  struct hanse_timer *first, *last;
};

struct hanse_partner {
  const char *name;
  const void *settings;
};

struct fake_post {
  struct fake_post *next;
  struct fake_instance *owner;
  void (*run)(void *self, void *argument);
  void *argument;
};

struct hanse_target {
  struct hanse_target *next;
  struct fake_world *world;
  const char *text;
  struct hanse_link *link;
  int status;
  enum hanse_failure failure;
};

struct hanse_link {
  struct hanse_link *next;
  struct fake_world *world;
  struct fake_instance *owner;
  uint64_t id;
  long holds;
  enum hanse_side side;
  const char *peer, *local;
  struct hanse_slice proved;
  enum hanse_failure failure; /* why it will have broken */
  bool open, secure, shut, full, stuck;
  uint64_t queued, stuck_at;
  hanse_time mark;
  size_t scanned;
  struct fake_buffer in, out;
};

struct fake_ticket {
  uint32_t count; /* odd while it is open */
  struct fake_instance *owner, *undo_owner;
  void *object, *undo_object;
  struct fake_buffer name;
  bool named;
  struct hanse_link *rides;
  struct hanse_target *waits;
};

struct fake_block {
  struct fake_block *next;
  _Alignas(max_align_t) char bytes[];
};

/* An arena that may run out. */
struct fake_pieces {
  struct hanse_arena arena; /* first */
  struct fake_world *world;
  struct fake_block *blocks;
};

struct fake_message {
  struct hanse_message public; /* first */
  struct hanse_facts facts;
  struct hanse_marks marks;
  struct fake_pieces kept, scratch;
  struct fake_message *next; /* among those that are held */
  struct fake_instance *owner;
  struct hanse_route route;
  hanse_ticket answers; /* 0: no answer */
};

struct fake_counter {
  char name[64];
  uint64_t value;
};

struct fake_stage {
  enum fake_verdict verdict;
  enum hanse_failure failure;
  struct hanse_target *targets[FAKE_TARGETS];
  size_t count;
};

/* Where a question stands. */
enum fake_standing {
  FAKE_ASKED = 1, /* its slot has not returned */
  FAKE_OPEN = 2,  /* an answer is owed */
  FAKE_ENDED = 3
};

struct hanse_found_targets {
  struct fake_question *question;
};

/* What a policy or a federation type was asked. */
struct fake_question {
  struct fake_question *next;
  struct fake_world *world;
  struct fake_instance *instance; /* NULL: it is gone */
  hanse_token name;               /* as the test knows it */
  hanse_token token;              /* under which it may be answered; 0: not, or no more */
  void (*withdrawn)(void *self, hanse_token token);
  enum fake_standing standing;
  bool found;    /* it was put to a federation type */
  bool answered; /* an answer came before the slot returned */
  bool deferred; /* it was open once */
  enum hanse_stage stage;
  int answer; /* enum hanse_verdict or hanse_found */
  hanse_time due;
  struct hanse_refusal why;
  struct hanse_marks marks;
  struct fake_pieces kept; /* facts, names */
  struct hanse_facts facts;
  /* of a federation type */
  struct hanse_slice domain;
  struct hanse_slice *proved;
  size_t proved_count;
  struct fake_name *awaits; /* the DNS name that it waits for */
  unsigned asks;
  struct hanse_found_targets targets;
  struct hanse_place places[FAKE_PLACES];
  size_t place_count;
  struct hanse_question said; /* what the slot wrote beside its answer */
};

/* What the DNS says of one name. */
struct fake_name {
  struct fake_name *next;
  char *name;
  bool known, secure;
  enum hanse_lookup result;
  const char *error;
  struct hanse_service *items;
  size_t count;
};

struct fake_exclusive {
  struct fake_exclusive *next;
  struct fake_instance *owner;
  const char *kind;
  struct hanse_slice name;
  struct hanse_where where;
};

struct fake_world {
  hanse_time now;
  pthread_t thread; /* on which all calls but hanse_post run */
  struct hanse_node node;
  struct hanse_slice side_names[FAKE_SIDES];
  struct hanse_partner partner;
  struct hanse_slice homes[FAKE_HOMES];
  size_t home_count;
  unsigned keys; /* how often they were rotated */
  long memory;   /* pieces left; negative: always some */
  struct fake_instance *instances, *newest;
  struct hanse_link *links;
  struct hanse_target *targets;
  struct hanse_timers *timers;
  struct fake_ticket *tickets;
  size_t ticket_count;
  struct fake_stage stages[FAKE_SIDES]; /* by side; 0: of answers */
  struct fake_message *held;
  void (*look)(void *argument, struct hanse_message *message);
  void *look_argument;
  enum hanse_failure refused; /* by the plugin itself, the last one */
  uint16_t concluded;         /* the status of the last message that was lowered */
  void (*lift)(struct fake_message *message);
  struct hanse_lifted lifted;   /* the last one … */
  char *lifted_texts;           /* … whose texts lie here */
  struct hanse_facts submitted; /* of the last message; its texts are in … */
  struct fake_pieces submitted_texts;
  struct fake_pieces line; /* of fake_facts_text */
  struct fake_counter counters[FAKE_COUNTERS];
  size_t counter_count;
  uint64_t random;
  uint64_t ids;
  long messages, stranded;  /* timers of instances that are gone */
  long busy;                /* work of the plugins' own that is not over */
  struct fake_pieces texts; /* of answers to questions */
  struct fake_question *questions, *last_question;
  hanse_token tokens;
  uint64_t late;              /* answers that found nobody waiting */
  hanse_time deferred;        /* how long an answer may take */
  uint32_t deferred_max;      /* how many one instance may owe */
  enum hanse_verdict instead; /* on_failure */
  bool dry;
  bool early; /* the next question is answered before its slot returns: */
  int early_answer;
  enum hanse_failure early_failure;
  struct fake_name *names;
  pthread_mutex_t mutex; /* guards posts and lines: any thread may call for them */
  pthread_cond_t posted;
  struct fake_post *posts;
  char **lines; /* of the log */
  size_t line_count, line_room;
  struct fake_exclusive *exclusives;
  int (*store_told)(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer);
  void *store_argument;
  const char *state_dir;
  struct fake_kept *kept; /* NULL: there is no store */
  bool allowed;
  struct hanse_marks marks; /* that policies before have set */
  struct fake_buffer rows;
  struct option_pool partner_pool;
  int status;
  struct hanse_problem problem;
  struct fake_buffer problems; /* as lines */
  char left[256];
};

struct fake_instance {
  struct hanse_host host; /* first */
  struct fake_instance *next;
  const struct fake_instance *predecessor; /* while it takes over from it */
  struct fake_world *world;
  const struct hanse_plugin *plugin;     /* the copy; a test may put another in its place */
  struct hanse_plugin *copy;             /* owned */
  const struct hanse_protocol *protocol; /* NULL: it offers none */
  void *self;
  struct option_pool pool; /* settings that were written as text */
  struct hanse_slice *records;
  uint32_t record_count, record_room;
  size_t record_bytes;
  uint32_t owes;    /* deferred answers */
  bool configuring; /* between create and start */
  bool stopping;    /* takes no more posts; under the world's mutex */
};

static inline struct fake_instance *fake_instance_of(struct hanse_host *host) { return (struct fake_instance *)host; }
static inline struct fake_message *fake_message_of(struct hanse_message *message) {
  return (struct fake_message *)message;
}

/* end.c: says the sentence and ends the process. */
_Noreturn void fake_end(const char *format, ...) HANSE_PRINTF(1, 2);

/* allocation.c. Every call into a plugin stands between enter and leave; what the host keeps for the test, between
   step_out and leave. */
struct fake_calling {
  int depth;
};
struct fake_calling fake_enter(void);
struct fake_calling fake_step_out(void);
void fake_leave(struct fake_calling before);
#define FAKE_CALL(call)                             \
  do {                                              \
    struct fake_calling before_call = fake_enter(); \
    call;                                           \
    fake_leave(before_call);                        \
  } while (false)
/* Whether an allocation of the host's is the one that is to fail. */
bool fake_allocation_fails(void);
/* Whether fake_each_allocation_fails runs. */
bool fake_allocations_fail(void);

/* memory.c: what a plugin asked for and a test may let run out (NULL then); what is the host's own, and is always
   there. Both are cleared. */
void *fake_memory(struct fake_world *world, size_t n);
void *fake_keep(size_t n);
void *fake_keep_more(void *block, size_t n);
char *fake_keep_text(struct hanse_slice text);
void fake_buffer_add(struct fake_buffer *buffer, const void *octets, size_t n);
void fake_buffer_cut(struct fake_buffer *buffer, size_t n);
void fake_pieces_begin(struct fake_pieces *pieces, struct fake_world *world);
void fake_pieces_clear(struct fake_pieces *pieces);
/* A copy that is the host's own, NUL-terminated: in these pieces; in the world's. */
struct hanse_slice fake_pieces_keep(struct fake_pieces *pieces, struct hanse_slice text);
struct hanse_slice fake_text_kept(struct fake_world *world, struct hanse_slice text);

/* log.c: a line of the host's own, and whether a call comes from a thread that may not make it. */
void fake_say(struct fake_world *world, enum hanse_level level, const char *event, const char *format, ...)
    HANSE_PRINTF(4, 5);
bool fake_foreign(struct hanse_host *host, const char *call);
void fake_log_free(struct fake_world *world);

/* Each part's functions of the table. */
void fake_log_ops(struct hanse_host_ops *ops);
void fake_chance_ops(struct hanse_host_ops *ops);
void fake_names_ops(struct hanse_host_ops *ops);
void fake_failure_ops(struct hanse_host_ops *ops);
void fake_time_ops(struct hanse_host_ops *ops);
void fake_link_ops(struct hanse_host_ops *ops);
void fake_ticket_ops(struct hanse_host_ops *ops);
void fake_message_ops(struct hanse_host_ops *ops);
void fake_question_ops(struct hanse_host_ops *ops);
void fake_ask_ops(struct hanse_host_ops *ops);
void fake_dns_ops(struct hanse_host_ops *ops);
void fake_post_ops(struct hanse_host_ops *ops);
void fake_command_ops(struct hanse_host_ops *ops);
void fake_store_ops(struct hanse_host_ops *ops);
void fake_record_ops(struct hanse_host_ops *ops);

/* offer.c: what an instance offers; NULL: nothing of that kind. */
const struct hanse_offer *fake_offer(const struct fake_instance *instance, enum hanse_capability capability);

/* option.c: converts `text` by the table into the pool. HANSE_OK; HANSE_INVALID, HANSE_NOMEM: the world's problem says
   why. */
struct fake_options {
  const char *label;                /* "module \"x\"" */
  const struct hanse_option *table; /* NULL: it has no options */
  size_t size;
  const struct hanse_option *also; /* names that are the host's; NULL ends them */
};
int fake_options_read(struct fake_world *world, const struct fake_options *options, const char *text,
                      struct option_pool *pool, void **out);
/* Notes what is wrong as what fake_problem says. */
void fake_problems_note(struct fake_world *world, struct problem_list *problems);
void fake_problem_note(struct fake_world *world, const struct hanse_problem *problem);

/* question.c */
struct fake_question *fake_question_new(struct fake_instance *instance, void (*withdrawn)(void *, hanse_token),
                                        bool dry);
struct fake_question *fake_question_named(const struct fake_world *world, hanse_token name);
/* facts.c: a copy of their own, which goes with the question: who keeps a pointer to it is found out. */
void fake_facts_keep(struct fake_pieces *pieces, struct hanse_facts *to, const struct hanse_facts *facts);
/* The slot has returned this: what it comes to. What was deferred is waited for. */
int fake_question_settle(struct fake_question *question, int answer, int later);
/* Opens the token anew, as what was missing is known now. */
void fake_question_again(struct fake_question *question);
void fake_question_conclude(struct fake_question *question, int answer, const struct hanse_refusal *why);
/* The next one whose time is over by then; NULL: none. */
struct fake_question *fake_question_due(const struct fake_world *world, hanse_time until);
void fake_question_expire(struct fake_question *question);
size_t fake_questions_open(const struct fake_world *world);
/* The instance goes: what it owes is over; later, it is not there any more. */
void fake_questions_drop(struct fake_instance *owner);
void fake_questions_forget(const struct fake_instance *owner);
void fake_questions_free(struct fake_world *world);
/* ask.c: what the question waited for is known. */
void fake_ask_again(struct fake_question *question);

/* record.c */
void fake_records_clear(struct fake_instance *instance);
int fake_records_adopt(struct fake_instance *successor, const struct fake_instance *predecessor);

void fake_dns_free(struct fake_world *world);
void fake_names_drop(struct fake_instance *owner);
void fake_posts_drop(struct fake_instance *owner);

struct fake_ticket *fake_ticket_find(const struct fake_world *world, hanse_ticket ticket);
/* After a load: adopted tickets stay where they are, or go back. */
void fake_ticket_settle(struct fake_world *world, bool keep);
void fake_ticket_link_closed(struct fake_world *world, struct hanse_link *link);
size_t fake_tickets_open(const struct fake_world *world);
size_t fake_timers_running(const struct fake_world *world);
size_t fake_timers_of(const struct fake_instance *owner);
void fake_timers_drop(const struct fake_instance *owner);
void fake_message_drop_held(struct fake_world *world);
void fake_message_look(struct fake_message *message); /* as the test's fake_look says */
void fake_message_deliver(struct fake_message *message);
void fake_message_hold(struct fake_message *message);
/* NULL as message: the oldest. NULL: it is not held. */
struct fake_message *fake_message_unhold(struct fake_world *world, const struct fake_message *message);
void fake_lift_message(struct fake_message *message);
void fake_store_drop(struct fake_instance *owner);
void fake_store_free(struct fake_world *world);

#pragma GCC visibility pop

#endif
