#include "plugins/sip/path.h"

#include "plugins/sip/list.h"
#include "plugins/sip/peer.h"

enum { OWN_MAX = 2 }; /* one entry for each side (RFC 5658) */

/* An entry that names us by its seal, or by its host. *sealed says which. */
static enum hanse_failure look(struct sip *sip, struct hanse_arena *arena, const struct hanse_link *link,
                               const struct sip_message *request, const struct sip_uri *uri, struct sip_token *token,
                               bool *ours, bool *sealed) {
  struct hanse_slice text;
  *sealed = *ours = false;
  if (!sip_uri_is_sip(uri)) return HANSE_F_NONE;
  if (sip_uri_param(uri, HANSE_LIT(SIP_TOKEN_PARAM), &text) && text.len) {
    const struct sip_token_dialog dialog = {request->call_id, request->from.tag, request->to.tag};
    int status = sip_token_read(sip->host, arena, text, &dialog, token);
    if (status == HANSE_NOMEM) return HANSE_F_MEMORY;
    *sealed = status == HANSE_OK;
  }
  *ours = *sealed || sip_peer_is_us(sip, link, uri);
  return HANSE_F_NONE;
}

/* The first seal counts, and only on the side that it was made for. */
static void take_seal(struct sip_path *path, const struct sip_token *token, enum hanse_side side) {
  if (path->own || path->sealed || token->side != side) return;
  path->token = *token;
  path->sealed = true;
}

static void note_next(struct sip_path *path, const struct sip_address *address) {
  struct hanse_slice value;
  path->next = address->text;
  path->strict_out = !sip_uri_param(&address->uri, HANSE_LIT("lr"), &value);
}

/* A Request-URI that carries our token was put there by a strict router. */
static enum hanse_failure read_request_uri(struct sip *sip, struct hanse_arena *arena, const struct hanse_link *link,
                                           const struct sip_message *request, struct sip_path *path) {
  struct sip_token token;
  bool ours, sealed;
  if (request->uri.params.len == 0 || !request->first[SIP_H_ROUTE]) return HANSE_F_NONE;
  enum hanse_failure failure = look(sip, arena, link, request, &request->uri, &token, &ours, &sealed);
  if (failure || !sealed) return failure;
  path->strict_in = true;
  take_seal(path, &token, hanse_link_side(sip->host, link));
  return HANSE_F_NONE;
}

static enum hanse_failure read_entry(struct sip *sip, struct hanse_arena *arena, const struct hanse_link *link,
                                     const struct sip_message *request, const struct sip_list *list,
                                     struct sip_path *path, const char **problem) {
  struct sip_address address;
  struct sip_token token;
  bool ours = false, sealed = false;
  enum hanse_failure failure = sip_address_parse(list->entry, &address, problem);
  bool on_top = path->own + 1 == list->count && path->own < OWN_MAX;
  if (!failure && on_top) failure = look(sip, arena, link, request, &address.uri, &token, &ours, &sealed);
  if (failure) return failure;
  if (sealed) take_seal(path, &token, hanse_link_side(sip->host, link));
  if (ours)
    path->own++;
  else if (path->next.at == NULL)
    note_next(path, &address);
  path->entries++;
  path->last = list->header;
  path->back = address.uri.text;
  return HANSE_F_NONE;
}

enum hanse_failure sip_path_read(struct sip *sip, struct hanse_arena *arena, const struct hanse_link *link,
                                 const struct sip_message *request, struct sip_path *out, const char **problem) {
  struct sip_path path;
  memset(&path, 0, sizeof path);
  struct sip_list list = sip_list(request, SIP_H_ROUTE);
  enum hanse_failure failure = read_request_uri(sip, arena, link, request, &path);
  while (!failure && sip_list_next(&list)) failure = read_entry(sip, arena, link, request, &list, &path, problem);
  if (!failure && list.failure) {
    failure = list.failure;
    *problem = list.problem;
  }
  /* The last entry is the Request-URI in waiting, no hop of its own. */
  if (path.strict_in && path.entries <= path.own + 1) path.strict_out = false;
  if (path.strict_in && path.own == path.entries) failure = HANSE_F_PARSE, *problem = "a Route without a destination";
  if (!failure) *out = path;
  return failure;
}

bool sip_path_goes_on(const struct sip_path *path) { return path->entries > path->own + path->strict_in; }

/* Which entries of one Route line stay, and all of it. */
struct line {
  unsigned header;
  const char *first, *last; /* begin of the first entry that stays, end of the last; NULL: none does */
};

static int cut_line(struct sip_edits *edits, const struct line *line) {
  struct hanse_slice value = sip_header(edits->message, line->header)->value;
  const char *end = value.at + value.len;
  int status = HANSE_OK;
  if (!line->first) return sip_edit_delete(edits, line->header);
  if (line->first > value.at)
    status = sip_edit_replace(edits, hanse_slice(value.at, (size_t)(line->first - value.at)), hanse_slice(NULL, 0));
  if (!status && line->last < end)
    status = sip_edit_replace(edits, hanse_slice(line->last, (size_t)(end - line->last)), hanse_slice(NULL, 0));
  return status;
}

/* Drops the first `front` entries over all Route lines and the last `back` ones; they may stand in one line. */
static int drop(struct sip_edits *edits, const struct sip_path *path, unsigned front, unsigned back) {
  struct sip_list list = sip_list(edits->message, SIP_H_ROUTE);
  struct line line = {0, NULL, NULL};
  int status = HANSE_OK;
  while (!status && sip_list_next(&list)) {
    if (line.header && line.header != list.header) status = cut_line(edits, &line);
    if (line.header != list.header) line = (struct line){list.header, NULL, NULL};
    if (list.count <= front || list.count > path->entries - back) continue;
    if (!line.first) line.first = list.entry.at;
    line.last = list.entry.at + list.entry.len;
  }
  return status ? status : cut_line(edits, &line);
}

static struct hanse_slice without_brackets(struct hanse_slice entry) {
  const char *open = memchr(entry.at, '<', entry.len), *close = memrchr(entry.at, '>', entry.len);
  return open && close > open ? hanse_slice(open + 1, (size_t)(close - open - 1)) : entry;
}

/* §16.6 step 6: the Request-URI goes to the end of the Route, the first entry takes its place. */
static int turn_round(struct sip_edits *edits, const struct sip_path *path, struct hanse_slice target) {
  char *text = hanse_alloc(edits->arena, target.len + 2);
  if (!text) return HANSE_NOMEM;
  text[0] = '<';
  memcpy(text + 1, target.at, target.len);
  text[target.len + 1] = '>';
  int status = sip_edit_after(edits, path->last, HANSE_LIT("Route"), hanse_slice(text, target.len + 2));
  return status ? status : sip_edit_replace(edits, edits->message->uri.text, without_brackets(path->next));
}

int sip_path_edit(struct sip_edits *edits, const struct sip_path *path) {
  unsigned front = path->own + path->strict_out;
  struct hanse_slice target = path->strict_in ? path->back : edits->message->uri.text;
  int status = HANSE_OK;
  if (front || path->strict_in) status = drop(edits, path, front, path->strict_in);
  if (!status && path->strict_out) return turn_round(edits, path, target);
  if (!status && path->strict_in) status = sip_edit_replace(edits, edits->message->uri.text, path->back);
  return status;
}
