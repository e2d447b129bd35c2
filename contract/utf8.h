/* UTF-8 (RFC 3629): what is passed on in JSON must be well-formed. */
#ifndef CONTRACT_UTF8_H
#define CONTRACT_UTF8_H

#include <hanse/base.h>

/* The length of the character at the front of the text; 0: what stands there is not UTF-8 (or the text is empty). */
size_t utf8_first(struct hanse_slice text);
bool utf8_valid(struct hanse_slice text);

#endif
