#include "sdk/tool/scarce.h"

#include "sdk/tool/bed.h"

static void live(void *argument) {
  struct bed *bed = (struct bed *)argument;
  const char *slot;
  if (bed_make(bed, &slot) == HANSE_OK) bed_wait(bed, HANSE_SECOND);
  bed_clear(bed);
}

void scarce_check(struct trial *trial, void *argument) {
  struct bed bed;
  if (!bed_open(&bed, trial, (struct subject *)argument)) return;
  unsigned failed = fake_each_allocation_fails(live, &bed);
  report_add(trial->report, REPORT_OK, "without memory",
             "each of the %u allocations of a life failed in turn: nothing crashed, nothing stayed", failed);
}
