/* The plugin contract. A plugin is a shared object with one exported symbol, `hanse_plugin`, a const descriptor that is
   read before any of the plugin's code runs.

   Changes of the contract, newest first:
     0.9  the one that is to become 1.0: what its rules demand of structs holds since then
     0.1  the first one: PROTOCOL, FEDERATION, POLICY, OBSERVER, COMMAND, STORE

   A plugin says which minor version it needs (HANSE_NEEDS): the lowest one that has all it uses. A router takes it when
   the major is the same and the minor not newer than its own; while the major is 0, when both are the same.

   What raises the minor, with a line in the list above; plugins that are built go on unchanged:
   - a field at the end of a struct that begins with its size, in no padding of the one before;
   - a new struct, enumeration, value of an enumeration, capability, type of option, function of the host.
   What raises the major, since plugins that are built would break:
   - a field that goes, moves, or changes its type or its meaning; a value that changes; a function that takes or
     returns something else;
   - any change of a struct without a size, such as hanse_slice, hanse_where, hanse_problem, hanse_option, hanse_offer
     or hanse_timer: they lie in arrays, in other structs and in objects of plugins. A table of options or offers grows
     by types, flags and capabilities;
   - a slot that may be missing and must now be there; a rule that was not there.
   While the major is 0 these raise the minor as well, since both must be the same.
   What raises neither: comments, and functions and macros of the headers that use what is there.
   tools/abi.sh compares with what is saved under sdk/abi/ and says which it is.

   Rules that hold for all slots:
   - All calls run on the loop thread and must return soon: a loop turn that a plugin holds is held for everybody.
   - No file statics: state hangs on `self`. Two instances and two generations of a plugin live side by side.
   - `const` means borrowed; a function whose name ends in _take takes over its argument.
   - A struct that one side fills and the other reads begins with its size, which who makes it sets to sizeof, and
     grows at its end. Who reads reads no further: what is missing counts as 0. Structs without a size never change.
   - A number that a plugin does not know (of a modality, an event, a failure, …) came with a later minor: it is taken
     for one that does not concern it.
   - What a plugin registered, the core removes; `drain`, `stop` and `destroy` cannot fail.
   - A descriptor may end after `destroy`, or after any later field: what it does not have counts as NULL. */
#ifndef HANSE_PLUGIN_H
#define HANSE_PLUGIN_H

#include <hanse/command.h>
#include <hanse/federation.h>
#include <hanse/host.h>
#include <hanse/link.h>
#include <hanse/need.h>
#include <hanse/observer.h>
#include <hanse/option.h>
#include <hanse/policy.h>
#include <hanse/protocol.h>
#include <hanse/store.h>

HANSE_BEGIN

/* What the descriptor begins with: "hnse". */
#define HANSE_MAGIC 0x686e7365u
/* The version of these headers. */
#define HANSE_ABI_MAJOR 0u
#define HANSE_ABI_MINOR 9u

/* What a plugin can offer: federation types and commands as many as it likes, two observers, one of each other kind. */
enum hanse_capability {
  HANSE_END_OF_OFFERS = 0, /* ends the table */
  HANSE_PROTOCOL = 1,      /* struct hanse_protocol, protocol.h; its name stands in `listen` and `home` */
  HANSE_FEDERATION = 2,    /* struct hanse_federation, federation.h; its name is the `type` of partner entries */
  HANSE_POLICY = 3,        /* struct hanse_policy, policy.h; the module's name stands in `policy` */
  HANSE_OBSERVER = 4,      /* struct hanse_observer, observer.h */
  HANSE_COMMAND = 5,       /* struct hanse_command, command.h */
  HANSE_STORE = 6          /* struct hanse_store, store.h; the module's name is the `store` of the configuration */
};

/* What a plugin offers, under which name; the table ends with HANSE_OFFERS_END, after 64 at most. A policy or observer
   with name NULL goes by its module's configured name. The table is const and is read without running the plugin. */
struct hanse_offer {
  enum hanse_capability capability; /* what `slots` is; HANSE_END_OF_OFFERS ends the table */
  const char *name;                 /* PROTOCOL, FEDERATION: must be set, and nobody else's in one configuration */
  const char *const *aliases;       /* FEDERATION: further names; NULL-terminated, or NULL */
  const void *slots;                /* struct hanse_protocol, hanse_federation, … by capability */
  const struct hanse_option *entry; /* FEDERATION: what a partner entry of this type may say; or NULL */
  size_t entry_size;                /* of the struct that `entry` lays out */
};

/* The last row of the table. */
#define HANSE_OFFERS_END \
  { HANSE_END_OF_OFFERS, NULL, NULL, NULL, NULL, 0 }

/* The descriptor. Slots that return int return a status: HANSE_OK, or negative with the reason in the log or in
   `problem`. All that the descriptor points to is const and lives in the plugin's own file. */
struct hanse_plugin {
  /* These 16 bytes never change. HANSE_NEEDS writes them. */
  uint32_t magic;
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor; /* the minor it needs; HANSE_NEEDS */

  const char *name;            /* of the file as well: name.so */
  const char *version;         /* the author's own, for people */
  const char *summary;         /* one line */
  const char *const *requires; /* names of protocols or plugins that must be configured too, HANSE_REQUIRES_STORE;
                                  NULL-terminated, or NULL */
  const struct hanse_option *options; /* NULL: it takes none */
  size_t settings_size;               /* of the struct that `options` lays out */
  const struct hanse_offer *offers;   /* ends with HANSE_OFFERS_END */

  /* create: makes *self, the instance. No traffic, no other plugin, no settings yet. `host` lives until destroy has
     returned. If it fails, nothing else of the instance is called: it undoes what it did. */
  int (*create)(struct hanse_host *host, void **self);
  /* configure: the settings, validated against `options`; they live until destroy. Says in `problem` what it refuses;
     then destroy follows. May run in `hanse --check`, without ever being started: it opens no connection, starts no
     thread, writes no file. May be NULL. What takes long is done in pieces of at most 2 ms: HANSE_AGAIN has it called
     again, with the same settings, in a later turn; other instances go on meanwhile. */
  int (*configure)(void *self, const void *settings, struct hanse_problem *problem);
  /* adopt: what the predecessor of the same module saved, in any older format, or in a newer one when somebody goes
     back to an older plugin. Called between configure and start if there is a started predecessor that has `save`, and
     again after start for each piece of its save_rest. May be NULL. A failure before start ends the reload; the
     predecessor goes on. */
  int (*adopt)(void *self, const struct hanse_saved *saved);
  /* start: from now on it is called. HANSE_SKIP: go on without this instance; it is not called any more but for
     destroy. If it fails or declines, stop is not called: it undoes what it did itself. May be NULL. */
  int (*start)(void *self);
  /* save: called when a successor is about to adopt; copies what it must not lose with hanse_save. It changes nothing:
     if the reload ends here, the instance goes on as before, and may be asked to save again. A failure ends the reload.
     Not called when the process ends: what must survive that is for the store. May be NULL. */
  int (*save)(void *self);
  /* drain: a successor has taken over (what was saved is now the successor's), or the process ends: finish what is
     open, begin nothing. May be NULL. */
  void (*drain)(void *self);
  /* stop: nothing is open any more, or waiting is over. Threads end here; hanse_post returns HANSE_GONE from now on.
     May be NULL. */
  void (*stop)(void *self);
  /* destroy: frees the instance. What it posted and has not run will not run: what it allocated for that is freed here.
     Timers are stopped already. */
  void (*destroy)(void *self);
  /* save_rest: what a successor can do without at first, such as figures. Called when the successor has taken over,
     after drain; the successor's adopt is called with what was saved. HANSE_AGAIN: there is more, call again in a later
     turn; each call takes at most 2 ms. A reload ends when nothing is left. May be NULL. */
  int (*save_rest)(void *self);
  const char *const *excludes; /* names of plugins that must not be configured beside it; NULL-terminated, or NULL */
  /* needs: says what those with whom it speaks need of us: certificates, media. Once it has started. May be NULL. */
  void (*needs)(void *self, struct hanse_needs *needs);
};

/* Begins a descriptor that needs this minor version of the contract: the least one that has all it uses. */
#define HANSE_NEEDS(minor) HANSE_MAGIC, sizeof(struct hanse_plugin), HANSE_ABI_MAJOR, (minor)

/* The one symbol that a plugin exports. */
extern HANSE_EXPORT const struct hanse_plugin hanse_plugin;

HANSE_END
#endif
