/* Request methods: RFC 3261 §7.1 and the IANA registry, with the ones that Lync and its successors speak. */
#ifndef SIP_METHOD_H
#define SIP_METHOD_H

#include <hanse/base.h>

enum sip_method {
  SIP_M_OTHER = 0, /* an extension method: compare its name */
  SIP_M_ACK,
  SIP_M_BYE,
  SIP_M_CANCEL,
  SIP_M_INFO,
  SIP_M_INVITE,
  SIP_M_MESSAGE,
  SIP_M_NOTIFY,
  SIP_M_OPTIONS,
  SIP_M_PRACK,
  SIP_M_PUBLISH,
  SIP_M_REFER,
  SIP_M_REGISTER,
  SIP_M_SUBSCRIBE,
  SIP_M_UPDATE,
  SIP_M_BENOTIFY,
  SIP_M_NEGOTIATE,
  SIP_M_SERVICE,
  SIP_M_COUNT
};

/* Case-sensitive, nothing is unescaped (RFC 3261 §7.1). */
enum sip_method sip_method_lookup(struct hanse_slice name);

/* "" for SIP_M_OTHER. */
const char *sip_method_name(enum sip_method method);

#endif
