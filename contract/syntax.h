/* What is wrong with a text that libconfig calls a "syntax error". */
#ifndef CONTRACT_SYNTAX_H
#define CONTRACT_SYNTAX_H

#include <hanse/base.h>

/* Walks the text by libconfig's grammar to the first token that does not fit. true: *why (of `cap` bytes) says what is
   wrong and what to do, and *line where. false: nothing wrong was found, or no memory; both are unchanged. */
bool syntax_explain(struct hanse_slice text, char *why, size_t cap, unsigned *line);

#endif
