#include "plugins/sip/method.h"

static const char *const names[SIP_M_COUNT] = {
    [SIP_M_OTHER] = "",
    [SIP_M_ACK] = "ACK",
    [SIP_M_BYE] = "BYE",
    [SIP_M_CANCEL] = "CANCEL",
    [SIP_M_INFO] = "INFO",
    [SIP_M_INVITE] = "INVITE",
    [SIP_M_MESSAGE] = "MESSAGE",
    [SIP_M_NOTIFY] = "NOTIFY",
    [SIP_M_OPTIONS] = "OPTIONS",
    [SIP_M_PRACK] = "PRACK",
    [SIP_M_PUBLISH] = "PUBLISH",
    [SIP_M_REFER] = "REFER",
    [SIP_M_REGISTER] = "REGISTER",
    [SIP_M_SUBSCRIBE] = "SUBSCRIBE",
    [SIP_M_UPDATE] = "UPDATE",
    [SIP_M_BENOTIFY] = "BENOTIFY",
    [SIP_M_NEGOTIATE] = "NEGOTIATE",
    [SIP_M_SERVICE] = "SERVICE",
};

#define KEY(first, len) ((unsigned)(first) << 8 | (unsigned)(len))

/* The only method that a name of this first letter and length can be. */
static enum sip_method candidate(char first, size_t len) {
  switch (KEY((unsigned char)first, len)) {
    case KEY('A', 3):
      return SIP_M_ACK;
    case KEY('B', 3):
      return SIP_M_BYE;
    case KEY('C', 6):
      return SIP_M_CANCEL;
    case KEY('I', 4):
      return SIP_M_INFO;
    case KEY('I', 6):
      return SIP_M_INVITE;
    case KEY('M', 7):
      return SIP_M_MESSAGE;
    case KEY('N', 6):
      return SIP_M_NOTIFY;
    case KEY('O', 7):
      return SIP_M_OPTIONS;
    case KEY('P', 5):
      return SIP_M_PRACK;
    case KEY('P', 7):
      return SIP_M_PUBLISH;
    case KEY('R', 5):
      return SIP_M_REFER;
    case KEY('R', 8):
      return SIP_M_REGISTER;
    case KEY('S', 9):
      return SIP_M_SUBSCRIBE;
    case KEY('U', 6):
      return SIP_M_UPDATE;
    case KEY('B', 8):
      return SIP_M_BENOTIFY;
    case KEY('N', 9):
      return SIP_M_NEGOTIATE;
    case KEY('S', 7):
      return SIP_M_SERVICE;
    default:
      return SIP_M_OTHER;
  }
}

enum sip_method sip_method_lookup(struct hanse_slice name) {
  if (name.len < 3 || name.len > 9) return SIP_M_OTHER;
  enum sip_method method = candidate(name.at[0], name.len);
  return memcmp(name.at, names[method], method ? name.len : 0) == 0 ? method : SIP_M_OTHER;
}

const char *sip_method_name(enum sip_method method) { return (unsigned)method < SIP_M_COUNT ? names[method] : ""; }
