/* Messages go on as lines, as they came. */
#include "PLUGIN_NAME.h"

void PLUGIN_NAME_free(struct PLUGIN_NAME *me, struct hanse_message *message) {
  hanse_ticket_close(me->host, message->ticket);
  hanse_message_free(me->host, message);
}

static struct hanse_message **find(struct PLUGIN_NAME *me, const struct hanse_message *message) {
  for (size_t i = 0; i < PLUGIN_NAME_WAITING; i++)
    if (me->waiting[i] == message) return &me->waiting[i];
  return NULL;
}

/* Writes it to the link, or tells the router why it could not be: that is counted and logged. */
void PLUGIN_NAME_finish(struct PLUGIN_NAME *me, struct hanse_message *m, struct hanse_link *link,
                        enum hanse_failure failure) {
  const struct hanse_refusal why = {.size = sizeof why, .failure = failure};
  char *room = link ? hanse_link_room(me->host, link, m->bytes.len) : NULL;
  if (room) memcpy(room, m->bytes.at, m->bytes.len);
  if (room) hanse_link_filled(me->host, link, m->bytes.len);
  if (!room) hanse_refused(me->host, m, &why);
  PLUGIN_NAME_free(me, m);
}

/* It passed all stages. The link to where it goes is there, or will be told to link_ready, or cannot be had. */
void PLUGIN_NAME_deliver(void *self, struct hanse_message *message, const struct hanse_route *route) {
  struct PLUGIN_NAME *me = self;
  struct hanse_message **place = find(me, NULL);
  struct hanse_link *link = NULL;
  int status = place ? hanse_link_want(me->host, message->ticket, route->targets[0], &link) : HANSE_NOMEM;
  if (status == HANSE_SKIP)
    *place = message;
  else
    PLUGIN_NAME_finish(me, message, link, status == HANSE_NOMEM ? HANSE_F_QUEUE_FULL : HANSE_F_CONNECT);
}
void PLUGIN_NAME_link_ready(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why) {
  *find(self, object) = NULL; /* the ticket's object, as it was given to hanse_ticket_open */
  PLUGIN_NAME_finish(self, object, link, why && !link ? why->failure : HANSE_F_LINK_LOST);
}
/* A stage said no. A protocol with answers would say so on message->link. */
void PLUGIN_NAME_refuse(void *self, struct hanse_message *message, const struct hanse_refusal *why) {
  (void)why;
  PLUGIN_NAME_free(self, message);
}
