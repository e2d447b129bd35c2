/* What an instance leaves for its successor, in the fake host. */
#include <stdlib.h>

#include "sdk/fakehost/inside.h"

void fake_records_clear(struct fake_instance *instance) {
  for (uint32_t i = 0; i < instance->record_count; i++) free((char *)(uintptr_t)instance->records[i].at);
  free(instance->records);
  instance->records = NULL;
  instance->record_count = instance->record_room = 0;
  instance->record_bytes = 0;
}

static int save(struct hanse_host *host, struct hanse_slice record) {
  struct fake_instance *instance = fake_instance_of(host);
  if (fake_foreign(host, "save")) return HANSE_THREAD;
  if (instance->record_bytes + record.len > FAKE_RECORDS_BYTES || fake_allocation_fails()) return HANSE_NOMEM;
  if (instance->record_count == instance->record_room) {
    instance->record_room = instance->record_room ? instance->record_room * 2 : 64;
    instance->records = fake_keep_more(instance->records, instance->record_room * sizeof *instance->records);
  }
  instance->records[instance->record_count++] = hanse_slice(fake_keep_text(record), record.len);
  instance->record_bytes += record.len;
  return HANSE_OK;
}

int fake_records_adopt(struct fake_instance *successor, const struct fake_instance *predecessor) {
  const struct hanse_saved saved = {sizeof saved, predecessor->record_count, predecessor->records};
  int status;
  FAKE_CALL(status = successor->plugin->adopt(successor->self, &saved));
  return status;
}

void fake_record_ops(struct hanse_host_ops *ops) { ops->save = save; }
