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

#define HANSE_MAGIC 0x686e7365u /* "hnse" */
#define HANSE_ABI_MAJOR 0u
#define HANSE_ABI_MINOR 9u

enum hanse_capability {
  HANSE_END_OF_OFFERS = 0,
  HANSE_PROTOCOL = 1,
  HANSE_FEDERATION = 2,
  HANSE_POLICY = 3,
  HANSE_OBSERVER = 4,
  HANSE_COMMAND = 5,
  HANSE_STORE = 6
};

/* What a plugin offers, under which name; the table ends with HANSE_OFFERS_END, after 64 at most. A policy or observer
 * with name NULL goes by its module's configured name. */
struct hanse_offer {
  enum hanse_capability capability;
  const char *name;
  const char *const *aliases;       /* NULL-terminated, or NULL */
  const void *slots;                /* struct hanse_protocol, hanse_federation, … by capability */
  const struct hanse_option *entry; /* FEDERATION: what a partner entry of this type may say; or NULL */
  size_t entry_size;                /* of the struct that `entry` lays out */
};

#define HANSE_OFFERS_END \
  { HANSE_END_OF_OFFERS, NULL, NULL, NULL, NULL, 0 }

struct hanse_plugin {
  /* These 16 bytes never change. */
  uint32_t magic;
  uint32_t size;
  uint32_t abi_major;
  uint32_t abi_minor; /* the minor it needs; HANSE_NEEDS */

  const char *name; /* of the file as well: name.so */
  const char *version;
  const char *summary;
  const char *const *requires; /* names of protocols or plugins that must be configured too, HANSE_REQUIRES_STORE;
                                  NULL-terminated, or NULL */
  const struct hanse_option *options;
  size_t settings_size; /* of the struct that `options` lays out */
  const struct hanse_offer *offers;

  /* create: makes *self. No traffic, no other plugin, no settings yet. */
  int (*create)(struct hanse_host *host, void **self);
  /* configure: the settings, validated against `options`; they live until destroy. Says in `problem` what it refuses.
     What takes long is done in pieces of at most 2 ms: HANSE_AGAIN has it called again, with the same settings, in a
     later turn; other instances go on meanwhile. */
  int (*configure)(void *self, const void *settings, struct hanse_problem *problem);
  /* adopt: what the predecessor of the same module saved, in any older format. May be NULL. A failure ends the reload;
     the predecessor goes on. */
  int (*adopt)(void *self, const struct hanse_saved *saved);
  /* start: from now on it is called. HANSE_SKIP: go on without this instance. */
  int (*start)(void *self);
  /* save: called when a successor is about to adopt; copies what it must not lose with hanse_save. May be NULL. */
  int (*save)(void *self);
  /* drain: a successor has taken over (what was saved is now the successor's), or the process ends: finish what is
     open, begin nothing. May be NULL. */
  void (*drain)(void *self);
  /* stop: nothing is open any more, or waiting is over. May be NULL. */
  void (*stop)(void *self);
  void (*destroy)(void *self);
  /* save_rest: what a successor can do without at first, such as figures. Called when the successor has taken over,
     after drain; the successor's adopt is called with what was saved. HANSE_AGAIN: there is more, call again in a later
     turn; each call takes at most 2 ms. A reload ends when nothing is left. May be NULL. */
  int (*save_rest)(void *self);
  const char *const *excludes; /* names of plugins that must not be configured beside it; NULL-terminated, or NULL */
  /* needs: says what those with whom it speaks need of us: certificates, media. Once it has started. May be NULL. */
  void (*needs)(void *self, struct hanse_needs *needs);
};

#define HANSE_NEEDS(minor) HANSE_MAGIC, sizeof(struct hanse_plugin), HANSE_ABI_MAJOR, (minor)

extern HANSE_EXPORT const struct hanse_plugin hanse_plugin;

HANSE_END
#endif
