/* What a proxy checks of a request by itself: RFC 3261 §16.3 and §16.4, RFC 5393, and that nobody is led through us by
   a Route of his own. Who sends, and where to, is the core's. */
#ifndef SIP_CHECK_H
#define SIP_CHECK_H

#include <hanse/message.h>

#include "plugins/sip/path.h"

struct sip_checked {
  struct sip_path path;
  uint32_t loop; /* sip_branch_loop_hash */
};

struct sip_line;

/* HANSE_F_NONE: *out is set. Otherwise why the request is refused. */
enum hanse_failure sip_check(struct sip *sip, const struct hanse_message *message, const struct sip_message *request,
                             struct sip_checked *out);

/* Whether this method may come from that side outside a dialog. */
enum hanse_failure sip_check_method(const struct sip *sip, enum hanse_side side, struct hanse_slice method);

/* The header that the refusal must carry: Unsupported with a 420 (§16.3 step 5), Allow with a 405. False: none. */
bool sip_check_line(const struct sip *sip, struct hanse_arena *arena, const struct sip_message *request,
                    enum hanse_failure failure, struct sip_line *out);

#endif
