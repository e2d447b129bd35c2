/* PROTOCOL: turns bytes into messages and back. */
#ifndef HANSE_PROTOCOL_H
#define HANSE_PROTOCOL_H

#include <hanse/lifted.h>
#include <hanse/message.h>
#include <hanse/probe.h>

HANSE_BEGIN

/* Which names of a certificate count as proved (RFC 5922 §7.1 for SIP; RFC 6120 §13.7.1.2 for XMPP). */
enum hanse_identity_rule { HANSE_IDENTITY_SIP = 1, HANSE_IDENTITY_XMPP = 2 };

/* What came on a link and was not taken yet. */
struct hanse_input {
  uint32_t size;
  uint32_t budget;   /* in: messages that may be taken this turn; out: what is left */
  const char *bytes; /* unread input, contiguous; writable by nobody */
  size_t len;        /* of `bytes` */
  size_t *scanned;   /* the link's note of how far `bytes` was searched for the end of a message, in whatever form the
                        protocol likes; the core sets it to 0 whenever octets are consumed */
  bool ended;        /* the far end will send no more */
};

/* Why a link is gone. */
enum hanse_close {
  HANSE_CLOSE_PEER = 1,  /* the far end closed */
  HANSE_CLOSE_ERROR = 2, /* the connection broke */
  HANSE_CLOSE_OURS = 3,  /* we closed it */
  HANSE_CLOSE_IDLE = 4   /* nothing came on it for limits.idle_timeout */
};

/* What a plugin offers that is a protocol. All slots down to link_close must be set. "Takes" means that the protocol
   holds the message from then on, and frees it. */
struct hanse_protocol {
  uint32_t size;
  uint32_t identity; /* enum hanse_identity_rule */

  /* A link is ready for this protocol: handshake done, names proved. Returns HANSE_OK, or a negative value: close it.
     Also called for each open link when an instance takes the links over from its predecessor. */
  int (*link_open)(void *self, struct hanse_link *link);

  /* Takes as many whole messages from in->bytes as in->budget allows; for each: hanse_message_new, facts,
     hanse_submit_take or hanse_answer_take. Returns how many octets it consumed. After an error that loses the
     framing it calls hanse_link_shut and returns in->len. */
  size_t (*input)(void *self, struct hanse_link *link, struct hanse_input *in);

  /* One whole message that another instance framed but whose ticket is ours (hanse_hand_over). */
  void (*hand_over)(void *self, struct hanse_link *link, struct hanse_slice bytes);

  /* The message begins to wait inside a stage (a deferred verdict, a name to be resolved). Called once, at most. */
  void (*waiting)(void *self, struct hanse_message *message);

  /* The message passed all stages: send it to the first target that takes it. Takes the message. `route` lives as long
     as the message. */
  void (*deliver)(void *self, struct hanse_message *message, const struct hanse_route *route);

  /* The message was refused by a stage: say so to whoever sent it. Takes the message. */
  void (*refuse)(void *self, struct hanse_message *message, const struct hanse_refusal *why);

  /* An answer to the open transaction `object` passed the ANSWER policies (denied == NULL), or one of them denied it.
     Takes the answer. The message's marks are in answer->marks. */
  void (*answer)(void *self, void *object, struct hanse_message *answer, const struct hanse_refusal *denied);

  /* A link that hanse_link_want asked for is there (link != NULL, failure HANSE_F_NONE), or it will not come. */
  void (*link_ready)(void *self, void *object, struct hanse_link *link, const struct hanse_refusal *why);

  /* A link that the transaction rides on (hanse_ticket_ride) is closed. */
  void (*link_lost)(void *self, void *object, struct hanse_link *link);

  /* Nothing was received on the link for the keepalive interval: send what keeps it alive. */
  void (*keepalive)(void *self, struct hanse_link *link);

  /* The link is gone. Not called for links that pass to a successor. */
  void (*link_close)(void *self, struct hanse_link *link, enum hanse_close why);

  /* For explain: why the protocol itself refuses messages of this method that come from this side and belong to no
     conversation, before they are judged; HANSE_F_NONE: it does not. May be NULL. */
  enum hanse_failure (*screen)(void *self, enum hanse_side from, struct hanse_slice method);

  /* How others' servers are found and asked. May be NULL: `hansectl probe` then ends with the handshake. */
  const struct hanse_probe *probe;

  /* ---- between protocols; each may be NULL, then nothing goes that way ---- */

  /* The message passed all stages, and its target speaks another protocol: puts it into neutral form, with the text
     that marks put in its place. Its texts live until `lower` has returned. HANSE_F_NONE; HANSE_F_FOREIGN,
     HANSE_F_FOREIGN_CONTENT or another reason why it has no neutral form. */
  enum hanse_failure (*lift)(void *self, struct hanse_message *message, struct hanse_lifted *lifted);

  /* Makes a message of this protocol of the neutral form: `message` is new, without octets and native form; facts that
     are the core's, marks and message->link are those of the message that was lifted, and nothing may be written to
     that link. States its facts, opens its ticket. HANSE_F_NONE: `deliver` follows, and whatever becomes of it is told
     by hanse_concluded, once. Otherwise why it cannot be expressed; it leaves nothing behind. */
  enum hanse_failure (*lower)(void *self, struct hanse_message *message, const struct hanse_lifted *lifted);

  /* The other side has answered a message that was lifted: says so to whoever sent it. `status` is 200 to 699, a class
     of SIP's. Takes the message. Not called when it was not reached: then `refuse` is. */
  void (*conclude)(void *self, struct hanse_message *message, uint16_t status);
};

HANSE_END
#endif
