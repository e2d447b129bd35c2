#include "memory_table.h"

#include <sodium.h>
#include <stdlib.h>
#include <utlist.h>

#include "memory_hash.h"

struct memory_row {
  UT_hash_handle hh; /* its list is in the order of `number` */
  uint64_t number;
  int64_t expires;
  uint32_t space, key, value; /* octets */
  char text[];                /* the three, one behind the other */
};

/* A space is a module's name, which has no NUL: no two keys are alike. */
struct memory_name {
  char text[1024];
  size_t length;
  unsigned hash;
};

static bool memory_name(const struct memory_table *table, struct hanse_slice space, struct hanse_slice key,
                        struct memory_name *name) {
  unsigned char hash[crypto_shorthash_BYTES];
  name->length = space.len + 1 + key.len;
  if (name->length > sizeof name->text) return false;
  memcpy(name->text, space.at, space.len);
  name->text[space.len] = '\0';
  if (key.len) memcpy(name->text + space.len + 1, key.at, key.len);
  crypto_shorthash(hash, (const unsigned char *)name->text, name->length, table->key);
  memcpy(&name->hash, hash, sizeof name->hash);
  return true;
}

static struct memory_row *memory_find(const struct memory_table *table, const struct memory_name *name) {
  struct memory_row *row;
  HASH_FIND_BYHASHVALUE(hh, table->rows, name->text, name->length, name->hash, row);
  return row;
}

static size_t memory_cost(const struct memory_row *row) { return sizeof *row + row->space + 1 + row->key + row->value; }

static void memory_drop(struct memory_table *table, struct memory_row *row) {
  for (struct memory_walk *walk = table->walks; walk; walk = walk->next)
    if (walk->at == row) walk->at = row->hh.next;
  table->octets -= memory_cost(row);
  table->count--;
  HASH_DELETE(hh, table->rows, row);
  free(row);
}

void memory_table_clear(struct memory_table *table) {
  while (table->rows) memory_drop(table, table->rows);
}

/* ---- one row ---- */

static struct hanse_slice memory_value(const struct memory_row *row) {
  return hanse_slice(row->text + row->space + 1 + row->key, row->value);
}

int memory_get(const struct memory_table *table, struct hanse_slice space, struct hanse_slice key, int64_t now,
               struct hanse_slice *value, int64_t *expires) {
  struct memory_name name;
  const struct memory_row *row = memory_name(table, space, key, &name) ? memory_find(table, &name) : NULL;
  if (!row || memory_over(row->expires, now)) return HANSE_SKIP;
  *value = memory_value(row);
  *expires = row->expires;
  return HANSE_OK;
}

static struct memory_row *memory_row(const struct memory_name *name, size_t space, struct hanse_slice value) {
  struct memory_row *row = (struct memory_row *)calloc(1, sizeof *row + name->length + value.len);
  if (!row) return NULL;
  row->space = (uint32_t)space;
  row->key = (uint32_t)(name->length - space - 1);
  row->value = (uint32_t)value.len;
  memcpy(row->text, name->text, name->length);
  if (value.len) memcpy(row->text + name->length, value.at, value.len);
  return row;
}

int memory_put(struct memory_table *table, struct hanse_slice space, struct hanse_slice key, struct hanse_slice value,
               int64_t expires) {
  struct memory_name name;
  if (!memory_name(table, space, key, &name)) return HANSE_NOMEM;
  struct memory_row *was = memory_find(table, &name), *row = memory_row(&name, space.len, value);
  if (!row) return HANSE_NOMEM;
  size_t octets = table->octets - (was ? memory_cost(was) : 0) + memory_cost(row);
  row->expires = expires;
  row->number = table->written + 1;
  if (octets <= table->limit) HASH_ADD_KEYPTR_BYHASHVALUE(hh, table->rows, row->text, name.length, name.hash, row);
  if (!row->hh.tbl) {
    free(row);
    return HANSE_NOMEM;
  }
  table->written++;
  table->count++;
  table->octets += memory_cost(row);
  if (was) memory_drop(table, was);
  return HANSE_OK;
}

int memory_delete(struct memory_table *table, struct hanse_slice space, struct hanse_slice key) {
  struct memory_name name;
  struct memory_row *row = memory_name(table, space, key, &name) ? memory_find(table, &name) : NULL;
  if (!row) return HANSE_SKIP;
  memory_drop(table, row);
  return HANSE_OK;
}

/* ---- along the list ---- */

void memory_walk_begin(struct memory_table *table, struct memory_walk *walk) {
  walk->at = table->rows;
  walk->until = table->written;
  LL_PREPEND(table->walks, walk);
}

void memory_walk_end(struct memory_table *table, struct memory_walk *walk) { LL_DELETE(table->walks, walk); }

bool memory_walk_next(struct memory_walk *walk, struct memory_view *view) {
  const struct memory_row *row = walk->at;
  if (!row || row->number > walk->until) return false;
  walk->at = (struct memory_row *)row->hh.next;
  view->space = hanse_slice(row->text, row->space);
  view->key = hanse_slice(row->text + row->space + 1, row->key);
  view->value = memory_value(row);
  view->expires = row->expires;
  return true;
}

size_t memory_purge(struct memory_table *table, struct memory_walk *walk, size_t most, int64_t now) {
  size_t dropped = 0;
  while (most-- && walk->at) {
    struct memory_row *row = walk->at;
    walk->at = (struct memory_row *)row->hh.next;
    if (!memory_over(row->expires, now)) continue;
    memory_drop(table, row);
    dropped++;
  }
  return dropped;
}
