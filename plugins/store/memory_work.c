/* Requests are answered in turns of their own, some a turn; scans in slices. */
#include <stdlib.h>
#include <utlist.h>

#include "memory.h"
#include "number.h"

#define MEMORY_JOBS_A_TURN 200
#define MEMORY_ROWS_LOOKED_AT 2000 /* in one slice of a scan, whether or not they are wanted */

static void memory_work(void *self, struct hanse_timer *timer);

/* ---- single keys ---- */

static int memory_write(struct memory *memory, const struct hanse_store_request *r, struct hanse_slice value,
                        int64_t expires) {
  int status = memory_put(&memory->table, r->space, r->key, value, expires);
  if (status == HANSE_OK) {
    memory->full = false;
    return status;
  }
  ++*memory->refused;
  if (!memory->full)
    hanse_log(memory->host, HANSE_ERROR, "store.full",
              "rows=%zu octets=%zu limit=%zu text=\"nothing more is kept; raise limit, or let it be less\"",
              memory->table.count, memory->table.octets, memory->table.limit);
  memory->full = true;
  return status;
}

static int memory_add(struct memory *memory, const struct hanse_store_request *r, int64_t *sum) {
  char digits[NUMBER_TEXT];
  struct hanse_slice was = HANSE_LIT("0");
  int64_t expires = r->expires, number;
  int status = memory_get(&memory->table, r->space, r->key, r->now, &was, &expires);
  if ((status = number_add(was, r->by, &number)) != HANSE_OK) return status;
  status = memory_write(memory, r, number_text(number, digits), expires);
  if (status == HANSE_OK) *sum = number;
  return status;
}

static void memory_do(struct memory *memory, struct job *job) {
  const struct hanse_store_request *r = &job->request;
  struct hanse_store_answer answer = {.size = sizeof answer};
  int64_t expires;
  if (r->deed == HANSE_STORE_PUT) answer.status = memory_write(memory, r, r->value, r->expires);
  if (r->deed == HANSE_STORE_ADD) answer.status = memory_add(memory, r, &answer.number);
  if (r->deed == HANSE_STORE_GET || r->deed == HANSE_STORE_DELETE)
    answer.status = memory_get(&memory->table, r->space, r->key, r->now, &answer.value, &expires);
  if (r->deed == HANSE_STORE_DELETE) {
    memory_delete(&memory->table, r->space, r->key);
    answer.value = hanse_slice(NULL, 0);
  }
  hanse_store_answer(memory->host, job->inquiry, &answer);
  job_free(job);
}

/* ---- scans ---- */

static void memory_scan_begin(struct memory *memory, struct job *job) {
  struct memory_scan *scan = (struct memory_scan *)calloc(1, sizeof *scan);
  if (!scan) {
    const struct hanse_store_answer answer = {.size = sizeof answer, .status = HANSE_NOMEM};
    hanse_store_answer(memory->host, job->inquiry, &answer);
    job_free(job);
    return;
  }
  scan->job = job;
  memory_walk_begin(&memory->table, &scan->walk);
  LL_APPEND(memory->scans, scan);
}

static void memory_scan_end(struct memory *memory, struct memory_scan *scan) {
  LL_DELETE(memory->scans, scan);
  memory_walk_end(&memory->table, &scan->walk);
  job_free(scan->job);
  free(scan);
}

static bool memory_wanted(const struct hanse_store_request *r, const struct memory_view *view) {
  return hanse_same(view->space, r->space) && view->key.len >= r->key.len &&
         hanse_same(hanse_slice(view->key.at, r->key.len), r->key) && !memory_over(view->expires, r->now);
}

/* The first scan's next slice; then it is the others' turn. A slice without rows need not be told. */
static void memory_scan_some(struct memory *memory) {
  struct memory_scan *scan = memory->scans;
  struct hanse_store_row rows[HANSE_STORE_SLICE_ROWS];
  struct hanse_store_answer answer = {.size = sizeof answer, .rows = rows, .more = true};
  struct memory_view view;
  size_t octets = 0;
  for (unsigned n = 0; n < MEMORY_ROWS_LOOKED_AT && answer.more; n++) {
    if (answer.count == HANSE_STORE_SLICE_ROWS || octets > HANSE_STORE_SLICE_OCTETS) break;
    answer.more = memory_walk_next(&scan->walk, &view);
    if (!answer.more || !memory_wanted(&scan->job->request, &view)) continue;
    rows[answer.count++] = (struct hanse_store_row){view.key, view.value};
    octets += view.key.len + view.value.len;
  }
  LL_DELETE(memory->scans, scan);
  LL_APPEND(memory->scans, scan);
  int status = answer.count || !answer.more ? hanse_store_answer(memory->host, scan->job->inquiry, &answer) : HANSE_OK;
  if (!answer.more || status != HANSE_OK) memory_scan_end(memory, scan);
}

void memory_scans_end(struct memory *memory) {
  const struct hanse_store_answer answer = {.size = sizeof answer, .status = HANSE_GONE};
  while (memory->scans) {
    hanse_store_answer(memory->host, memory->scans->job->inquiry, &answer);
    memory_scan_end(memory, memory->scans);
  }
}

/* ---- turns ---- */

static void memory_wake(struct memory *memory) {
  if (memory->waits_for_rest || memory->work.list) return;
  if (memory->jobs.first || memory->scans) hanse_timer_start(memory->host, memory->soon, &memory->work, memory_work);
}

static bool memory_work_one(struct memory *memory) {
  struct job *job = jobs_take(&memory->jobs);
  if (!job) return false;
  if (job->request.deed == HANSE_STORE_SCAN)
    memory_scan_begin(memory, job);
  else
    memory_do(memory, job);
  return true;
}

static void memory_work(void *self, struct hanse_timer *timer) {
  struct memory *memory = (struct memory *)self;
  (void)timer;
  if (memory->scans) memory_scan_some(memory);
  for (unsigned n = 0; n < MEMORY_JOBS_A_TURN && memory_work_one(memory);) n++;
  memory_wake(memory);
}

void memory_work_all(struct memory *memory) {
  while (memory_work_one(memory)) continue;
}

void memory_ready(struct memory *memory) {
  memory->waits_for_rest = false;
  memory_wake(memory);
}

int memory_ask(void *self, hanse_inquiry inquiry, const struct hanse_store_request *request) {
  struct memory *memory = (struct memory *)self;
  struct job *job = job_new(inquiry, request);
  if (!job) return HANSE_NOMEM;
  jobs_append(&memory->jobs, job);
  memory_wake(memory);
  return HANSE_OK;
}
