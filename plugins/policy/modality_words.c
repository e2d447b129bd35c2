/* What the kinds of talk are called in the configuration. */
#include "modality.h"

const struct hanse_choice modality_choices[] = {
    {"im", HANSE_MODALITY_IM},
    {"presence", HANSE_MODALITY_PRESENCE},
    {"audio_video", HANSE_MODALITY_AUDIO_VIDEO},
    {"sharing", HANSE_MODALITY_SHARING},
    {"conference", HANSE_MODALITY_CONFERENCE},
    {"file", HANSE_MODALITY_FILE},
    {"other", HANSE_MODALITY_OTHER},
    {NULL, 0},
};

const char *modality_name(unsigned modality) {
  for (const struct hanse_choice *choice = modality_choices; choice->name; choice++)
    if ((unsigned)choice->value == modality) return choice->name;
  return NULL;
}

uint32_t modality_closed(const struct hanse_list *open) {
  uint32_t closed = MODALITY_ALL;
  for (size_t i = 0; i < open->count; i++) closed &= ~HANSE_MODALITY_BIT(((const int *)open->items)[i]);
  return closed;
}
