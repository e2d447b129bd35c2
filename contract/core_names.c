#include "contract/core_names.h"

#define CORES(word) \
  { .name = word, .type = HANSE_STRING }

const struct hanse_option core_names_module[] = {CORES("name"), CORES("plugin"), CORES("on_failure"),
                                                 HANSE_OPTIONS_END};
const struct hanse_option core_names_partner[] = {CORES("domain"),    CORES("type"),      CORES("protocol"),
                                                  CORES("tls"),       CORES("source"),    CORES("comment"),
                                                  CORES("accept_cn"), CORES("wildcards"), HANSE_OPTIONS_END};
