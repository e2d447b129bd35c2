/* What the parts of the fake host share. */
#ifndef FAKEHOST_INSIDE_H
#define FAKEHOST_INSIDE_H

#include <hanse/fake_host.h>

enum { FAKE_TARGETS = 8, FAKE_HOMES = 4, FAKE_SIDES = 3, FAKE_COUNTERS = 64, FAKE_RECORDS_MAX = 65536 };

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

struct fake_pieces {
  struct hanse_arena arena; /* first */
  struct fake_world *world;
  void *blocks;
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

struct fake_world {
  hanse_time now;
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
  struct hanse_facts facts;
  char facts_text[4096];
  struct fake_counter counters[FAKE_COUNTERS];
  size_t counter_count;
  uint64_t random;
  uint64_t ids;
  long messages;
  struct hanse_arena arena; /* of questions */
  struct fake_block *blocks;
  hanse_token tokens, token_open, resolved;
  int answer;
  enum hanse_failure answer_failure;
  struct hanse_place places[FAKE_TARGETS];
  size_t place_count;
  struct fake_post *posts;
  int (*store_told)(void *argument, hanse_inquiry inquiry, const struct hanse_store_answer *answer);
  void *store_argument;
  const char *state_dir;
  struct fake_kept *kept; /* NULL: there is no store */
  bool allowed;
  struct hanse_marks marks; /* that policies before have set */
  struct fake_buffer rows;
  int status;
  struct hanse_problem problem;
  char logged[1024];
  char left[256];
};

struct fake_instance {
  struct hanse_host host; /* first */
  struct fake_instance *next;
  struct fake_world *world;
  const struct hanse_plugin *plugin;
  const struct hanse_protocol *protocol; /* NULL: it offers none */
  void *self;
  struct hanse_slice *records;
  uint32_t record_count;
};

static inline struct fake_instance *fake_instance_of(struct hanse_host *host) { return (struct fake_instance *)host; }
static inline struct fake_message *fake_message_of(struct hanse_message *message) {
  return (struct fake_message *)message;
}

/* Memory that a test may let run out: NULL then. */
void *fake_memory(struct fake_world *world, size_t n);
void fake_buffer_add(struct fake_buffer *buffer, const void *octets, size_t n);
void fake_buffer_cut(struct fake_buffer *buffer, size_t n);

/* Each part's functions of the table. */
void fake_time_ops(struct hanse_host_ops *ops);
void fake_link_ops(struct hanse_host_ops *ops);
void fake_ticket_ops(struct hanse_host_ops *ops);
void fake_message_ops(struct hanse_host_ops *ops);
void fake_question_ops(struct hanse_host_ops *ops);
void fake_store_ops(struct hanse_host_ops *ops);

struct fake_ticket *fake_ticket_find(const struct fake_world *world, hanse_ticket ticket);
void fake_ticket_settle(struct fake_world *world, bool keep);
void fake_ticket_link_closed(struct fake_world *world, struct hanse_link *link);
size_t fake_tickets_open(const struct fake_world *world);
size_t fake_timers_running(const struct fake_world *world);
void fake_message_drop_held(struct fake_world *world);
void fake_question_free(struct fake_world *world);
void fake_store_free(struct fake_world *world);
void fake_store_drop(struct fake_instance *owner);
void fake_posts_drop(const struct fake_instance *owner);

#endif
