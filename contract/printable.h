/* Which octets may be shown as they are, in a line of the log, in an answer of the control socket, on a terminal. What
   others wrote must neither move the cursor nor turn the direction of writing nor look like a second line. */
#ifndef CONTRACT_PRINTABLE_H
#define CONTRACT_PRINTABLE_H

#include <hanse/base.h>

/* How many of the `len` octets at `at` (at least one) form one character that is shown as it is; 0: the first octet is
   written as \xNN. Not shown: C0 and C1 controls, DEL, bidi controls, line and paragraph separator, byte order mark,
   tags, and whatever is not UTF-8 (RFC 3629). */
size_t printable_step(const char *at, size_t len);

/* Whether every character is shown as it is. */
bool printable_all(struct hanse_slice text);

/* Writes at most `cap` octets of the shown form of `text` to out: \xNN for what is not shown. No NUL, and never half a
   character or half an escape. A shown form is its own shown form. Returns octets written; *rest (may be NULL) is the
   part of `text` that found no room. */
size_t printable_copy(struct hanse_slice text, char *out, size_t cap, struct hanse_slice *rest);

#endif
