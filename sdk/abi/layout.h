/* What the tables of layouts beside this are made of: nothing of it compiles where the present headers say otherwise.
 */
#ifndef ABI_LAYOUT_H
#define ABI_LAYOUT_H

#include <stdarg.h>
#include <stddef.h>

/* Where numbers and pointers are as they were when the tables were written. */
#if defined __LP64__ && defined __BYTE_ORDER__ && __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define LAYOUT_MACHINE 1
#else
#define LAYOUT_MACHINE 0
#endif

#define LAYOUT_SAYS "is not as it was saved; tools/abi.sh check says what to do"

/* One that grows may have grown since an older minor. */
#define LAYOUT_GROWS(type, octets) \
  (HANSE_ABI_MINOR == LAYOUT_SAVED_MINOR ? sizeof(struct type) == (octets) : sizeof(struct type) >= (octets))
#define LAYOUT_FIXED(type, octets) (sizeof(struct type) == (octets))

#define STRUCT(type, octets, how) _Static_assert(LAYOUT_##how(type, octets), "struct " #type " " LAYOUT_SAYS);
#define FIELD(type, field, at, ...)                                                                  \
  _Static_assert(offsetof(struct type, field) == (at), "struct " #type ", " #field " " LAYOUT_SAYS); \
  _Static_assert(__builtin_types_compatible_p(__typeof__(((struct type *)0)->field), __VA_ARGS__),   \
                 "struct " #type ", " #field " " LAYOUT_SAYS);
#define VALUE(name, value) _Static_assert((long)(name) == (value), #name " " LAYOUT_SAYS);
#define CONSTANT(name, value) _Static_assert((name) == (value), #name " " LAYOUT_SAYS);
#define TEXT(name, text) _Static_assert(__builtin_strcmp(name, text) == 0, #name " " LAYOUT_SAYS);

#endif
