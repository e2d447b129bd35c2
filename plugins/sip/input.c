#include "plugins/sip/input.h"

#include "plugins/sip/frame.h"
#include "plugins/sip/parse.h"
#include "plugins/sip/refuse.h"
#include "plugins/sip/request.h"
#include "plugins/sip/response.h"
#include "plugins/sip/send.h"

#define PONG_INTERVAL HANSE_SECOND /* at most one pong in that time and link */
#define PINGS_AHEAD 60             /* pings that may come faster than that before the link is closed */

/* ---- half a message: the link's note of how far it was searched ---- */

_Static_assert(sizeof(size_t) >= 8, "the note holds three offsets");
enum { OFFSET_BITS = 20 };
#define OFFSET_MAX (((size_t)1 << OFFSET_BITS) - 1)
#define HEAD_KNOWN ((size_t)1 << 63)

/* Three offsets and how many Content-Length headers there were, or the lengths of head and message once they are known.
   What does not fit is searched again. */
static size_t note(const struct sip_frame *frame) {
  if (frame->head)
    return frame->head > OFFSET_MAX || frame->length >> 40 ? 0
                                                           : HEAD_KNOWN | frame->length << OFFSET_BITS | frame->head;
  if (frame->scanned > OFFSET_MAX || frame->content_length > OFFSET_MAX) return 0;
  return (size_t)frame->lengths << (3 * OFFSET_BITS) | frame->content_length << (2 * OFFSET_BITS) |
         frame->line << OFFSET_BITS | frame->scanned;
}

static void recall(struct sip_frame *frame, size_t scanned) {
  memset(frame, 0, sizeof *frame);
  if (scanned & HEAD_KNOWN) {
    frame->head = scanned & OFFSET_MAX;
    frame->length = (scanned & ~HEAD_KNOWN) >> OFFSET_BITS;
    frame->scanned = frame->head;
  } else {
    frame->scanned = scanned & OFFSET_MAX;
    frame->line = scanned >> OFFSET_BITS & OFFSET_MAX;
    frame->content_length = scanned >> (2 * OFFSET_BITS) & OFFSET_MAX;
    frame->lengths = (unsigned)(scanned >> (3 * OFFSET_BITS)) & 3u;
  }
}

/* ---- one message ---- */

/* A refusal like others, with what could be read of it. */
static void report(struct sip *sip, struct hanse_message *message, const struct sip_message *parsed,
                   enum hanse_failure failure) {
  const struct hanse_refusal why = {
      .size = sizeof why, .failure = failure, .text = hanse_text(parsed->problem ? parsed->problem : "")};
  struct hanse_facts *facts = message->facts;
  if (parsed->request) {
    facts->method = parsed->method_text;
    facts->to = (struct hanse_address_fact){parsed->uri.user, parsed->uri.host};
  }
  facts->from = (struct hanse_address_fact){parsed->from.uri.user, parsed->from.uri.host};
  facts->conversation = parsed->call_id;
  hanse_refused(sip->host, message, &why);
}

/* `message` NULL: there is no memory for it, or no line of it is whole. */
HANSE_RARE static void unreadable(struct sip *sip, struct hanse_link *link, struct hanse_message *message,
                                  const struct sip_message *parsed, enum hanse_failure failure) {
  ++*sip->count.unreadable;
  if (message)
    report(sip, message, parsed, failure);
  else
    hanse_log(sip->host, HANSE_INFO, "message.unreadable", "failure=%s problem=\"%s\" peer=%.*s",
              hanse_failure_name(sip->host, failure), parsed->problem ? parsed->problem : "",
              HANSE_FMT(hanse_link_peer(sip->host, link)));
  if (parsed->answerable) sip_refuse_stateless(sip, link, message, parsed, failure, NULL);
}

static void take(struct sip *sip, struct hanse_link *link, struct hanse_slice bytes, bool handed) {
  struct hanse_message *message = hanse_message_new(sip->host, link, bytes);
  struct sip_message *parsed = message ? hanse_alloc(message->scratch, sizeof *parsed) : NULL;
  if (!parsed) { /* who waits for what this may have been is told by the end of the link, not by a time-out */
    if (message) hanse_message_free(sip->host, message);
    ++*sip->count.unreadable;
    hanse_link_shut(sip->host, link, HANSE_F_MEMORY, "no memory for a message");
    return;
  }
  message->native = parsed;
  enum hanse_failure failure = sip_message_parse_arrived(message->scratch, message->bytes, parsed);
  if (!failure && parsed->request)
    sip_request(sip, message, parsed, handed);
  else if (!failure)
    failure = sip_response(sip, message, parsed, handed);
  if (!failure) return;
  unreadable(sip, link, message, parsed, failure);
  hanse_message_free(sip->host, message);
}

void sip_input_hand_over(struct sip *sip, struct hanse_link *link, struct hanse_slice bytes) {
  take(sip, link, bytes, true);
}

/* ---- the stream ---- */

/* The framing is lost: says so where whole lines allow it, and closes (reliability.md, A). */
HANSE_RARE static void give_up(struct sip *sip, struct hanse_link *link, const struct sip_frame *frame,
                               const char *bytes) {
  struct hanse_message *message = NULL;
  struct sip_message parsed;
  memset(&parsed, 0, sizeof parsed);
  parsed.problem = frame->problem;
  if (frame->head) message = hanse_message_new(sip->host, link, hanse_slice(bytes, frame->head));
  if (message) {
    sip_message_salvage(message->scratch, message->bytes, &parsed);
    parsed.problem = frame->problem;
  }
  unreadable(sip, link, message, &parsed, frame->failure);
  hanse_link_shut(sip->host, link, frame->failure, frame->problem);
  if (message) hanse_message_free(sip->host, message);
}

/* The link's mark is the time at which its pings so far would be due at one a second; the lowest bit remembers half a
   ping, since nothing else stays between two calls. False: a flood, the link is closed. */
static bool keepalive(struct sip *sip, struct hanse_link *link, unsigned crlfs) {
  hanse_time mark = hanse_link_mark(sip->host, link), now = hanse_now(sip->host);
  unsigned all = crlfs + (unsigned)(mark & 1), pings = all / 2;
  hanse_time due = mark & ~(hanse_time)1;
  bool answer = pings && due <= now;
  if (due < now) due = now;
  due += (hanse_time)pings * PONG_INTERVAL;
  *sip->count.pings += pings;
  hanse_link_mark_set(sip->host, link, (due & ~(hanse_time)1) | (all & 1));
  if (answer) sip_send_octets(sip, link, HANSE_LIT("\r\n"));
  if (due - now <= PINGS_AHEAD * PONG_INTERVAL) return true;
  hanse_link_shut(sip->host, link, HANSE_F_BUSY, "too many keepalives");
  return false;
}

size_t sip_input(struct sip *sip, struct hanse_link *link, struct hanse_input *in) {
  const struct hanse_node *node = sip->host->node; /* its limits change with a reload */
  const struct sip_bounds bounds = {.headers = (size_t)node->header_bytes, .message = (size_t)node->message_bytes};
  struct sip_frame frame;
  size_t at = 0;
  recall(&frame, *in->scanned);
  for (; in->budget && at < in->len; in->budget--) {
    const char *bytes = in->bytes + at;
    switch (sip_frame(&frame, &bounds, bytes, in->len - at)) {
      case SIP_FRAME_MORE:
        *in->scanned = note(&frame);
        return at;
      case SIP_FRAME_MESSAGE:
        take(sip, link, hanse_slice(bytes, frame.length), false);
        break;
      case SIP_FRAME_KEEPALIVE:
        if (!keepalive(sip, link, frame.crlfs)) return in->len;
        break;
      case SIP_FRAME_BAD:
        give_up(sip, link, &frame, bytes);
        return in->len;
      case SIP_FRAME_NOT_SIP:
        ++*sip->count.unreadable;
        hanse_link_shut(sip->host, link, HANSE_F_PARSE, frame.problem);
        return in->len;
    }
    at += frame.length;
  }
  return at;
}

void sip_input_keepalive(struct sip *sip, struct hanse_link *link) {
  if (sip->settings->keepalive) sip_send_octets(sip, link, HANSE_LIT("\r\n\r\n"));
}
