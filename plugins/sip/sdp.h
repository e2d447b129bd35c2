/* The little that is read of session descriptions (RFC 8866), wherever they stand in a body: what its media are for. */
#ifndef SIP_SDP_H
#define SIP_SDP_H

#include <hanse/arena.h>
#include <hanse/facts.h>

struct sip_sdp {
  uint32_t modalities; /* HANSE_MODALITY_BIT of each medium that is not switched off; OTHER: one that is not known */
  struct hanse_slice file; /* name of the one file that is offered, as written; empty: none, several, or nameless */
  bool escaped;            /* … with %-escapes (RFC 5547 §6) */
};

/* Reads all lines of `body`, of all its parts, in linear time. What may hide media from us but not from the receiver
   (an encoded part, a lone CR) counts as OTHER. */
void sip_sdp_read(struct hanse_slice body, struct sip_sdp *out);

/* The file's name without escapes: in the body, or cut from the arena. HANSE_OK or HANSE_NOMEM; *out only on success.
 */
int sip_sdp_file_name(const struct sip_sdp *sdp, struct hanse_arena *arena, struct hanse_slice *out);

#endif
