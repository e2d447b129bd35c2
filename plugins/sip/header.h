/* The header fields that Hanse knows by name: RFC 3261 §20 and §7.3.3 (compact forms), and what federations use. */
#ifndef SIP_HEADER_H
#define SIP_HEADER_H

#include <hanse/base.h>

/* X(identifier, name, its length, first and last letter in lower case, compact form or 0, flags). Length and letters
   are the key of the lookup; two rows with one key do not compile, a unit test compares them with the name.
 */
#define SIP_HEADERS(X)                                                                    \
  X(VIA, "Via", 3, 'v', 'a', 'v', SIP_HEADER_LIST)                                        \
  X(FROM, "From", 4, 'f', 'm', 'f', SIP_HEADER_ONCE)                                      \
  X(TO, "To", 2, 't', 'o', 't', SIP_HEADER_ONCE)                                          \
  X(CALL_ID, "Call-ID", 7, 'c', 'd', 'i', SIP_HEADER_ONCE)                                \
  X(CSEQ, "CSeq", 4, 'c', 'q', 0, SIP_HEADER_ONCE)                                        \
  X(MAX_FORWARDS, "Max-Forwards", 12, 'm', 's', 0, SIP_HEADER_ONCE)                       \
  X(MAX_BREADTH, "Max-Breadth", 11, 'm', 'h', 0, SIP_HEADER_ONCE)                         \
  X(CONTENT_LENGTH, "Content-Length", 14, 'c', 'h', 'l', SIP_HEADER_ONCE)                 \
  X(CONTENT_TYPE, "Content-Type", 12, 'c', 'e', 'c', SIP_HEADER_ONCE)                     \
  X(CONTENT_ENCODING, "Content-Encoding", 16, 'c', 'g', 'e', SIP_HEADER_LIST)             \
  X(CONTENT_DISPOSITION, "Content-Disposition", 19, 'c', 'n', 0, 0)                       \
  X(CONTACT, "Contact", 7, 'c', 't', 'm', SIP_HEADER_LIST)                                \
  X(ROUTE, "Route", 5, 'r', 'e', 0, SIP_HEADER_LIST)                                      \
  X(RECORD_ROUTE, "Record-Route", 12, 'r', 'e', 0, SIP_HEADER_LIST)                       \
  X(PATH, "Path", 4, 'p', 'h', 0, SIP_HEADER_LIST)                                        \
  X(SERVICE_ROUTE, "Service-Route", 13, 's', 'e', 0, SIP_HEADER_LIST)                     \
  X(REQUIRE, "Require", 7, 'r', 'e', 0, SIP_HEADER_LIST)                                  \
  X(PROXY_REQUIRE, "Proxy-Require", 13, 'p', 'e', 0, SIP_HEADER_LIST)                     \
  X(SUPPORTED, "Supported", 9, 's', 'd', 'k', SIP_HEADER_LIST)                            \
  X(UNSUPPORTED, "Unsupported", 11, 'u', 'd', 0, SIP_HEADER_LIST)                         \
  X(ALLOW, "Allow", 5, 'a', 'w', 0, SIP_HEADER_LIST)                                      \
  X(ACCEPT, "Accept", 6, 'a', 't', 0, SIP_HEADER_LIST)                                    \
  X(ACCEPT_CONTACT, "Accept-Contact", 14, 'a', 't', 'a', SIP_HEADER_LIST)                 \
  X(REJECT_CONTACT, "Reject-Contact", 14, 'r', 't', 'j', SIP_HEADER_LIST)                 \
  X(REQUEST_DISPOSITION, "Request-Disposition", 19, 'r', 'n', 'd', SIP_HEADER_LIST)       \
  X(EVENT, "Event", 5, 'e', 't', 'o', SIP_HEADER_ONCE)                                    \
  X(ALLOW_EVENTS, "Allow-Events", 12, 'a', 's', 'u', SIP_HEADER_LIST)                     \
  X(SUBSCRIPTION_STATE, "Subscription-State", 18, 's', 'e', 0, SIP_HEADER_ONCE)           \
  X(EXPIRES, "Expires", 7, 'e', 's', 0, SIP_HEADER_ONCE)                                  \
  X(MIN_EXPIRES, "Min-Expires", 11, 'm', 's', 0, 0)                                       \
  X(SESSION_EXPIRES, "Session-Expires", 15, 's', 's', 'x', 0)                             \
  X(RETRY_AFTER, "Retry-After", 11, 'r', 'r', 0, 0)                                       \
  X(SUBJECT, "Subject", 7, 's', 't', 's', 0)                                              \
  X(DATE, "Date", 4, 'd', 'e', 0, 0)                                                      \
  X(TIMESTAMP, "Timestamp", 9, 't', 'p', 0, 0)                                            \
  X(REFER_TO, "Refer-To", 8, 'r', 'o', 'r', 0)                                            \
  X(REFERRED_BY, "Referred-By", 11, 'r', 'y', 'b', 0)                                     \
  X(REPLACES, "Replaces", 8, 'r', 's', 0, 0)                                              \
  X(REASON, "Reason", 6, 'r', 'n', 0, SIP_HEADER_LIST)                                    \
  X(WARNING, "Warning", 7, 'w', 'g', 0, SIP_HEADER_LIST)                                  \
  X(USER_AGENT, "User-Agent", 10, 'u', 't', 0, 0)                                         \
  X(SERVER, "Server", 6, 's', 'r', 0, 0)                                                  \
  X(AUTHORIZATION, "Authorization", 13, 'a', 'n', 0, 0)                                   \
  X(PROXY_AUTHORIZATION, "Proxy-Authorization", 19, 'p', 'n', 0, 0)                       \
  X(WWW_AUTHENTICATE, "WWW-Authenticate", 16, 'w', 'e', 0, 0)                             \
  X(PROXY_AUTHENTICATE, "Proxy-Authenticate", 18, 'p', 'e', 0, 0)                         \
  X(AUTHENTICATION_INFO, "Authentication-Info", 19, 'a', 'o', 0, 0)                       \
  X(PROXY_AUTHENTICATION_INFO, "Proxy-Authentication-Info", 25, 'p', 'o', 0, 0)           \
  X(P_ASSERTED_IDENTITY, "P-Asserted-Identity", 19, 'p', 'y', 0, SIP_HEADER_LIST)         \
  X(P_PREFERRED_IDENTITY, "P-Preferred-Identity", 20, 'p', 'y', 0, SIP_HEADER_LIST)       \
  X(REMOTE_PARTY_ID, "Remote-Party-ID", 15, 'r', 'd', 0, SIP_HEADER_LIST)                 \
  X(IDENTITY, "Identity", 8, 'i', 'y', 'y', 0)                                            \
  X(IDENTITY_INFO, "Identity-Info", 13, 'i', 'o', 'n', 0)                                 \
  X(HISTORY_INFO, "History-Info", 12, 'h', 'o', 0, SIP_HEADER_LIST)                       \
  X(DIVERSION, "Diversion", 9, 'd', 'n', 0, SIP_HEADER_LIST)                              \
  X(PRIVACY, "Privacy", 7, 'p', 'y', 0, 0)                                                \
  X(MS_ASSERTED_VERIFICATION_LEVEL, "ms-asserted-verification-level", 30, 'm', 'l', 0, 0) \
  X(MS_DIAGNOSTICS, "ms-diagnostics", 14, 'm', 's', 0, 0)                                 \
  X(MS_DIAGNOSTICS_PUBLIC, "ms-diagnostics-public", 21, 'm', 'c', 0, 0)                   \
  X(MS_EDGE_PROXY_MESSAGE_TRUST, "ms-edge-proxy-message-trust", 27, 'm', 't', 0, 0)

#define SIP_HEADER_ONCE 1u /* a second one, in either form, makes the message unacceptable */
#define SIP_HEADER_LIST 2u /* a comma list: lines may be split and joined (RFC 3261 §7.3.1) */

enum sip_header_id {
  SIP_H_OTHER = 0, /* none of these: passed on as it is */
#define SIP_HEADER_ID(id, name, len, first, last, compact, flags) SIP_H_##id,
  SIP_HEADERS(SIP_HEADER_ID)
#undef SIP_HEADER_ID
      SIP_H_COUNT
};

struct sip_header_kind {
  const char *name; /* the long form as the RFCs write it; "" for SIP_H_OTHER */
  char compact;     /* lower case, 0: has none */
  unsigned char flags;
};

/* Finds a header by its long or compact name, in any letter case. `name` must be a token (no blanks around it). */
enum sip_header_id sip_header_lookup(struct hanse_slice name);

/* Never NULL. */
const struct sip_header_kind *sip_header_kind(enum sip_header_id id);

#endif
