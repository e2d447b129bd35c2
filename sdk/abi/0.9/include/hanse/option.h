/* Options are declared, not parsed: a table names each setting, its type and its bounds; the core converts and
   validates, and fills the plugin's settings struct before the plugin runs. The sample configuration, the manual and
   the error messages come from the same table. */
#ifndef HANSE_OPTION_H
#define HANSE_OPTION_H

#include <hanse/base.h>

HANSE_BEGIN

/* The C type that the field at `offset` must have stands beside each type. */
enum hanse_option_type {
  HANSE_END_OF_OPTIONS = 0,
  HANSE_BOOL = 1,       /* bool */
  HANSE_INT = 2,        /* int64_t */
  HANSE_SIZE = 3,       /* uint64_t, bytes: "64k", "1M" (powers of 1024) */
  HANSE_DURATION = 4,   /* hanse_time: "500ms", "30s", "5m", "8h", "1d" */
  HANSE_RATE = 5,       /* struct hanse_rate (base.h): "20/s", "600/m", "1000/h" */
  HANSE_STRING = 6,     /* struct hanse_slice, NUL-terminated */
  HANSE_SECRET = 7,     /* struct hanse_slice; named in a file, never printed */
  HANSE_FILE = 8,       /* struct hanse_file: read by the core, compared by content at a reload */
  HANSE_ADDRESS = 9,    /* struct hanse_address: "host:port", "[v6]:port", "host" */
  HANSE_DOMAIN = 10,    /* struct hanse_domain: canonical (A-labels, lower case, no trailing dot) */
  HANSE_PATTERN = 11,   /* struct hanse_domain: a domain that stands for itself and all below it */
  HANSE_ENUM = 12,      /* int: the value of the choice */
  HANSE_GROUP = 13,     /* a struct, laid out by `group` */
  HANSE_REFERENCE = 14, /* struct hanse_slice: a name of the list that `refers` names, which must exist */
  HANSE_ORIGIN = 15     /* struct hanse_where: not written by anybody, filled with the group's file and line */
};

/* Bits of hanse_option.flags. */
enum hanse_option_flag {
  HANSE_REQUIRED = 1, /* no default: leaving it out is an error */
  HANSE_LIST = 2,     /* struct hanse_list of the type; [ … ] for scalars, ( … ) for groups */
  HANSE_HIDDEN = 4,   /* not in the sample configuration */
  HANSE_HOST_NAME = 8 /* HANSE_ADDRESS: a name, no literal address */
};

/* What fields of these types hold. All that they point to lives as long as the settings, until `destroy`. */

/* HANSE_FILE */
struct hanse_file {
  struct hanse_slice path;    /* absolute, NUL-terminated */
  struct hanse_slice content; /* NUL-terminated behind its length; at most 1 MiB */
};
/* HANSE_ADDRESS */
struct hanse_address {
  struct hanse_slice host; /* canonical name or literal address without brackets; NUL-terminated */
  uint16_t port;           /* 0: none was written */
  struct hanse_where where;
};
/* HANSE_DOMAIN, HANSE_PATTERN */
struct hanse_domain {
  struct hanse_slice name; /* canonical, NUL-terminated */
  struct hanse_where where;
};
/* Any type with HANSE_LIST */
struct hanse_list {
  size_t count;      /* 0: empty, or not written and without a default */
  const void *items; /* an array of the C type of the option */
};

/* One word of a HANSE_ENUM. */
struct hanse_choice {
  const char *name; /* NULL ends the table */
  int value;
};

/* One row of a table. Tables are const, end with HANSE_OPTIONS_END, and are judged when the plugin is loaded: defaults
   and bounds must convert, fields lie within the struct, names stand once. */
struct hanse_option {
  const char *name; /* what the administrator writes */
  enum hanse_option_type type;
  unsigned flags;                     /* enum hanse_option_flag, or-ed */
  size_t offset;                      /* of the field in the settings struct */
  const char *fallback;               /* the default, written as in the file, of a list as "a, b"; NULL: zero, empty */
  const char *min, *max;              /* bounds, written as in the file; NULL: none */
  const struct hanse_choice *choices; /* HANSE_ENUM */
  const struct hanse_option *group;   /* HANSE_GROUP */
  size_t group_size;                  /* of the struct that `group` lays out */
  const char *refers;                 /* HANSE_REFERENCE: "tls", "home", "partners", "modules" */
  const char *help;                   /* one sentence, for the manual */
};

/* One row of a table, for C (C++ has no designators out of order: write the row's fields out). The option is called
   like its field; what it needs beyond these words follows the help, as .min, .max, .choices, .group, .group_size or
   .refers:

     HANSE_OPTION(struct settings, delay, HANSE_DURATION, 0, "200ms", "How long it waits.", .min = "1ms", .max = "1h"),

   A field of another size than its type needs does not compile. */
#define HANSE_OPTION(settings, field, kind, bits, normally, ...) \
  HANSE_OPTION_NAMED(#field, settings, field, kind, bits, normally, __VA_ARGS__)

/* The same, where the option is called otherwise than its field ("default", say). */
#define HANSE_OPTION_NAMED(called, settings, field, kind, bits, normally, ...)                             \
  {                                                                                                        \
    .name = (called), .type = (kind), .flags = (bits), .fallback = (normally),                             \
    .offset = offsetof(settings, field) + HANSE_FIELD_FITS(kind, bits, sizeof(((settings *)NULL)->field)), \
    .help = __VA_ARGS__                                                                                    \
  }

/* 0, or the words below as the compiler's error. */
#define HANSE_FIELD_FITS(kind, bits, is)                                            \
  (0 * sizeof(struct {                                                              \
     _Static_assert((is) == HANSE_FIELD_SIZE(kind, bits, is),                       \
                    "the field is not of the C type that its option's type needs"); \
     char unused;                                                                   \
   }))
#define HANSE_FIELD_SIZE(kind, bits, group)                                                                 \
  ((bits)&HANSE_LIST                                                         ? sizeof(struct hanse_list)    \
   : (kind) == HANSE_BOOL                                                    ? sizeof(bool)                 \
   : (kind) == HANSE_ENUM                                                    ? sizeof(int)                  \
   : (kind) == HANSE_INT || (kind) == HANSE_SIZE || (kind) == HANSE_DURATION ? sizeof(int64_t)              \
   : (kind) == HANSE_RATE                                                    ? sizeof(struct hanse_rate)    \
   : (kind) == HANSE_FILE                                                    ? sizeof(struct hanse_file)    \
   : (kind) == HANSE_ADDRESS                                                 ? sizeof(struct hanse_address) \
   : (kind) == HANSE_DOMAIN || (kind) == HANSE_PATTERN                       ? sizeof(struct hanse_domain)  \
   : (kind) == HANSE_ORIGIN                                                  ? sizeof(struct hanse_where)   \
   : (kind) == HANSE_GROUP                                                   ? (group)                      \
                                                                             : sizeof(struct hanse_slice))

/* The last row of each table. */
#define HANSE_OPTIONS_END \
  { NULL, HANSE_END_OF_OPTIONS, 0, 0, NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL }

HANSE_END
#endif
