/* Whether a file may be given to the dynamic loader, which believes the lengths that it reads and dies of a SIGBUS on a
   file that was copied only in part. */
#ifndef CONTRACT_SHARED_OBJECT_H
#define CONTRACT_SHARED_OBJECT_H

#include <hanse/base.h>

/* Is this a whole ELF file of this machine's word size, a shared object? HANSE_OK, or HANSE_INVALID: `why` (of `cap`
   octets) says what is wrong and what to do. */
int shared_object_check(struct hanse_slice content, char *why, size_t cap);
/* What to do about a reason that dlerror() gave. */
const char *shared_object_cure(const char *why);

#endif
