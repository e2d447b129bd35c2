/* Text in libconfig's syntax, as our configuration is written in it. */
#ifndef CTL_CONF_TEXT_H
#define CTL_CONF_TEXT_H

#include <libconfig.h>
#include <stdio.h>

/* In double quotes, whatever octets it has (UTF-8 stays readable). */
void conf_text_string(FILE *out, const char *text);
/* Lines that begin with "# " behind `indent` blanks, cut between words at 118 columns. Control characters become "?".
 */
void conf_text_comment(FILE *out, unsigned indent, const char *text);
/* The members of a group, one setting after the other. Entries of lists stand on lines of their own, groups without
   inner ones on one line. */
void conf_text_members(FILE *out, const config_setting_t *group);

#endif
