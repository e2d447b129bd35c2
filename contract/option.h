/* Converts one group of the configuration into a settings struct, by an option table. */
#ifndef CONTRACT_OPTION_H
#define CONTRACT_OPTION_H

#include <hanse/option.h>
#include <libconfig.h>
#include <sys/types.h>

#include "contract/option_pool.h"
#include "contract/problem.h"

/* A flag of the core's own tables: names that the list's group table does not have are not reported, because another
   table has them (a module's, a federation type's). */
#define OPTION_OPEN 0x100u

/* A group as it was written: in one place, or (top-level groups) in several files that add to each other. */
struct option_group {
  const config_setting_t *const *parts; /* borrowed; none: nobody wrote it */
  size_t count;
  const char *label; /* for problems: "log", "partners entry" */
};

/* A name that was written and must exist; checked when all names are known. */
struct option_reference {
  const char *refers;      /* the list, from the option table */
  const char *option;      /* the option's name */
  struct hanse_slice name; /* these live in the pool into which it was converted */
  struct hanse_where where;
};

struct option_references {
  struct option_reference *items; /* owned, with free() */
  size_t count, capacity;
};

/* What conversions share. All borrowed. */
struct option_reader {
  struct option_pool *pool; /* receives what the struct points to */
  struct problem_list *problems;
  struct option_references *references; /* NULL: references are not collected */
  uid_t user;                           /* whose files are believed, besides root's */
  bool incomplete; /* a file could not be read: what is missing in a group of several files is not reported */
};

/* Fills the struct at `out` (zeroed here first, `size` bytes). Names in `also` (may be NULL) are known but not
   converted here. Every mistake is reported; the conversion goes on to the end. HANSE_OK; HANSE_INVALID after at least
   one error was reported (*out then holds what could be converted); HANSE_NOMEM. */
int option_convert(struct option_reader *reader, const struct option_group *group, const struct hanse_option *table,
                   const struct hanse_option *also, void *out, size_t size);
/* The places where `name` was written in the group: *found gets up to `max` settings. Returns how many there are. */
size_t option_find(const struct option_group *group, const char *name, const config_setting_t **found, size_t max);
/* The first setting `name` in the group `inner` of the group, as in dns.forwarders; NULL: nobody wrote it. */
const config_setting_t *option_find_inner(const struct option_group *group, const char *inner, const char *name);
/* The first place of a setting, or of its group when it was not written. */
struct hanse_where option_origin(const struct option_group *group, const char *name);
/* Where a group begins; file NULL when nobody wrote it. */
struct hanse_where option_group_origin(const struct option_group *group);

/* Whether a table that somebody else wrote is sound: types, flags, bounds and defaults that convert, fields inside
   `size` bytes, no name twice nor among those of `also`. Reports as errors without a place that begin with `who`. */
int option_check_table(const char *who, const struct hanse_option *table, const struct hanse_option *also, size_t size,
                       struct problem_list *problems);

/* The C size of one value of this type; group_size for groups. */
size_t option_value_size(const struct hanse_option *option);

#endif
