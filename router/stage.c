#include "router/stage.h"

#include <stdarg.h>
#include <stdio.h>

#include "router/token.h"

enum step stage_refuse(struct message *message, enum hanse_failure failure, struct hanse_where where,
                       const char *format, ...) {
  char text[512];
  va_list arguments;
  va_start(arguments, format);
  int length = vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  if (length < 0) length = 0;
  if ((size_t)length >= sizeof text) length = sizeof text - 1;
  struct hanse_refusal *why = &message->way.why;
  *why = (struct hanse_refusal){.size = sizeof *why, .failure = failure, .where = where};
  if (hanse_copy(&message->kept.arena, hanse_slice(text, (size_t)length), &why->text) != HANSE_OK)
    why->text = HANSE_LIT("no memory for the reason");
  return STEP_REFUSE;
}

bool stage_is_ours(const struct message *message, struct hanse_slice domain) {
  return entry_home(partner_set_find(message->router->now->partners, domain)) != NULL;
}

enum step stage_refused(struct message *message, const struct hanse_refusal *why) {
  message->way.why = *why;
  return STEP_REFUSE;
}

void stage_not_mine(struct message *message, const struct federation *federation, struct hanse_refusal *why) {
  if (why->failure || !message->way.why.failure) return;
  *why = message->way.why;
  why->plugin = federation->instance->name;
}

enum step stage_not_later(struct message *message, const struct federation *federation, struct hanse_where where) {
  const char *reason = !federation->slots->withdrawn ? "has no `withdrawn`; the plugin must be corrected"
                       : message->dry                ? "is only asked what would be; the plugin must be corrected"
                                                     : "owes as many answers as limits.deferred_per_module lets it";
  return stage_refuse(message, HANSE_F_ERROR, where, "federation type \"%.*s\" answers later, and %s",
                      HANSE_FMT(federation->name), reason);
}

hanse_token stage_token(struct message *message, struct instance *instance,
                        void (*withdrawn)(void *self, hanse_token token)) {
  const struct settings_limits *limits = &message->router->now->settings->limits;
  message->way.token = 0;
  if (!withdrawn || message->dry || instance->tokens >= (uint32_t)limits->deferred_per_module) return 0;
  message->way.token = token_open(message->router->tokens, instance, message, withdrawn);
  return message->way.token;
}

void stage_token_drop(struct message *message) {
  token_close(message->router->tokens, message->way.token);
  message->way.token = 0;
}

enum hanse_found stage_found(struct message *message, enum hanse_found found, const struct hanse_question *question) {
  struct way *way = &message->way;
  way->lasts = question->lasts;
  way->whole_entry = question->whole_entry;
  way->configured = question->configured;
  message->facts.through = question->through; /* both until stage_party, which keeps their texts */
  message->facts.terms = question->terms;
  if (found != HANSE_FOUND_LATER) stage_token_drop(message);
  if (found == HANSE_FOUND_LATER && way->resolved) found = (enum hanse_found)way->found;
  way->resolved = 0;
  way->found = (unsigned)found < UINT8_MAX ? (uint8_t)found : UINT8_MAX;
  return found;
}

int stage_party(struct message *message, const struct party *party) {
  struct hanse_facts *facts = &message->facts;
  message_partner_set(message, party->partner);
  facts->wire_type = party->wire_type;
  facts->federation = party->federation;
  facts->through = party->through;
  facts->terms = party->terms;
  int status = party->through.len ? hanse_copy(&message->kept.arena, party->through, &facts->through) : HANSE_OK;
  if (!status && party->terms.decoration.len)
    status = hanse_copy(&message->kept.arena, party->terms.decoration, &facts->terms.decoration);
  return status;
}

bool stage_link_serves(const struct message *message, uint8_t wire_type) {
  const struct link_upper *upper = &message->public.link->upper;
  return upper->pinned != message->router->now->number || upper->wire_type == wire_type;
}
