/* Words that live as long as the process, whoever said them first: names of federation types, which facts carry beyond
   the life of the plugin that offers them. */
#ifndef ROUTER_WORD_H
#define ROUTER_WORD_H

#include <hanse/base.h>

struct word;

/* The word in *words that says the same, kept there now when it is new. Empty: no memory. */
struct hanse_slice word_keep(struct word **words, struct hanse_slice text);
void words_free(struct word **words);

#endif
