/* Exit statuses, as those of hansectl. */
#ifndef SDK_TOOL_STATUS_H
#define SDK_TOOL_STATUS_H

enum tool_status {
  TOOL_DONE = 0,
  TOOL_NO = 1, /* the plugin breaks the contract */
  TOOL_USAGE = 2,
  TOOL_NO_SUCH_THING = 5,
  TOOL_NOT_DETERMINED = 6 /* nothing wrong was found, but not everything was run */
};

#endif
