#include "router/word.h"

#include <stdlib.h>

struct word {
  struct word *next;
  size_t length;
  char text[];
};

struct hanse_slice word_keep(struct word **words, struct hanse_slice text) {
  struct word *word = *words;
  while (word && !hanse_same(hanse_slice(word->text, word->length), text)) word = word->next;
  if (!word && (word = calloc(1, sizeof *word + text.len)) != NULL) {
    word->length = text.len;
    if (text.len) memcpy(word->text, text.at, text.len);
    word->next = *words;
    *words = word;
  }
  return word ? hanse_slice(word->text, word->length) : hanse_slice("", 0);
}

void words_free(struct word **words) {
  while (*words) {
    struct word *word = *words;
    *words = word->next;
    free(word);
  }
}
