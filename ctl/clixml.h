/* The XML that PowerShell's Export-Clixml writes ([MS-PSRP] §2.2.5): objects with named properties, as JSON. */
#ifndef CTL_CLIXML_H
#define CTL_CLIXML_H

#include <hanse/base.h>
#include <jansson.h>

#define CLIXML_OCTETS_MAX ((size_t)64 << 20) /* of one file */
#define CLIXML_DEPTH_MAX 48                  /* elements within elements */
#define CLIXML_VALUES_MAX 1000000            /* values of one file */

/* Appends an object for each top-level one:
     "type":  the names of its type, the most special one first, an array of strings
     "text":  what it says of itself (ToString), where it does
     "props": an object of its properties, in the order in which they stand
   A value is a string, null, an array (lists), or an object as above (what has properties of its own). true; false:
   `why` says what is wrong and in which line. There are no entities beyond XML's own: a text with a DOCTYPE is refused.
 */
bool clixml_read(const char *octets, size_t length, json_t *objects, char *why, size_t cap);

/* The text of a value: a string, or what an object says of itself; NULL: neither. Borrowed. */
const char *clixml_text(const json_t *value);
/* Undoes _xHHHH_ in place ([MS-PSRP] §2.2.5.3.2): octets of UTF-16, which became UTF-8 around them. */
void clixml_unescape(char *text);

#endif
