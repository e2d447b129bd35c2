#include "sqlite_rows.h"

#include <stdlib.h>

#include "number.h"

/* Rows of a slice, then their texts: as many octets as one may have, and one row more than that. */
#define STORE_SLICE_TEXTS (HANSE_STORE_SLICE_OCTETS + HANSE_STORE_KEY_MAX + HANSE_STORE_VALUE_MAX)
#define STORE_SLICE (HANSE_STORE_SLICE_ROWS * sizeof(struct hanse_store_row) + STORE_SLICE_TEXTS)

static int failed(int code) { return (code & 0xff) == SQLITE_NOMEM ? HANSE_NOMEM : HANSE_FAIL; }

/* An empty blob is no NULL. */
static void bind(sqlite3_stmt *statement, int at, struct hanse_slice octets) {
  sqlite3_bind_blob64(statement, at, octets.len ? octets.at : "", octets.len, SQLITE_STATIC);
}

static struct hanse_slice column(sqlite3_stmt *statement, int at) {
  const void *octets = sqlite3_column_blob(statement, at);
  return hanse_slice((const char *)octets, octets ? (size_t)sqlite3_column_bytes(statement, at) : 0);
}

static bool over(int64_t expires, int64_t now) { return expires && expires <= now; }

int sqlite_rows_begin(const struct sqlite_file *file) {
  return sqlite3_get_autocommit(file->db) ? sqlite3_exec(file->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) : SQLITE_OK;
}

/* ---- single keys ---- */

/* The value becomes the job's. */
static int find(const struct sqlite_file *file, struct job *job, int64_t *expires) {
  sqlite3_stmt *statement = file->statements[STORE_FIND];
  bind(statement, 1, job->request.space);
  bind(statement, 2, job->request.key);
  int code = sqlite3_step(statement), status = code == SQLITE_DONE ? HANSE_SKIP : HANSE_OK;
  if (code == SQLITE_ROW && over(*expires = sqlite3_column_int64(statement, 1), job->request.now)) status = HANSE_SKIP;
  if (code != SQLITE_ROW && code != SQLITE_DONE) status = failed(code);
  if (status == HANSE_OK) {
    struct hanse_slice value = column(statement, 0);
    if (!(job->octets = malloc(value.len + 1))) status = HANSE_NOMEM;
    if (job->octets && value.len) memcpy(job->octets, value.at, value.len);
    job->answer.value = hanse_slice((const char *)job->octets, value.len);
  }
  sqlite3_reset(statement);
  return status;
}

static int change(const struct sqlite_file *file, const struct hanse_store_request *r, enum sqlite_statement which,
                  struct hanse_slice value, int64_t expires) {
  sqlite3_stmt *statement = file->statements[which];
  bind(statement, 1, r->space);
  bind(statement, 2, r->key);
  if (which == STORE_WRITE) {
    bind(statement, 3, value);
    sqlite3_bind_int64(statement, 4, expires);
  }
  int code = sqlite3_step(statement);
  sqlite3_reset(statement);
  return code == SQLITE_DONE ? HANSE_OK : failed(code);
}

static int add(const struct sqlite_file *file, struct job *job) {
  const struct hanse_store_request *r = &job->request;
  char digits[NUMBER_TEXT];
  int64_t sum, expires;
  int status = find(file, job, &expires);
  bool there = status == HANSE_OK;
  if (status < 0) return status;
  if ((status = number_add(there ? job->answer.value : HANSE_LIT("0"), r->by, &sum)) != HANSE_OK) return status;
  status = change(file, r, STORE_WRITE, number_text(sum, digits), there ? expires : r->expires);
  if (status == HANSE_OK) job->answer.number = sum;
  return status;
}

/* ---- scans ---- */

/* The least key that comes after those of the slice before, or the prefix. */
static struct hanse_slice from_key(const struct job *job, char buf[HANSE_STORE_KEY_MAX + 1]) {
  if (!job->answer.count) return job->request.key;
  struct hanse_slice last = job->answer.rows[job->answer.count - 1].key;
  memcpy(buf, last.at, last.len);
  buf[last.len] = '\0';
  return hanse_slice(buf, last.len + 1);
}

static bool begins(struct hanse_slice text, struct hanse_slice with) {
  return text.len >= with.len && hanse_same(hanse_slice(text.at, with.len), with);
}

static struct hanse_slice keep(char **at, struct hanse_slice octets) {
  struct hanse_slice kept = hanse_slice(*at, octets.len);
  if (octets.len) memcpy(*at, octets.at, octets.len);
  *at += octets.len;
  return kept;
}

/* Steps through the rows until the slice is full. What SQLite said last. */
static int fill(sqlite3_stmt *statement, const struct hanse_store_request *r, struct hanse_store_row *rows,
                uint32_t *count) {
  char *at = (char *)(rows + HANSE_STORE_SLICE_ROWS);
  const char *full = at + HANSE_STORE_SLICE_OCTETS;
  int code = SQLITE_ROW;
  while (*count < HANSE_STORE_SLICE_ROWS && at <= full && (code = sqlite3_step(statement)) == SQLITE_ROW) {
    struct hanse_slice key = column(statement, 0), value = column(statement, 1);
    if (!begins(key, r->key)) return SQLITE_DONE;
    if (over(sqlite3_column_int64(statement, 2), r->now)) continue;
    if (key.len > HANSE_STORE_KEY_MAX || value.len > HANSE_STORE_VALUE_MAX) continue; /* somebody else's */
    rows[*count].key = keep(&at, key);
    rows[(*count)++].value = keep(&at, value);
  }
  return code;
}

static int scan(const struct sqlite_file *file, struct job *job) {
  sqlite3_stmt *statement = file->statements[STORE_SCAN];
  struct hanse_store_row *rows = (struct hanse_store_row *)malloc(STORE_SLICE);
  char buf[HANSE_STORE_KEY_MAX + 1];
  uint32_t count = 0;
  if (!rows) return HANSE_NOMEM;
  bind(statement, 1, job->request.space);
  bind(statement, 2, from_key(job, buf));
  int code = fill(statement, &job->request, rows, &count);
  sqlite3_reset(statement);
  free(job->octets);
  job->octets = rows;
  job->answer.rows = rows;
  job->answer.count = count;
  job->answer.more = code == SQLITE_ROW;
  return code == SQLITE_ROW || code == SQLITE_DONE ? HANSE_OK : failed(code);
}

/* ---- any ---- */

static int write_one(const struct sqlite_file *file, struct job *job) {
  const struct hanse_store_request *r = &job->request;
  int code = sqlite_rows_begin(file);
  if (code != SQLITE_OK) return failed(code);
  if (r->deed == HANSE_STORE_ADD) return add(file, job);
  return change(file, r, r->deed == HANSE_STORE_PUT ? STORE_WRITE : STORE_REMOVE, r->value, r->expires);
}

void sqlite_rows_do(struct sqlite_file *file, struct job *job, bool *wrote) {
  enum hanse_store_deed deed = job->request.deed;
  int status = HANSE_OK;
  int64_t expires;
  if (deed == HANSE_STORE_GET || deed == HANSE_STORE_DELETE) status = find(file, job, &expires);
  if (deed == HANSE_STORE_SCAN) status = scan(file, job);
  *wrote = deed == HANSE_STORE_PUT || deed == HANSE_STORE_ADD || (deed == HANSE_STORE_DELETE && status == HANSE_OK);
  if (*wrote) status = write_one(file, job);
  if (status != HANSE_OK) *wrote = false;
  if (deed != HANSE_STORE_GET) job->answer.value = hanse_slice(NULL, 0);
  if (status != HANSE_OK) {
    job->answer.count = 0;
    job->answer.more = false;
  }
  job->answer.status = status;
}
