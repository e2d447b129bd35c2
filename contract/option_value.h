/* Converts one scalar setting of libconfig's. */
#ifndef CONTRACT_OPTION_VALUE_H
#define CONTRACT_OPTION_VALUE_H

#include "contract/option.h"

/* Converts what was written into the field; HANSE_LIST is not looked at: this is one element. What is wrong is
   reported. HANSE_OK, HANSE_INVALID, HANSE_NOMEM. */
int option_value_convert(struct option_reader *reader, const struct hanse_option *option,
                         const config_setting_t *setting, void *field);
/* Converts a default of the table, whose paths are absolute. */
int option_value_fallback(struct option_reader *reader, const struct hanse_option *option, struct hanse_slice text,
                          void *field);

/* Reports that the setting is not of the kind that the option wants: what is written, and how it is written right. */
void option_value_wrong(struct option_reader *reader, const struct hanse_option *option,
                        const config_setting_t *setting);

#endif
