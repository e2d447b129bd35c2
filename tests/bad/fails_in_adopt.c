/* Cannot take over what its own predecessor saved: it can be loaded, and never be replaced by itself. */
#include "bad.h"

static int adopt(void *self, const struct hanse_saved *saved) {
  (void)self, (void)saved;
  return HANSE_FAIL;
}

static int save(void *self) { return hanse_save(((struct bad *)self)->host, HANSE_LIT("something")); }

const struct hanse_plugin hanse_plugin = {
    HANSE_NEEDS(9), BAD_WORDS("fails_in_adopt", "fails in adopt"), BAD_LIFE, .adopt = adopt, .save = save,
};
