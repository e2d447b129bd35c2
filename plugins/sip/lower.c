#include "plugins/sip/lower.h"

#include "plugins/sip/edit.h"
#include "plugins/sip/escape.h"
#include "plugins/sip/parse.h"
#include "plugins/sip/request.h"
#include "plugins/sip/unique.h"

/* What stands in the request's head besides what `lifted` says, counted generously. */
#define HEAD_ROOM 1024

struct letter {
  struct hanse_slice from_user, to_user; /* as a URI has them */
  char branch[SIP_UNIQUE_TEXT], tag[SIP_UNIQUE_TEXT], call[SIP_UNIQUE_TEXT];
};

static const char *at_sign(struct hanse_slice user) { return user.len ? "@" : ""; }

/* Our own Via stands below the one that is written when it leaves, as that of a user agent that sends through us. */
static int write_letter(char *room, size_t n, const struct sip *sip, const struct letter *letter,
                        const struct hanse_lifted *lifted) {
  struct hanse_slice local = sip->host->node->name, subject = lifted->subject;
  return snprintf(room, n,
                  "MESSAGE sip:%.*s%s%.*s SIP/2.0\r\n"
                  "Via: SIP/2.0/TLS %.*s;branch=z9hG4bK%s\r\n"
                  "Max-Forwards: %u\r\n"
                  "From: <sip:%.*s%s%.*s>;tag=%s\r\n"
                  "To: <sip:%.*s%s%.*s>\r\n"
                  "Call-ID: %s\r\n"
                  "CSeq: 1 MESSAGE\r\n"
                  "%s%.*s%s"
                  "Content-Type: text/plain;charset=UTF-8\r\n"
                  "Content-Length: %zu\r\n\r\n",
                  HANSE_FMT(letter->to_user), at_sign(letter->to_user), HANSE_FMT(lifted->to.domain), HANSE_FMT(local),
                  letter->branch, (unsigned)lifted->hops, HANSE_FMT(letter->from_user), at_sign(letter->from_user),
                  HANSE_FMT(lifted->from.domain), letter->tag, HANSE_FMT(letter->to_user), at_sign(letter->to_user),
                  HANSE_FMT(lifted->to.domain), letter->call, subject.len ? "Subject: " : "", HANSE_FMT(subject),
                  subject.len ? "\r\n" : "", lifted->text.len);
}

/* HANSE_FMT cuts what is longer than this. */
static bool fits(const struct hanse_lifted *lifted, const struct letter *letter) {
  enum { MOST = 4096 };
  return letter->from_user.len <= MOST && letter->to_user.len <= MOST && lifted->subject.len <= MOST &&
         sip_text_is_clean(lifted->subject);
}

static enum hanse_failure make_bytes(struct sip *sip, struct hanse_message *message,
                                     const struct hanse_lifted *lifted) {
  struct letter letter;
  if (sip_escape_user(message->scratch, lifted->from.user, &letter.from_user) != HANSE_OK ||
      sip_escape_user(message->scratch, lifted->to.user, &letter.to_user) != HANSE_OK)
    return HANSE_F_MEMORY;
  if (!fits(lifted, &letter)) return HANSE_F_FOREIGN_CONTENT;
  sip_unique(sip->host, letter.branch);
  sip_unique(sip->host, letter.tag);
  sip_unique(sip->host, letter.call);
  size_t head = HEAD_ROOM + letter.from_user.len + 2 * letter.to_user.len + lifted->from.domain.len +
                2 * lifted->to.domain.len + sip->host->node->name.len + lifted->subject.len;
  char *room = hanse_alloc(message->arena, head + lifted->text.len);
  if (!room) return HANSE_F_MEMORY;
  int n = write_letter(room, head, sip, &letter, lifted);
  if (n < 0 || (size_t)n >= head) return HANSE_F_ERROR;
  if (lifted->text.len) memcpy(room + n, lifted->text.at, lifted->text.len);
  message->bytes = hanse_slice(room, (size_t)n + lifted->text.len);
  return HANSE_F_NONE;
}

enum hanse_failure sip_lower(struct sip *sip, struct hanse_message *message, const struct hanse_lifted *lifted) {
  if (lifted->kind != HANSE_LIFTED_IM) return HANSE_F_FOREIGN;
  enum hanse_failure failure = make_bytes(sip, message, lifted);
  struct sip_message *request = failure ? NULL : hanse_alloc(message->scratch, sizeof *request);
  if (failure || !request) return failure ? failure : HANSE_F_MEMORY;
  failure = sip_message_parse(message->scratch, message->bytes, request);
  return failure ? failure : sip_request_lowered(sip, message, request);
}
