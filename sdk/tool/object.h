/* Reads a shared object as a file: what it exports and needs, how it was linked. Nothing in it is believed: every place
   is checked against the file's length. */
#ifndef SDK_TOOL_OBJECT_H
#define SDK_TOOL_OBJECT_H

#include <hanse/base.h>

struct object_table { /* of symbols */
  uint64_t at, count;
  struct hanse_slice names;
};

struct object {
  struct hanse_slice content;                       /* borrowed */
  struct object_table dynamic_symbols, all_symbols; /* count 0: the file has none */
  bool bound_at_load;                               /* -z now */
  bool text_relocations;
  bool stack_is_said, stack_executable;
  bool never_unloaded;           /* -z nodelete */
  uint64_t relro_from, relro_to; /* addresses that are read-only once it is loaded */
};

struct object_symbol {
  const char *name; /* in the file, terminated */
  uint64_t address, size;
  uint16_t section;
  unsigned char binding, type, visibility;
};

struct object_section {
  const char *name;
  uint64_t address, size;
  bool writable, in_memory, thread_local;
};

/* `content` must have passed shared_object_check. HANSE_OK, or HANSE_INVALID: its headers contradict each other. */
int object_read(struct object *object, struct hanse_slice content);
/* False: there is no such symbol, or it lies about its name. */
bool object_symbol(const struct object *object, const struct object_table *table, uint64_t index,
                   struct object_symbol *out);
/* False: there is no such section. */
bool object_section(const struct object *object, size_t index, struct object_section *out);
size_t object_section_count(const struct object *object);
/* Is a symbol of the dynamic table one that others see? */
bool object_exports(const struct object_symbol *symbol);

#endif
