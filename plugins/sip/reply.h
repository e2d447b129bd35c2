/* Responses of our own to a request: RFC 3261 §8.2.6. */
#ifndef SIP_REPLY_H
#define SIP_REPLY_H

#include "plugins/sip/message.h"
#include "plugins/sip/received.h"

struct sip_line {
  struct hanse_slice name;
  struct hanse_slice value;
};

struct sip_reply {
  unsigned status;              /* 100..699 */
  struct hanse_slice reason;    /* at == NULL: the usual phrase for `status` */
  struct hanse_slice to_tag;    /* put on To when status > 100 and To has no tag; at == NULL: none */
  const struct sip_line *lines; /* further headers, e.g. Unsupported, Retry-After, Warning, Allow */
  size_t line_count;
  const struct sip_received *received; /* what the topmost Via is to say besides; NULL: nothing */
};

/* Octets of the response, or 0: the message cannot be answered (message->answerable is false) or a text of `reply` may
   not stand in a header. Written are the status line, every Via in order, verbatim but for `received`, From, To,
   Call-ID, CSeq, `lines` and Content-Length: 0. `message` may be one that sip_message_parse refused or
   sip_message_salvage read: headers that are missing or unreadable there are left out. */
size_t sip_reply_size(const struct sip_message *message, const struct sip_reply *reply);

/* Writes the response to `out`, which has room for sip_reply_size octets, and returns that number (0: see above). */
size_t sip_reply_write(const struct sip_message *message, const struct sip_reply *reply, char *out);

/* "Bad Request" for 400; the class's own phrase for a code without an entry. */
const char *sip_reason(unsigned status);

#endif
