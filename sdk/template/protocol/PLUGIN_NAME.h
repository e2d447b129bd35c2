/* What the files of PLUGIN_NAME share: messages come in PLUGIN_NAME_input.c and go out in PLUGIN_NAME_output.c. */
#ifndef PLUGIN_NAME_H
#define PLUGIN_NAME_H

#include <hanse/plugin.h>

enum { PLUGIN_NAME_WAITING = 64 }; /* every queue has a bound */

/* All state hangs on the instance: a reload runs two of them side by side, so there are no static variables. */
struct PLUGIN_NAME {
  struct hanse_host *host;
  struct hanse_message *waiting[PLUGIN_NAME_WAITING]; /* passed, and their links are not there yet; NULL: free */
};

/* The slot `input`: octets become messages. */
size_t PLUGIN_NAME_input(void *self, struct hanse_link *link, struct hanse_input *in);

/* The slots that a message ends in once the stages have judged it. */
void PLUGIN_NAME_deliver(void *self, struct hanse_message *message, const struct hanse_route *route);
void PLUGIN_NAME_link_ready(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why);
void PLUGIN_NAME_refuse(void *self, struct hanse_message *message, const struct hanse_refusal *why);

/* Writes the message to the link, or (NULL) tells why it could not be written. Takes the message. */
void PLUGIN_NAME_finish(struct PLUGIN_NAME *me, struct hanse_message *message, struct hanse_link *link,
                        enum hanse_failure failure);
/* The end of a message and of its ticket. */
void PLUGIN_NAME_free(struct PLUGIN_NAME *me, struct hanse_message *message);

#endif
