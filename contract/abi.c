#include "contract/abi.h"

/* What every such struct begins with. */
static uint32_t size_of(const void *object) {
  uint32_t size;
  memcpy(&size, object, sizeof size);
  return size;
}

bool abi_fits(struct abi ours, struct abi theirs, const char *path, struct hanse_problem *problem) {
  if (ours.major != theirs.major)
    hanse_explain(
        problem,
        "plugin \"%s\" was built for ABI %u.%u, this router has %u.%u; build it against this version's headers", path,
        theirs.major, theirs.minor, ours.major, ours.minor);
  else if (theirs.minor > ours.minor)
    hanse_explain(
        problem,
        "plugin \"%s\" needs ABI %u.%u, this router has %u.%u; update the router, or build the plugin against "
        "this version's headers",
        path, theirs.major, theirs.minor, ours.major, ours.minor);
  else if (ours.major == 0 && theirs.minor < ours.minor)
    hanse_explain(
        problem,
        "plugin \"%s\" needs ABI %u.%u, this router has %u.%u, and before 1.0 both must be the same; build it "
        "against this version's headers",
        path, theirs.major, theirs.minor, ours.major, ours.minor);
  else
    return true;
  return false;
}

bool abi_copy(void *ours, size_t size, const void *theirs, size_t least) {
  uint32_t full = (uint32_t)size, has = size_of(theirs);
  if (has < least) return false;
  size_t common = has < size ? has : size;
  memcpy(ours, theirs, common);
  memset((char *)ours + common, 0, size - common);
  memcpy(ours, &full, sizeof full);
  return true;
}

void abi_give(void *theirs, const void *ours) {
  uint32_t has = size_of(theirs), size = size_of(ours);
  memcpy(theirs, ours, has < size ? has : size);
  memcpy(theirs, &has, sizeof has);
}

bool abi_says_more(const void *theirs, size_t has, size_t size) {
  for (size_t i = size; i < has; i++)
    if (((const char *)theirs)[i]) return true;
  return false;
}
