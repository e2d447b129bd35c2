/* Route processing of a proxy: RFC 3261 §16.4 and §16.6 steps 6 and 7, with two entries of ours in each route set, one
   for either side (RFC 5658 §4). */
#ifndef SIP_PATH_H
#define SIP_PATH_H

#include "plugins/sip/edit.h"
#include "plugins/sip/sip.h"
#include "plugins/sip/token.h"

/* What the Route headers of a request say. */
struct sip_path {
  unsigned own;     /* entries on top that name us: they go */
  unsigned entries; /* in all */
  unsigned last;    /* number of the header line that holds the last one */
  bool strict_in;   /* the previous hop is a strict router: our own entry is the Request-URI, the last Route is what
                       it was (§16.4) */
  bool strict_out;  /* the next entry has no lr: it becomes the Request-URI (§16.6 step 6) */
  bool sealed;      /* `token` is ours and was made for this side and this dialog */
  struct sip_token token;
  struct hanse_slice next; /* entry that strict_out concerns, with its brackets */
  struct hanse_slice back; /* entry that strict_in concerns */
};

/* Reads them. HANSE_F_NONE, PARSE (static sentence in *problem), TOO_LARGE or MEMORY. *out only on success. */
enum hanse_failure sip_path_read(struct sip *sip, struct hanse_arena *arena, const struct hanse_link *link,
                                 const struct sip_message *request, struct sip_path *out, const char **problem);

/* Do entries remain that are not ours? */
bool sip_path_goes_on(const struct sip_path *path);

/* Takes our entries off, and turns Request-URI and Route round for strict routers. HANSE_OK, NOMEM, INVALID. */
int sip_path_edit(struct sip_edits *edits, const struct sip_path *path);

#endif
