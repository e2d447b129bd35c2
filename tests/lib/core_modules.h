/* The modules of the core harness: a protocol, policies, federation types. */
#ifndef TESTS_CORE_MODULES_H
#define TESTS_CORE_MODULES_H

#include "tests/lib/core_harness.h"

/* Defaults of every module of the core: policies abstain, types confirm and find. */
void core_module_init(struct core *core);
/* A started instance of it, under its name. NULL: `problem` says why. */
struct instance *core_module_make(struct core_module *module, struct hanse_problem *problem);
const struct hanse_policy *core_module_policy(const struct core_module *module);
const struct hanse_federation *core_module_type(struct core_module *module);
const struct hanse_observer *core_module_observer(void);

#endif
