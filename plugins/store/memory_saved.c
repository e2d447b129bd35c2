/* Rows across a reload. First, before the commit, one record "memory 1": what the successor is asked waits for the
   rows. After the commit records "rows 1", each followed by rows: a struct memory_head and three texts; then "end 1". A
   reader leaves what it does not know. */
#include <stdlib.h>

#include "memory.h"

#define MEMORY_FIRST HANSE_LIT("memory 1\n")
#define MEMORY_ROWS HANSE_LIT("rows 1\n")
#define MEMORY_END HANSE_LIT("end 1\n")
#define MEMORY_RECORD (256u << 10) /* octets; a record takes at most one row more */
#define MEMORY_ROWS_A_CALL 2000    /* to save one and to adopt it takes 0.4 µs, and a call may take 2 ms */

struct memory_head {
  int64_t expires;
  uint32_t space, key, value; /* octets */
};

int memory_save(void *self) { return hanse_save(((struct memory *)self)->host, MEMORY_FIRST); }

static size_t memory_put_row(char *at, const struct memory_view *view) {
  const struct memory_head head = {view->expires, (uint32_t)view->space.len, (uint32_t)view->key.len,
                                   (uint32_t)view->value.len};
  char *end = at;
  memcpy(end, &head, sizeof head);
  end += sizeof head;
  const struct hanse_slice texts[] = {view->space, view->key, view->value};
  for (int i = 0; i < 3; i++) {
    if (texts[i].len) memcpy(end, texts[i].at, texts[i].len);
    end += texts[i].len;
  }
  return (size_t)(end - at);
}

/* Whether there is more. */
static bool memory_fill(struct memory *memory, char *record, size_t *used) {
  struct memory_view view;
  memcpy(record, MEMORY_ROWS.at, MEMORY_ROWS.len);
  *used = MEMORY_ROWS.len;
  for (unsigned n = 0; n < MEMORY_ROWS_A_CALL && *used < MEMORY_RECORD; n++) {
    if (!memory_walk_next(&memory->handed, &view)) return false;
    *used += memory_put_row(record + *used, &view);
  }
  return true;
}

/* What was asked of us is answered (drain), so the rows stay as they are. */
int memory_save_rest(void *self) {
  struct memory *memory = (struct memory *)self;
  size_t used;
  char *record = (char *)malloc(MEMORY_RECORD + sizeof(struct memory_head) + 2048 + HANSE_STORE_VALUE_MAX);
  if (!record) return HANSE_NOMEM;
  if (!memory->handing) memory_walk_begin(&memory->table, &memory->handed);
  memory->handing = true;
  bool more = memory_fill(memory, record, &used);
  int status = hanse_save(memory->host, hanse_slice(record, used));
  if (status == HANSE_OK && !more) status = hanse_save(memory->host, MEMORY_END);
  free(record);
  return status == HANSE_OK && more ? HANSE_AGAIN : status;
}

/* ---- the successor ---- */

static void memory_gives_up(void *self, struct hanse_timer *timer) {
  struct memory *memory = (struct memory *)self;
  (void)timer;
  hanse_log(memory->host, HANSE_ERROR, "store.rest_lost", "rows=%zu text=\"what was kept did not all come over\"",
            memory->table.count);
  memory_ready(memory);
}

static bool memory_is(struct hanse_slice record, struct hanse_slice kind) {
  return record.len >= kind.len && hanse_same(hanse_slice(record.at, kind.len), kind);
}

static struct hanse_slice memory_cut(struct hanse_slice *rest, size_t length) {
  struct hanse_slice piece = hanse_slice(rest->at, length);
  rest->at += length;
  rest->len -= length;
  return piece;
}

static size_t memory_take_rows(struct memory *memory, struct hanse_slice rest) {
  struct memory_head head;
  size_t lost = 0;
  memory_cut(&rest, MEMORY_ROWS.len);
  while (rest.len >= sizeof head) {
    memcpy(&head, memory_cut(&rest, sizeof head).at, sizeof head);
    if ((uint64_t)head.space + head.key + head.value > rest.len) break;
    struct hanse_slice space = memory_cut(&rest, head.space), key = memory_cut(&rest, head.key);
    struct hanse_slice value = memory_cut(&rest, head.value);
    lost += memory_put(&memory->table, space, key, value, head.expires) != HANSE_OK;
  }
  return lost;
}

int memory_adopt(void *self, const struct hanse_saved *saved) {
  struct memory *memory = (struct memory *)self;
  size_t lost = 0;
  bool end = false;
  for (uint32_t i = 0; i < saved->count; i++) {
    if (memory_is(saved->records[i], MEMORY_FIRST)) memory->waits_for_rest = true;
    if (memory_is(saved->records[i], MEMORY_ROWS)) lost += memory_take_rows(memory, saved->records[i]);
    end |= memory_is(saved->records[i], MEMORY_END);
  }
  if (lost)
    hanse_log(memory->host, HANSE_ERROR, "store.full", "lost=%zu limit=%zu text=\"the new limit is too small\"", lost,
              memory->table.limit);
  hanse_timer_stop(memory->host, &memory->late);
  if (end)
    memory_ready(memory);
  else if (memory->started)
    memory_rest_expect(memory);
  return HANSE_OK;
}

void memory_rest_expect(struct memory *memory) {
  if (memory->waits_for_rest) hanse_timer_start(memory->host, memory->patience, &memory->late, memory_gives_up);
}

void memory_rest_stop(struct memory *memory) {
  if (memory->handing) memory_walk_end(&memory->table, &memory->handed);
  memory->handing = false;
  hanse_timer_stop(memory->host, &memory->late);
}
