#include "sdk/tool/slots.h"

#include "sdk/tool/try.h"

static void try_offer(struct bed *bed, const struct hanse_offer *offer) {
  switch (offer->capability) {
    case HANSE_POLICY:
      try_policy(bed, (const struct hanse_policy *)offer->slots);
      break;
    case HANSE_FEDERATION:
      try_federation(bed, offer);
      break;
    case HANSE_PROTOCOL:
      try_protocol(bed, (const struct hanse_protocol *)offer->slots);
      break;
    case HANSE_OBSERVER:
      try_observer(bed, (const struct hanse_observer *)offer->slots);
      break;
    case HANSE_COMMAND:
      try_command(bed, (const struct hanse_command *)offer->slots);
      break;
    case HANSE_STORE:
      try_store(bed);
      break;
    default:
      break; /* described_check has refused it */
  }
}

void slots_check(struct trial *trial, void *argument) {
  const struct slots_of *slots = (const struct slots_of *)argument;
  struct bed bed;
  const char *slot;
  if (!bed_open(&bed, trial, slots->subject)) return;
  if (bed_make(&bed, &slot) != HANSE_OK)
    report_add(trial->report, REPORT_NOT_RUN, "slots", "%s failed this time: %s", slot, fake_problem(bed.world));
  else
    try_offer(&bed, &bed.plugin->offers[slots->offer]);
  bed_clear_counting(&bed, "left behind");
}
