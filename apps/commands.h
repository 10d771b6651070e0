// The subcommands; each is in a file of its own.
#ifndef STURGEON_APPS_COMMANDS_H_
#define STURGEON_APPS_COMMANDS_H_

#include "apps/command.h"

namespace sturgeon {

extern const Command kTuneCommand;
extern const Command kPluginsCommand;
extern const Command kServeCommand;

}  // namespace sturgeon

#endif  // STURGEON_APPS_COMMANDS_H_
