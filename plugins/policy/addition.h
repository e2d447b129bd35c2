/* A sentence of ours added to somebody's text: what several policies do to texts in the same way. */
#ifndef POLICY_ADDITION_H
#define POLICY_ADDITION_H

#include <hanse/arena.h>
#include <hanse/facts.h>

enum addition_place { ADDITION_BEFORE = 1, ADDITION_AFTER = 2 };
enum addition_form { ADDITION_NONE = 0, ADDITION_PLAIN = 1, ADDITION_HTML = 2 };

/* How a text of this media type takes an addition; NONE: not at all. */
enum addition_form addition_form(struct hanse_slice media_type);

/* `text` with a line of its own for `sentence` (UTF-8), before or behind it; in HTML escaped and inside the body.
   Linear in both. HANSE_OK or HANSE_NOMEM; *out, cut from the arena, only on success. */
int addition_make(struct hanse_arena *arena, struct hanse_slice text, enum addition_form form,
                  struct hanse_slice sentence, enum addition_place place, struct hanse_slice *out);

/* What the message will say: the text as policies before have changed it. */
static inline struct hanse_slice addition_text(const struct hanse_facts *facts, const struct hanse_marks *marks) {
  return marks->set & HANSE_MARK_TEXT ? marks->text : facts->text;
}

#endif
