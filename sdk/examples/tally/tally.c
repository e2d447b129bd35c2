/* A command that says how many messages each sender's domain has sent. It shows an observer, a command that answers in
   rows, and state that outlives the code: at a reload with a new build the old instance saves its counts and the new
   one adopts them, also from a build whose records had less in them. */
#include <hanse/plugin.h>
#include <stdlib.h>

#define DOMAINS 1000 /* that are told apart; others choose the names, so there must be a bound */
#define LONGEST 255  /* octets of a domain's name (RFC 1035 §2.3.4) */

/* Different content makes different code, which a reload loads: what a build is told by its number. */
#ifndef TALLY_BUILD
#define TALLY_BUILD "1"
#endif

struct count {
  uint64_t messages, octets;
  size_t length;
  char domain[];
};

struct tally {
  struct hanse_host *host;
  struct count *counts[DOMAINS]; /* in the order of their domains */
  size_t count;
  uint64_t *beyond; /* messages of further domains */
};

/* ---- the counts ---- */

static int compare(struct hanse_slice domain, const struct count *count) {
  size_t common = domain.len < count->length ? domain.len : count->length;
  int difference = memcmp(domain.at, count->domain, common);
  return difference ? difference : (domain.len > count->length) - (domain.len < count->length);
}

/* Where the domain is, or belongs. */
static size_t place_of(const struct tally *tally, struct hanse_slice domain) {
  size_t low = 0, high = tally->count;
  while (low < high) {
    size_t middle = low + (high - low) / 2;
    if (compare(domain, tally->counts[middle]) > 0)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

static struct count *find(const struct tally *tally, struct hanse_slice domain) {
  size_t at = place_of(tally, domain);
  return at < tally->count && compare(domain, tally->counts[at]) == 0 ? tally->counts[at] : NULL;
}

/* HANSE_NOMEM: there are too many domains, or there is no memory for one more. */
static int add(struct tally *tally, struct hanse_slice domain, uint64_t messages, uint64_t octets) {
  struct count *count = find(tally, domain);
  if (!count) {
    size_t at = place_of(tally, domain);
    count = tally->count < DOMAINS && domain.len <= LONGEST ? calloc(1, sizeof *count + domain.len) : NULL;
    if (!count) return HANSE_NOMEM;
    count->length = domain.len;
    memcpy(count->domain, domain.at, domain.len);
    memmove(&tally->counts[at + 1], &tally->counts[at], (tally->count++ - at) * sizeof count);
    tally->counts[at] = count;
  }
  count->messages += messages;
  count->octets += octets;
  return HANSE_OK;
}

static void event(void *self, const struct hanse_event *event) {
  struct tally *tally = self;
  if (!event->facts->from.domain.len) return;
  if (add(tally, event->facts->from.domain, 1, event->facts->bytes) != HANSE_OK) ++*tally->beyond;
}

/* ---- the command ---- */

static void row(struct tally *tally, struct hanse_rows *rows, const struct count *count) {
  hanse_row_begin(tally->host, rows);
  hanse_row_text(tally->host, rows, "domain", hanse_slice(count->domain, count->length));
  hanse_row_number(tally->host, rows, "messages", (int64_t)count->messages);
  hanse_row_number(tally->host, rows, "octets", (int64_t)count->octets);
}

/* A thousand rows take less than the 2 ms that a call may take. A command that has more to say returns HANSE_MORE and
   keeps in *cursor where it was. */
static enum hanse_outcome run(void *self, struct hanse_rows *rows, void **cursor) {
  struct tally *tally = self;
  struct hanse_slice domain = hanse_row_argument(tally->host, rows, "domain");
  (void)cursor;
  if (domain.len) {
    const struct count *count = find(tally, domain);
    if (!count) return HANSE_NO_SUCH_THING;
    row(tally, rows, count);
    return HANSE_DONE;
  }
  for (size_t i = 0; i < tally->count; i++) row(tally, rows, tally->counts[i]);
  return HANSE_DONE;
}

/* ---- handing over ---- */

/* One record for each domain. Whoever reads it may be newer than who wrote it, so it begins with its version; a record
   is read by its own size, never laid over a struct of the reader. It stays in this process, so there is no byte order.

     version 1: octet 1, messages (8 octets), domain
     version 2: octet 2, messages (8 octets), octets (8 octets), domain */
enum { VERSION_1 = 1, VERSION_2 = 2, NUMBER = 8 };

/* Called with our successor built and about to start; from then on nothing is counted here. `save` may be called, and
   the reload still be given up: it changes nothing. */
static int save(void *self) {
  struct tally *tally = self;
  for (size_t i = 0; i < tally->count; i++) {
    const struct count *count = tally->counts[i];
    char record[1 + 2 * NUMBER + LONGEST] = {VERSION_2};
    memcpy(record + 1, &count->messages, NUMBER);
    memcpy(record + 1 + NUMBER, &count->octets, NUMBER);
    memcpy(record + 1 + 2 * NUMBER, count->domain, count->length);
    int status = hanse_save(tally->host, hanse_slice(record, 1 + 2 * NUMBER + count->length));
    if (status != HANSE_OK) return status;
  }
  return HANSE_OK;
}

static int adopt_one(struct tally *tally, struct hanse_slice record) {
  uint64_t messages, octets = 0; /* version 1 did not count them */
  size_t head = record.len && record.at[0] == VERSION_1 ? 1 + NUMBER : 1 + 2 * NUMBER;
  if (record.len <= head || record.at[0] < VERSION_1 || record.at[0] > VERSION_2) return HANSE_INVALID;
  memcpy(&messages, record.at + 1, NUMBER);
  if (record.at[0] == VERSION_2) memcpy(&octets, record.at + 1 + NUMBER, NUMBER);
  return add(tally, hanse_slice(record.at + head, record.len - head), messages, octets);
}

/* A failure here refuses the reload, and the old code goes on with its counts. That is the better end for a record that
   we cannot read, such as one of a newer build that somebody wants to go back from. */
static int adopt(void *self, const struct hanse_saved *saved) {
  struct tally *tally = self;
  for (uint32_t i = 0; i < saved->count; i++) {
    int status = adopt_one(tally, saved->records[i]);
    if (status == HANSE_OK) continue;
    hanse_log(tally->host, HANSE_ERROR, "tally.unreadable", "record=%u version=%d newest=%d", i,
              saved->records[i].len ? saved->records[i].at[0] : 0, VERSION_2);
    return status;
  }
  return HANSE_OK;
}

/* ---- life ---- */

static int create(struct hanse_host *host, void **self) {
  struct tally *tally = calloc(1, sizeof *tally);
  if (!tally) return HANSE_NOMEM;
  tally->host = host;
  tally->beyond = hanse_counter(host, "beyond", "messages of domains that found no place");
  *self = tally;
  return HANSE_OK;
}

static void destroy(void *self) {
  struct tally *tally = self;
  for (size_t i = 0; i < tally->count; i++) free(tally->counts[i]);
  free(tally);
}

static const struct hanse_observer observer = {.size = sizeof observer, .mask = HANSE_EVENT_ACCEPTED, .event = event};
static const struct hanse_argument arguments[] = {{.name = "domain", .help = "this one alone"}, {.name = NULL}};
static const struct hanse_command command = {.size = sizeof command,
                                             .name = "tally",
                                             .help = "how many messages each sender's domain has sent",
                                             .arguments = arguments,
                                             .run = run};
static const struct hanse_offer offers[] = {
    {.capability = HANSE_OBSERVER, .slots = &observer},
    {.capability = HANSE_COMMAND, .name = "tally", .slots = &command},
    HANSE_OFFERS_END,
};
const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9),
    .name = "tally",
    .version = "1." TALLY_BUILD,
    .summary = "counts messages for each sender's domain",
    .offers = offers,
    .create = create,
    .adopt = adopt,
    .save = save,
    .destroy = destroy,
};
