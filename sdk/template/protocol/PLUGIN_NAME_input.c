/* Lines "FROM TO TEXT" become messages. */
#include "PLUGIN_NAME.h"

#include <hanse/utf8.h>

enum { LONGEST = 4096 }; /* every input has a bound */

/* Takes "user@domain " from the front of *rest. The domain becomes canonical, since policies compare it. */
static bool take_address(struct PLUGIN_NAME *me, struct hanse_message *m, struct hanse_slice *rest,
                         struct hanse_address_fact *out) {
  const char *end = memchr(rest->at, ' ', rest->len), *at = memchr(rest->at, '@', rest->len);
  if (!end || !at || at > end) return false;
  struct hanse_slice domain = hanse_slice(at + 1, (size_t)(end - at - 1));
  out->user = hanse_slice(rest->at, (size_t)(at - rest->at)); /* a piece of the message itself: nothing is copied */
  *rest = hanse_slice(end + 1, rest->len - (size_t)(end + 1 - rest->at));
  return hanse_canonical(me->host, m->arena, domain, &out->domain) == HANSE_OK;
}

/* States what the message is: all that policies, limits and the log know of it. */
static bool state_facts(struct PLUGIN_NAME *me, struct hanse_message *m) {
  struct hanse_slice rest = hanse_slice(m->bytes.at, m->bytes.len - 1);
  struct hanse_facts *facts = m->facts;
  if (!take_address(me, m, &rest, &facts->from) || !take_address(me, m, &rest, &facts->to)) return false;
  facts->method = HANSE_LIT("LINE");
  facts->action = HANSE_ACTION_MESSAGE;
  facts->modality = HANSE_MODALITY_IM;
  facts->modalities = HANSE_MODALITY_BIT(HANSE_MODALITY_IM);
  facts->flags = HANSE_FACT_NO_ANSWER;
  facts->bytes = (uint32_t)m->bytes.len;
  facts->text_type = HANSE_LIT("text/plain");
  if (hanse_is_utf8(rest)) facts->text = rest; /* policies are shown no other text */
  return true;
}

/* Hands the message to the router's stages, which end in `deliver` or `refuse`. The ticket stands for it until then. */
static void submit(struct PLUGIN_NAME *me, struct hanse_link *link, struct hanse_slice line) {
  struct hanse_message *m = hanse_message_new(me->host, link, line);
  if (!m) return; /* no memory: the line is lost, the link goes on */
  const struct hanse_refusal why = {.size = sizeof why, .failure = HANSE_F_PARSE};
  if (!state_facts(me, m))
    hanse_refused(me->host, m, &why);
  else if (hanse_ticket_open(me->host, m, &m->ticket) == HANSE_OK) {
    hanse_submit_take(me->host, m);
    return;
  }
  PLUGIN_NAME_free(me, m);
}

/* Takes whole lines, as many as the router wants in one turn. What is left comes again, with more behind it. */
size_t PLUGIN_NAME_input(void *self, struct hanse_link *link, struct hanse_input *in) {
  struct PLUGIN_NAME *me = self;
  size_t taken = 0;
  while (in->budget && taken < in->len) {
    const char *end = memchr(in->bytes + taken, '\n', in->len - taken);
    size_t n = end ? (size_t)(end + 1 - in->bytes) - taken : in->len - taken;
    if (n > LONGEST) {
      hanse_link_shut(me->host, link, HANSE_F_TOO_LARGE, "a line is too long");
      return in->len;
    }
    if (!end) break;
    submit(me, link, hanse_slice(in->bytes + taken, n));
    taken += n;
    in->budget--;
  }
  return taken;
}
