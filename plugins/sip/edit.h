/* Changes to a parsed message, and the one pass that writes it with them. What no edit touches leaves octet by octet as
   it came, folds and unknown headers included; only Content-Length is always written anew, in its own place. */
#ifndef SIP_EDIT_H
#define SIP_EDIT_H

#include "plugins/sip/message.h"
#include "plugins/sip/sink.h"

enum { SIP_EDIT_WORD = 64 };

struct sip_edit;
struct sip_edit_list;

/* Belongs to one message and one arena; all texts that are handed in must live until the message is written. */
struct sip_edits {
  struct hanse_arena *arena;
  const struct sip_message *message;
  struct sip_edit_list *places; /* private: one list for the start line, each header, and the end … */
  uint64_t touched[5];          /* … and a bit for each that says something; the others are not even cleared */
  struct hanse_slice body;      /* private: the body that is written */
  size_t added;                 /* private: octets of all new texts and lines */
  unsigned count;
};

/* Starts an empty list. `message` stays as it is. HANSE_OK or HANSE_NOMEM. */
int sip_edits_init(struct sip_edits *edits, struct hanse_arena *arena, const struct sip_message *message);

/* All of the following return HANSE_OK, HANSE_NOMEM (arena, SIP_EDITS_MAX) or HANSE_INVALID: a text with CR, LF, NUL or
   another control character except HTAB (sip_unfold makes a folded value fit), a name that is no token, a place that
   does not exist, Content-Length, or octets that an earlier edit replaces in part or as part of more. An edit makes
   earlier ones void that lie wholly inside the same octets, so the later of two values of one place stands. Headers are
   given by number. */

/* Replaces octets inside the start line or inside one header line by `text`: `part` is a slice of the message, e.g.
   message->uri.host, message->from.uri.host, message->uri.text. An empty part inserts. */
int sip_edit_replace(struct sip_edits *edits, struct hanse_slice part, struct hanse_slice text);

/* Replaces the value of a header; its name stays as written. */
int sip_edit_value(struct sip_edits *edits, unsigned header, struct hanse_slice value);

/* Deletes a header line. Other edits inside it are void; insertions before and after it stay. Twice is the same as
 * once. */
int sip_edit_delete(struct sip_edits *edits, unsigned header);

/* Deletes the first n entries of a comma header; the whole line when it has no more than n. */
int sip_edit_drop_entries(struct sip_edits *edits, unsigned header, unsigned n);

/* New line "name: value". Several at one place stand in the order of the calls, except that sip_edit_top puts the later
   call above the earlier one (as a stack of Via or Record-Route grows). */
int sip_edit_top(struct sip_edits *edits, struct hanse_slice name, struct hanse_slice value);
int sip_edit_before(struct sip_edits *edits, unsigned header, struct hanse_slice name, struct hanse_slice value);
int sip_edit_after(struct sip_edits *edits, unsigned header, struct hanse_slice name, struct hanse_slice value);
int sip_edit_append(struct sip_edits *edits, struct hanse_slice name, struct hanse_slice value);

/* Another body, any octets. Content-Length follows; Content-Type is the caller's. */
void sip_edit_body(struct sip_edits *edits, struct hanse_slice body);

/* Does any edit concern the start line (0) or header 1 … count? If not it leaves as it came. */
static inline bool sip_edit_concerns(const struct sip_edits *edits, unsigned header) {
  return edits->touched[header / SIP_EDIT_WORD] >> header % SIP_EDIT_WORD & 1;
}

/* Puts one line as it will be written, from the octet `skip` on: header 1 … count with the new lines behind it, or the
   start line (0). Nothing of a deleted header but those. */
void sip_edit_put(const struct sip_edits *edits, unsigned header, size_t skip, struct sip_sink *sink);

/* Octets that sip_edit_write may write at most: all of the message and all that is new. */
size_t sip_edit_room(const struct sip_edits *edits);

/* Writes the message to `out`, which has room for sip_edit_room octets. Returns the octets written. */
size_t sip_edit_write(const struct sip_edits *edits, char *out);

/* True when `text` may stand in a start line or header: no control character but HTAB. The one gate for all new text.
 */
bool sip_text_is_clean(struct hanse_slice text);

#endif
