#include "plugins/sip/check.h"

#include "plugins/sip/branch.h"
#include "plugins/sip/identity.h"
#include "plugins/sip/list.h"
#include "plugins/sip/number.h"
#include "plugins/sip/refuse.h"

/* Option tags of Proxy-Require that we honour: BENOTIFY passes without a transaction (R73), asserted identity does not
   cross the border where Privacy says so (RFC 3325 §9.3). */
static bool is_supported(const struct sip_message *request, struct hanse_slice tag) {
  return hanse_same_nocase(tag, HANSE_LIT("ms-benotify")) ||
         (hanse_same_nocase(tag, HANSE_LIT("privacy")) && sip_identity_suffices(request));
}

static enum hanse_failure check_extensions(const struct sip_message *request) {
  struct sip_list list = sip_list(request, SIP_H_PROXY_REQUIRE);
  if (!request->first[SIP_H_PROXY_REQUIRE]) return SIP_GO;
  while (sip_list_next(&list))
    if (!is_supported(request, list.entry)) return HANSE_F_EXTENSION;
  return list.failure;
}

/* What comes back to us has our own Via and two Record-Routes more, received and rport in the Via below ours, and what
   a response says of itself. */
enum { OWN_LINES = 3, OWN_PARAMS = 2, RESPONSE_LINES = 32 };

static unsigned lines(const struct sip_message *request, enum sip_header_id id) {
  unsigned count = 0;
  for (unsigned n = request->first[id]; n; n = sip_header(request, n)->next) count++;
  return count;
}

/* Whatever we send on we must be able to read in its responses. */
static enum hanse_failure check_room(const struct sip_message *request) {
  enum { ROOM = SIP_HEADERS_MAX - OWN_LINES - RESPONSE_LINES };
  if (request->vias >= SIP_ENTRIES_MAX || request->via.count > SIP_PARAMS_MAX - OWN_PARAMS) return HANSE_F_TOO_LARGE;
  if (request->count <= ROOM) return SIP_GO;
  return lines(request, SIP_H_VIA) + lines(request, SIP_H_RECORD_ROUTE) > ROOM ? HANSE_F_TOO_LARGE : SIP_GO;
}

/* RFC 5393 §5.3.3: one branch needs a breadth of one. */
static enum hanse_failure check_breadth(const struct sip_message *request) {
  const struct sip_header *header = sip_header_first(request, SIP_H_MAX_BREADTH);
  uint32_t breadth;
  if (!header) return SIP_GO;
  if (!sip_number(header->value, &breadth)) return HANSE_F_PARSE;
  return breadth == 0 ? HANSE_F_BREADTH : SIP_GO;
}

static bool is_open(const struct sip *sip, struct hanse_slice method) {
  const struct hanse_slice *methods = sip->settings->methods.items;
  for (size_t i = 0; i < sip->settings->methods.count; i++)
    if (hanse_same(methods[i], method)) return true;
  return false;
}

/* Methods that live in dialogs only: outside of one there is nothing that they could belong to (RFC 3261 §12.2.2,
   RFC 6665 §4.1.3, RFC 3262, 3311, 6086). */
static enum hanse_failure why_closed(enum sip_method method) {
  switch (method) {
    case SIP_M_BYE:
    case SIP_M_INFO:
    case SIP_M_NOTIFY:
    case SIP_M_BENOTIFY:
    case SIP_M_PRACK:
    case SIP_M_UPDATE:
      return HANSE_F_NO_DIALOG;
    default:
      return HANSE_F_METHOD;
  }
}

enum hanse_failure sip_check_method(const struct sip *sip, enum hanse_side side, struct hanse_slice method) {
  if (side == HANSE_SIDE_HOME || is_open(sip, method)) return SIP_GO;
  return why_closed(sip_method_lookup(method));
}

/* These belong to no dialog (RFC 3261 §10.2, RFC 3903 §4): a partner's token of some other one does not open them. */
static bool never_inside(enum sip_method method) { return method == SIP_M_REGISTER || method == SIP_M_PUBLISH; }

static enum hanse_failure check_inside(const struct sip *sip, enum hanse_side side, const struct sip_message *request,
                                       const struct sip_path *path) {
  if (!path->sealed) return HANSE_F_NO_DIALOG;
  return never_inside(request->method) ? sip_check_method(sip, side, request->method_text) : SIP_GO;
}

/* Inside a dialog every method goes that can, by our own token only (B9). Outside, a partner may neither preload a
   Route beyond us (B8) nor use any method it likes (B6). */
static enum hanse_failure check_dialog(const struct sip *sip, enum hanse_side side, const struct sip_message *request,
                                       const struct sip_path *path) {
  if (request->to.tag.at || request->method == SIP_M_ACK) return check_inside(sip, side, request, path);
  if (side == HANSE_SIDE_HOME) return SIP_GO;
  if (sip_path_goes_on(path) || path->strict_in) return HANSE_F_NOT_OUR_RECIPIENT;
  return sip_check_method(sip, side, request->method_text);
}

enum hanse_failure sip_check(struct sip *sip, const struct hanse_message *message, const struct sip_message *request,
                             struct sip_checked *out) {
  const char *problem = "";
  enum hanse_failure failure = SIP_GO;
  if (request->max_forwards == 0) return HANSE_F_HOPS;
  if (sip_keys_refresh(sip->host, &sip->keys) != HANSE_OK) return HANSE_F_ERROR;
  out->loop = sip_branch_loop_hash(&sip->keys, request);
  if (sip_branch_looped(&sip->keys, request, out->loop)) {
    ++*sip->count.loops;
    return HANSE_F_LOOP;
  }
  failure = check_extensions(request);
  if (!failure) failure = check_room(request);
  if (!failure) failure = check_breadth(request);
  if (!failure) failure = sip_path_read(sip, message->arena, message->link, request, &out->path, &problem);
  enum hanse_side side = hanse_link_side(sip->host, message->link);
  if (!failure) failure = check_dialog(sip, side, request, &out->path);
  if (!failure && request->first[SIP_H_PRIVACY] && side == HANSE_SIDE_HOME) failure = sip_identity_check(request);
  return failure;
}

/* The tags that we do not honour, as a list. */
static bool unsupported(struct hanse_arena *arena, const struct sip_message *request, struct sip_line *out) {
  struct sip_list list = sip_list(request, SIP_H_PROXY_REQUIRE);
  size_t n = 0;
  while (sip_list_next(&list)) n += is_supported(request, list.entry) ? 0 : list.entry.len + 2;
  char *text = hanse_alloc(arena, n + 1), *p = text;
  if (!text || n == 0) return false;
  list = sip_list(request, SIP_H_PROXY_REQUIRE);
  while (sip_list_next(&list)) {
    if (is_supported(request, list.entry)) continue;
    p = (char *)memcpy(p, list.entry.at, list.entry.len) + list.entry.len;
    p = (char *)memcpy(p, ", ", 2) + 2;
  }
  *out = (struct sip_line){HANSE_LIT("Unsupported"), hanse_slice(text, n - 2)};
  return true;
}

bool sip_check_line(const struct sip *sip, struct hanse_arena *arena, const struct sip_message *request,
                    enum hanse_failure failure, struct sip_line *out) {
  if (failure == HANSE_F_EXTENSION) return unsupported(arena, request, out);
  if (failure == HANSE_F_METHOD) return sip_refuse_allow(sip, arena, out) == HANSE_OK;
  return false;
}
