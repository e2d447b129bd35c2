/* One message from arbitrary octets: nothing is read outside them, and what is accepted keeps the rules that the rest
   of the router builds on. */
#include "arena.h"
#include "plugins/sip/frame.h"
#include "plugins/sip/list.h"
#include "plugins/sip/parse.h"
#include "plugins/sip/reply.h"

static void in_bytes(const struct sip_message *m, struct hanse_slice s) {
  if (s.len) FUZZ_RULE(s.at >= m->bytes.at && s.at + s.len <= m->bytes.at + m->bytes.len);
}

static void check_uri(const struct sip_message *m, const struct sip_uri *uri) {
  in_bytes(m, uri->text);
  in_bytes(m, uri->user);
  in_bytes(m, uri->password);
  in_bytes(m, uri->host);
  in_bytes(m, uri->params);
  if (!sip_uri_is_sip(uri)) return;
  FUZZ_RULE(uri->host.len && sip_host_check(uri->host) == uri->host_kind && uri->port <= 65535);
  FUZZ_RULE(!uri->user.at || uri->user.len);
}

static void check_address(const struct sip_message *m, const struct sip_address *address) {
  in_bytes(m, address->text);
  in_bytes(m, address->display);
  in_bytes(m, address->params);
  in_bytes(m, address->tag);
  FUZZ_RULE(!address->tag.at || address->tag.len);
  check_uri(m, &address->uri);
}

/* Every list that a proxy or the border walks through, entry by entry. */
static void check_lists(const struct sip_message *m) {
  for (unsigned id = 1; id < SIP_H_COUNT; id++) {
    struct sip_list list = sip_list(m, (enum sip_header_id)id);
    struct sip_address address;
    const char *problem;
    while (sip_list_next(&list)) {
      in_bytes(m, list.entry);
      FUZZ_RULE(list.entry.len && list.count <= SIP_ENTRIES_MAX);
      if (sip_address_parse(list.entry, &address, &problem) == HANSE_F_NONE) check_address(m, &address);
    }
  }
}

/* Header lines follow each other without a gap from the start line to the blank line. */
static void check_lines(const struct sip_message *m) {
  const char *p = m->bytes.at + m->start.len + 2;
  for (unsigned n = 1; n <= m->count; n++) {
    const struct sip_header *header = sip_header(m, n);
    FUZZ_RULE(header->line.at == p && header->line.len > header->name.len + 2);
    FUZZ_RULE(header->next == 0 || (header->next > n && sip_header(m, header->next)->id == header->id));
    in_bytes(m, header->value);
    p += header->line.len;
  }
  FUZZ_RULE(p == m->bytes.at + m->head && m->head + 2 + m->body.len == m->bytes.len);
}

static void check_framing(const struct sip_message *m) {
  static const struct sip_bounds wide = {SIZE_MAX / 32, SIZE_MAX / 32};
  struct sip_frame frame = {0};
  FUZZ_RULE(sip_frame(&frame, &wide, m->bytes.at, m->bytes.len) == SIP_FRAME_MESSAGE);
  FUZZ_RULE(frame.length == m->bytes.len && frame.head == m->head + 2);
}

static void check_accepted(const struct sip_message *m) {
  check_lines(m);
  check_framing(m);
  check_lists(m);
  check_address(m, &m->from);
  check_address(m, &m->to);
  FUZZ_RULE(m->vias >= 1 && m->vias <= SIP_ENTRIES_MAX && m->cseq <= SIP_CSEQ_MAX && m->max_forwards <= 255);
  FUZZ_RULE(m->request == (m->status == 0) && m->call_id.len);
  if (m->request) check_uri(m, &m->uri);
}

/* A reply is written in the size that was promised, and is framed as one message. */
static void check_reply(const struct sip_message *m) {
  static const struct sip_bounds wide = {SIZE_MAX / 32, SIZE_MAX / 32};
  struct sip_line line = {HANSE_LIT("Warning"), HANSE_LIT("399 hanse \"no\"")};
  struct sip_reply reply = {400, {NULL, 0}, HANSE_LIT("ours"), &line, 1, NULL};
  struct sip_frame frame = {0};
  size_t size = sip_reply_size(m, &reply);
  char *out = malloc(size);
  if (!out) return;
  FUZZ_RULE(size && sip_reply_write(m, &reply, out) == size);
  FUZZ_RULE(sip_frame(&frame, &wide, out, size) == SIP_FRAME_MESSAGE && frame.length == size);
  free(out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  struct fuzz_arena arena;
  struct sip_message m;
  struct hanse_slice bytes = hanse_slice((const char *)data, size);
  fuzz_arena_init(&arena);
  enum hanse_failure failure = sip_message_parse(&arena.arena, bytes, &m);
  FUZZ_RULE((failure != HANSE_F_NONE) == (m.problem != NULL));
  if (failure == HANSE_F_NONE) check_accepted(&m);
  if (m.answerable) check_reply(&m);
  if (sip_message_salvage(&arena.arena, bytes, &m)) check_reply(&m);
  fuzz_arena_free(&arena);
  return 0;
}
