// The subcommands; each is in a file of its own.
#ifndef STURGEON_APPS_COMMANDS_H_
#define STURGEON_APPS_COMMANDS_H_

#include "apps/command.h"

namespace sturgeon {

extern const Command kTuneCommand;
extern const Command kPluginsCommand;
extern const Command kServeCommand;
extern const Command kStudiesCommand;
extern const Command kTrialsCommand;
extern const Command kBestCommand;
extern const Command kPlotCommand;
extern const Command kReportCommand;
extern const Command kImportanceCommand;
extern const Command kDashboardCommand;
extern const Command kExportCommand;
extern const Command kImportCommand;
extern const Command kDeleteCommand;
extern const Command kReplayCommand;
extern const Command kActionCommand;

}  // namespace sturgeon

#endif  // STURGEON_APPS_COMMANDS_H_
