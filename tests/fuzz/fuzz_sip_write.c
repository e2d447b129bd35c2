/* Parse, edit as a proxy does, write, parse again: the next hop reads the same. Then arbitrary edits: what was promised
   is what is written, and a header can never grow a line of its own. */
#include "../unit/roundtrip.h"
#include "arena.h"

static uint32_t draw(uint32_t *seed, uint32_t below) {
  *seed = *seed * 1664525u + 1013904223u;
  return below ? (*seed >> 8) % below : 0;
}

/* A piece of the message, anywhere in it or a little past a line's end. */
static struct hanse_slice piece(const struct sip_message *m, uint32_t *seed) {
  size_t at = draw(seed, (uint32_t)m->bytes.len), len = draw(seed, 24);
  return hanse_slice(m->bytes.at + at, len < m->bytes.len - at ? len : m->bytes.len - at);
}

static void one_edit(struct sip_edits *edits, const struct sip_message *m, uint32_t *seed) {
  struct hanse_slice text = piece(m, seed), name = draw(seed, 4) ? HANSE_LIT("X-New") : piece(m, seed);
  unsigned header = draw(seed, m->count + 2);
  int status;
  switch (draw(seed, 9)) {
    case 0:
      status = sip_edit_replace(edits, piece(m, seed), text);
      break;
    case 1:
      status = sip_edit_value(edits, header, text);
      break;
    case 2:
      status = sip_edit_delete(edits, header);
      break;
    case 3:
      status = sip_edit_drop_entries(edits, header, draw(seed, 4));
      break;
    case 4:
      status = sip_edit_top(edits, name, text);
      break;
    case 5:
      status = sip_edit_before(edits, header, name, text);
      break;
    case 6:
      status = sip_edit_after(edits, header, name, text);
      break;
    case 7:
      status = sip_edit_append(edits, name, text);
      break;
    default:
      sip_edit_body(edits, text);
      status = HANSE_OK;
      break;
  }
  FUZZ_RULE(status == HANSE_OK || status == HANSE_INVALID || status == HANSE_NOMEM);
}

/* Lines of the head: no edit but a new line can add one. */
static size_t count_lf(const char *p, size_t len) {
  size_t n = 0;
  for (size_t i = 0; i < len; i++) n += p[i] == '\n';
  return n;
}

static void any_edits(struct hanse_arena *arena, const struct sip_message *m, uint32_t seed) {
  struct sip_edits edits;
  if (sip_edits_init(&edits, arena, m)) return;
  for (uint32_t n = draw(&seed, 24); n; n--) one_edit(&edits, m, &seed);
  size_t room = sip_edit_room(&edits);
  char *out = malloc(room);
  if (!out) return;
  size_t size = sip_edit_write(&edits, out);
  FUZZ_RULE(size <= room && size >= edits.body.len);
  size_t head = size - edits.body.len;
  FUZZ_RULE(count_lf(out, head) <= count_lf(m->bytes.at, m->head + 2) + edits.count);
  FUZZ_RULE(head >= 4 && memcmp(out + head - 4, "\r\n\r\n", 4) == 0);
  free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_arena arena;
  struct sip_message m;
  uint32_t seed = (uint32_t)size;
  fuzz_arena_init(&arena);
  if (sip_message_parse(&arena.arena, hanse_slice((const char *)data, size), &m) == HANSE_F_NONE) {
    const char *differs = m.request && roundtrip_fits(&m) ? roundtrip(&arena.arena, &m) : NULL;
    if (differs) fprintf(stderr, "differs: %s\n", differs);
    FUZZ_RULE(!differs);
    for (size_t i = 0; i < size; i++) seed = seed * 31u + data[i];
    any_edits(&arena.arena, &m, seed);
  }
  fuzz_arena_free(&arena);
  return 0;
}
