/* The Record-Route token: what a dialog needs of us, given to its parties to keep (RFC 3261 §16.6 step 4 lets a proxy
   put state there). Sealed, bound to the Call-ID, and checked against the present configuration on each use; nothing is
   remembered here. */
#ifndef SIP_TOKEN_H
#define SIP_TOKEN_H

#include <hanse/host.h>

#define SIP_TOKEN_PARAM "hanse" /* the URI parameter that carries it */

struct sip_token {
  enum hanse_side side; /* on which requests with it come in */
  enum hanse_wire_type wire_type;
  struct hanse_slice partner;    /* by name */
  struct hanse_slice target;     /* "host:port" where they went when the dialog was opened; empty: to who opened it */
  struct hanse_slice decoration; /* what people outside are called by in this dialog (hanse_terms); empty: themselves */
  struct hanse_slice beyond;     /* the other party's domain when neither is ours, as `partner` is who sends with it */
  struct hanse_slice tag; /* the From tag of who opened it: sealed, not carried, since each request of it has it */
};

/* key-id . payload . MAC in base64url, cut from the arena. HANSE_OK, HANSE_NOMEM, HANSE_INVALID (a name over 255
   octets), or what hanse_seal says. */
int sip_token_write(struct hanse_host *host, struct hanse_arena *arena, const struct sip_token *token,
                    struct hanse_slice call_id, struct hanse_slice *out);

/* What a request says of its dialog (RFC 3261 §12). */
struct sip_token_dialog {
  struct hanse_slice call_id, from_tag, to_tag; /* to_tag.at == NULL: none */
};

/* Reads and checks one, with the current and the previous key. HANSE_OK, HANSE_NOMEM, or HANSE_INVALID: not sealed by
   us, or for another dialog. The names of *out lie in the arena, out->tag is that one of the dialog's. */
int sip_token_read(struct hanse_host *host, struct hanse_arena *arena, struct hanse_slice text,
                   const struct sip_token_dialog *dialog, struct sip_token *out);

#endif
