/* Lines that wait for the thread, and whose they are. */
#include "archive.h"

#include <stdlib.h>

#include "addition.h"

#define KEPT ((size_t)1 << 20)

/* Room for `more` octets and one token more. */
static bool make_room(struct archive_batch *batch, size_t more) {
  if (batch->room - batch->used < more) {
    size_t room = 2 * (batch->used + more);
    char *lines = (char *)realloc(batch->lines, room);
    if (!lines) return false;
    batch->lines = lines;
    batch->room = room;
  }
  if (batch->count < batch->places) return true;
  size_t places = batch->places ? 2 * batch->places : 16;
  hanse_token *tokens = (hanse_token *)realloc(batch->tokens, places * sizeof *tokens);
  if (!tokens) return false;
  batch->tokens = tokens;
  batch->places = places;
  return true;
}

/* json_dumps, which asks for memory piece by piece, writes on where it finds none: what it writes lacks that piece. */
int archive_batch_add(struct archive_batch *batch, struct hanse_host *host, const struct hanse_case *c) {
  json_t *line = archive_line(host, c->facts, addition_text(c->facts, c->marks));
  size_t length = line ? json_dumpb(line, NULL, 0, JSON_COMPACT) : 0;
  if (length + 1 > ARCHIVE_BATCH - batch->used) {
    json_decref(line);
    return HANSE_AGAIN;
  }
  bool good = length && make_room(batch, length + 1) &&
              json_dumpb(line, batch->lines + batch->used, length, JSON_COMPACT) == length;
  json_decref(line);
  if (!good) return HANSE_NOMEM;
  batch->lines[batch->used + length] = '\n';
  batch->used += length + 1;
  batch->tokens[batch->count++] = c->token;
  return HANSE_OK;
}

void archive_batch_end(struct archive_batch *batch) {
  batch->used = batch->count = 0;
  if (batch->room > KEPT) archive_batch_clear(batch);
}

void archive_batch_clear(struct archive_batch *batch) {
  free(batch->lines);
  free(batch->tokens);
  *batch = (struct archive_batch){.lines = NULL};
}
