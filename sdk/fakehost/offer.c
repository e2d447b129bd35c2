/* What an instance offers. */
#include "sdk/fakehost/inside.h"

const struct hanse_offer *fake_offer(const struct fake_instance *instance, enum hanse_capability capability) {
  for (const struct hanse_offer *offer = instance->plugin->offers; offer && offer->capability; offer++)
    if (offer->capability == capability) return offer;
  return NULL;
}
