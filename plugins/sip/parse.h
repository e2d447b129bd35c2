/* From octets to a parsed message. RFC 3261 §7. */
#ifndef SIP_PARSE_H
#define SIP_PARSE_H

#include "plugins/sip/message.h"

/* Parses one whole message as sip_frame cut it. HANSE_F_NONE: everything above is set. Otherwise why not (PARSE,
   TOO_LARGE, VERSION, SCHEME, MEMORY), with out->problem and as much of `out` as sip_reply needs when out->answerable.
   What a proxy decides is only exposed: Max-Forwards 0, Proxy-Require, methods. A response that fails is to be dropped.
   `out` lives as long as `arena` and `bytes`. */
enum hanse_failure sip_message_parse(struct hanse_arena *arena, struct hanse_slice bytes, struct sip_message *out);

/* The same in two steps, for what comes in: a response's From and To are read when it is known what it answers.
   sip_message_parse_arrived leaves them out; sip_message_parse_answer, called after it, reads them: what repeats the
   request's has only text, uri.user, uri.host and tag then. NULL: the request's are not known. */
enum hanse_failure sip_message_parse_arrived(struct hanse_arena *arena, struct hanse_slice bytes,
                                             struct sip_message *out);
enum hanse_failure sip_message_parse_answer(struct sip_message *response, const struct sip_asked *from,
                                            const struct sip_asked *to);

/* Reads what can be read of a request that could not be framed: `bytes` are the whole lines that are there
   (sip_frame.head). True: out->answerable, sip_reply can write a stateless 400; nothing else of `out` may be used. */
bool sip_message_salvage(struct hanse_arena *arena, struct hanse_slice bytes, struct sip_message *out);

#endif
