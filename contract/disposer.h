/* A thread that frees what nobody reaches any more. What a reload leaves behind of a hundred thousand entries takes
   tens of milliseconds to free, and the loop has others to serve. */
#ifndef CONTRACT_DISPOSER_H
#define CONTRACT_DISPOSER_H

#include <stdbool.h>

struct disposer;

/* NULL: no memory. The thread begins with the first thing that is given to it. */
struct disposer *disposer_new(void);
/* Waits until all is freed. Harmless on NULL. */
void disposer_free(struct disposer *disposer);
/* Has destroy(object) called by the thread, in order. It may touch nothing that another thread can reach, and no count
   of the loop's. Without memory or a thread, and with disposer NULL, it is called here and now. */
void dispose(struct disposer *disposer, void (*destroy)(void *object), void *object);
/* Whether something has not been freed yet. */
bool disposer_busy(struct disposer *disposer);

#endif
