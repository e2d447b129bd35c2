#include "plugins/sip/edit.h"

#include "plugins/sip/lex.h"
#include "plugins/sip/list.h"
#include "plugins/sip/scan.h"

/* Either a new line "name: value" (from == NULL), or octets [from, to) of the message that become `value`. */
struct sip_edit {
  struct sip_edit *next;
  const char *from;
  const char *to;
  struct hanse_slice name;
  struct hanse_slice value;
};

/* What happens round one line of the message. */
struct sip_edit_list {
  struct sip_edit *before, *before_last; /* new lines in front of it, in their order */
  struct sip_edit *inside;               /* replacements in it, by position, without overlap */
  struct sip_edit *after, *after_last;   /* new lines behind it */
  bool deleted;
};

enum { LENGTH_LINE = 16 + 20 + 2 /* Content-Length, with all digits that there may be */ };
_Static_assert(SIP_HEADERS_MAX + 2 <= sizeof((struct sip_edits *)0)->touched * 8, "a bit for each place");

/* The place, which begins empty. */
static struct sip_edit_list *touch(struct sip_edits *edits, unsigned place) {
  struct sip_edit_list *list = &edits->places[place];
  if (!sip_edit_concerns(edits, place)) *list = (struct sip_edit_list){0};
  edits->touched[place / SIP_EDIT_WORD] |= (uint64_t)1 << place % SIP_EDIT_WORD;
  return list;
}

/* places[0] is the start line, places[n] header n, places[count + 1] the blank line. */
int sip_edits_init(struct sip_edits *edits, struct hanse_arena *arena, const struct sip_message *message) {
  struct sip_edit_list *places = hanse_alloc(arena, (message->count + 2) * sizeof *places);
  if (!places) return HANSE_NOMEM;
  memset(edits->touched, 0, sizeof edits->touched);
  edits->arena = arena;
  edits->message = message;
  edits->places = places;
  edits->body = message->body;
  edits->added = 0;
  edits->count = 0;
  if (message->first[SIP_H_CONTENT_LENGTH]) touch(edits, message->first[SIP_H_CONTENT_LENGTH]);
  return HANSE_OK;
}

/* The values of most new lines are a few octets. */
static bool short_is_clean(const char *p, const char *end) {
  while (p < end && (*p == '\t' || ((unsigned char)*p >= ' ' && *p != 0x7f))) p++;
  return p == end;
}

bool sip_text_is_clean(struct hanse_slice text) {
  if (text.len == 0) return true;
  const char *p, *end = text.at + text.len;
  if (text.len < 16) return short_is_clean(text.at, end);
  struct sip_scan scan = sip_scan(text.at, end);
  while ((p = sip_scan_next(&scan, sip_scan_controls)) < end)
    if (*p != '\t') return false;
  return true;
}

static bool is_name(struct hanse_slice name) {
  return name.len && sip_lex_span(name.at, name.at + name.len, SIP_C_TOKEN) == name.at + name.len;
}

static struct sip_edit *make(struct sip_edits *edits, const char *from, const char *to, struct hanse_slice value) {
  if (edits->count == SIP_EDITS_MAX) return NULL;
  struct sip_edit *edit = hanse_alloc(edits->arena, sizeof *edit);
  if (!edit) return NULL;
  *edit = (struct sip_edit){NULL, from, to, {NULL, 0}, value};
  edits->count++;
  edits->added += value.len;
  return edit;
}

/* Content-Length is the writer's own; nobody else may add, change or delete one. */
static bool is_editable(const struct sip_edits *edits, unsigned header) {
  return header >= 1 && header <= edits->message->count &&
         sip_header(edits->message, header)->id != SIP_H_CONTENT_LENGTH;
}

static int new_line(struct sip_edits *edits, struct hanse_slice name, struct hanse_slice value, struct sip_edit **out) {
  enum sip_header_id id = sip_header_lookup(name); /* only a token is the name of a known header */
  if (id == SIP_H_CONTENT_LENGTH || (id == SIP_H_OTHER && !is_name(name)) || !sip_text_is_clean(value))
    return HANSE_INVALID;
  struct sip_edit *edit = make(edits, NULL, NULL, value);
  if (!edit) return HANSE_NOMEM;
  edit->name = name;
  edits->added += name.len + 4; /* ": " and CRLF */
  *out = edit;
  return HANSE_OK;
}

static void link_last(struct sip_edit **first, struct sip_edit **last, struct sip_edit *edit) {
  if (*first)
    (*last)->next = edit;
  else
    *first = edit;
  *last = edit;
}

int sip_edit_top(struct sip_edits *edits, struct hanse_slice name, struct hanse_slice value) {
  struct sip_edit *edit;
  struct sip_edit_list *place = touch(edits, 1);
  int status = new_line(edits, name, value, &edit);
  if (status) return status;
  if (!place->before) place->before_last = edit;
  edit->next = place->before;
  place->before = edit;
  return HANSE_OK;
}

static int put_before(struct sip_edits *edits, unsigned place, struct hanse_slice name, struct hanse_slice value) {
  struct sip_edit *edit;
  int status = new_line(edits, name, value, &edit);
  if (status) return status;
  struct sip_edit_list *list = touch(edits, place);
  link_last(&list->before, &list->before_last, edit);
  return HANSE_OK;
}

int sip_edit_before(struct sip_edits *edits, unsigned header, struct hanse_slice name, struct hanse_slice value) {
  if (header < 1 || header > edits->message->count) return HANSE_INVALID;
  return put_before(edits, header, name, value);
}

int sip_edit_append(struct sip_edits *edits, struct hanse_slice name, struct hanse_slice value) {
  return put_before(edits, edits->message->count + 1, name, value);
}

int sip_edit_after(struct sip_edits *edits, unsigned header, struct hanse_slice name, struct hanse_slice value) {
  struct sip_edit *edit;
  if (header < 1 || header > edits->message->count) return HANSE_INVALID;
  int status = new_line(edits, name, value, &edit);
  if (status) return status;
  struct sip_edit_list *list = touch(edits, header);
  link_last(&list->after, &list->after_last, edit);
  return HANSE_OK;
}

int sip_edit_delete(struct sip_edits *edits, unsigned header) {
  if (!is_editable(edits, header)) return HANSE_INVALID;
  touch(edits, header)->deleted = true;
  return HANSE_OK;
}

/* Puts [from, to) among the replacements of its line. Those that lie wholly in it are void; one that only overlaps, or
   that holds it, is a contradiction. Insertions at the same point stand in the order of the calls. */
static int put_inside(struct sip_edits *edits, struct sip_edit_list *place, const char *from, const char *to,
                      struct hanse_slice text) {
  struct sip_edit **at = &place->inside, *stop;
  while (*at && ((*at)->to < from || ((*at)->to == from && ((*at)->from < from || from == to)))) at = &(*at)->next;
  for (stop = *at; stop && stop->from >= from && stop->to <= to && from < to; stop = stop->next) continue;
  if (stop && stop->from < to) return HANSE_INVALID;
  struct sip_edit *edit = make(edits, from, to, text);
  if (!edit) return HANSE_NOMEM;
  edit->next = stop;
  *at = edit;
  return HANSE_OK;
}

/* The header whose line holds the address p, 0: none. Lines lie in order and without gaps, but for lines left out. */
static unsigned header_at(const struct sip_message *message, const char *p) {
  unsigned low = 1, high = message->count + 1;
  while (low < high) {
    unsigned middle = (low + high) / 2;
    if (sip_header(message, middle)->line.at <= p)
      low = middle + 1;
    else
      high = middle;
  }
  return low - 1;
}

int sip_edit_replace(struct sip_edits *edits, struct hanse_slice part, struct hanse_slice text) {
  const struct sip_message *message = edits->message;
  if (!part.at || !sip_text_is_clean(text)) return HANSE_INVALID;
  const char *end = part.at + part.len;
  if (part.at >= message->start.at && end <= message->start.at + message->start.len)
    return put_inside(edits, touch(edits, 0), part.at, end, text);
  if (part.at < message->bytes.at || end > message->bytes.at + message->head) return HANSE_INVALID;
  unsigned header = header_at(message, part.at);
  if (!is_editable(edits, header)) return HANSE_INVALID;
  const struct hanse_slice *line = &sip_header(message, header)->line;
  if (end > line->at + line->len - 2) return HANSE_INVALID; /* the CRLF stays */
  return put_inside(edits, touch(edits, header), part.at, end, text);
}

int sip_edit_value(struct sip_edits *edits, unsigned header, struct hanse_slice value) {
  if (!is_editable(edits, header)) return HANSE_INVALID;
  return sip_edit_replace(edits, sip_header(edits->message, header)->value, value);
}

int sip_edit_drop_entries(struct sip_edits *edits, unsigned header, unsigned n) {
  struct hanse_slice entry;
  bool more = true;
  if (!is_editable(edits, header)) return HANSE_INVALID;
  struct hanse_slice value = sip_header(edits->message, header)->value, rest = value;
  if (n == 0) return HANSE_OK;
  for (; n && more; n--)
    if (!sip_list_cut(&rest, &entry, &more)) return HANSE_INVALID;
  if (!more) return sip_edit_delete(edits, header);
  const char *keep = sip_lex_skip(rest.at, rest.at + rest.len);
  if (keep == rest.at + rest.len) return HANSE_INVALID; /* a comma with no entry behind it: no list to begin with */
  return sip_edit_replace(edits, sip_lex_between(value.at, keep), hanse_slice(NULL, 0));
}

void sip_edit_body(struct sip_edits *edits, struct hanse_slice body) { edits->body = body; }

static void put_lines(struct sip_sink *sink, const struct sip_edit *edit) {
  for (; edit; edit = edit->next) sip_sink_line(sink, edit->name, edit->value);
}

static void put_length(struct sip_sink *sink, size_t n) {
  char room[SIP_NUMBER_ROOM];
  sip_sink_line(sink, HANSE_LIT("Content-Length"), sip_number_text(n, room));
}

/* Writes the place of one line: all that was left over before it, and what the place says. `from`: what is not written
   yet begins here; returns the new value. Untouched lines leave in one piece. */
static const char *put_place(struct sip_sink *sink, const struct sip_edits *edits, const struct sip_edit_list *place,
                             struct hanse_slice line, bool length, const char *from) {
  const char *end = line.at + line.len;
  if (place->before || place->deleted || length) {
    sip_sink_put(sink, from, (size_t)(line.at - from));
    put_lines(sink, place->before);
    from = line.at;
  }
  if (length) put_length(sink, edits->body.len);
  if (length || place->deleted) {
    from = end;
  } else {
    for (const struct sip_edit *edit = place->inside; edit; edit = edit->next) {
      sip_sink_put(sink, from, (size_t)(edit->from - from));
      sip_sink_put(sink, edit->value.at, edit->value.len);
      from = edit->to;
    }
  }
  if (!place->after) return from;
  sip_sink_put(sink, from, (size_t)(end - from));
  put_lines(sink, place->after);
  return end;
}

static const char *put_touched(struct sip_sink *sink, const struct sip_edits *edits, unsigned n, const char *from) {
  const struct sip_message *message = edits->message;
  const struct sip_edit_list *place = &edits->places[n];
  if (n == 0) return put_place(sink, edits, place, message->start, false, from);
  if (n <= message->count) {
    const struct sip_header *header = sip_header(message, n);
    return put_place(sink, edits, place, header->line, header->id == SIP_H_CONTENT_LENGTH, from);
  }
  const char *head = message->bytes.at + message->head;
  sip_sink_put(sink, from, (size_t)(head - from));
  put_lines(sink, place->before);
  return head;
}

size_t sip_edit_write(const struct sip_edits *edits, char *out) {
  const struct sip_message *message = edits->message;
  struct sip_sink sink = {out, 0};
  const char *from = message->bytes.at, *head = message->bytes.at + message->head;
  for (unsigned word = 0; word < sizeof edits->touched / sizeof edits->touched[0]; word++)
    for (uint64_t left = edits->touched[word]; left; left &= left - 1)
      from = put_touched(&sink, edits, word * SIP_EDIT_WORD + (unsigned)__builtin_ctzll(left), from);
  sip_sink_put(&sink, from, (size_t)(head - from));
  sip_sink_put(&sink, "\r\n", 2);
  sip_sink_put(&sink, edits->body.at, edits->body.len);
  return sink.len;
}

void sip_edit_put(const struct sip_edits *edits, unsigned header, size_t skip, struct sip_sink *sink) {
  static const struct sip_edit_list nothing;
  const struct sip_edit_list *place = sip_edit_concerns(edits, header) ? &edits->places[header] : &nothing;
  struct hanse_slice line = header ? sip_header(edits->message, header)->line : edits->message->start;
  const char *from = line.at + skip, *end = line.at + line.len + (header ? 0 : 2);
  for (const struct sip_edit *edit = place->inside; edit && !place->deleted; edit = edit->next) {
    if (edit->from < from) continue;
    sip_sink_put(sink, from, (size_t)(edit->from - from));
    sip_sink_slice(sink, edit->value);
    from = edit->to;
  }
  if (!place->deleted) sip_sink_put(sink, from, (size_t)(end - from));
  put_lines(sink, place->after);
}

size_t sip_edit_room(const struct sip_edits *edits) {
  return edits->message->head + edits->added + LENGTH_LINE + 2 + edits->body.len;
}
