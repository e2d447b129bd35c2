/* Which plugins are taken by the version of the contract that they need, and how structs are read that were laid out by
   other headers than ours. */
#ifndef CONTRACT_ABI_H
#define CONTRACT_ABI_H

#include <hanse/base.h>

struct abi {
  uint32_t major, minor;
};

/* The octets of a struct up to and with this field. */
#define ABI_REACH(type, field) (offsetof(type, field) + sizeof(((const type *)NULL)->field))

/* More octets than this beyond ours are no struct of a later version, but a size that is wrong. */
#define ABI_BEYOND_MAX ((size_t)4096)

/* Whether a router of version `ours` takes a plugin that needs version `theirs`: the major is the same, and the minor
   not newer; while the major is 0, the same too. False: `problem` says both numbers and what to do; `path` names the
   file. */
bool abi_fits(struct abi ours, struct abi theirs, const char *path, struct hanse_problem *problem);

/* Copies a struct that begins with its size: what theirs is too short for becomes 0, what ours does not have is left
   out; `size` (of ours, at least 4) becomes its size. No more is read than theirs has. False: theirs ends before
   `least`; `ours` is unchanged. */
bool abi_copy(void *ours, size_t size, const void *theirs, size_t least);

/* The way back, into a struct of theirs whose size is set: what it is too short for is left out. */
void abi_give(void *theirs, const void *ours);

/* Is something set in what theirs, of `has` octets, has beyond `size`? It came with a later version than the plugin
   says it needs. */
bool abi_says_more(const void *theirs, size_t has, size_t size);

#endif
