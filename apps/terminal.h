// What the commands need of terminal/.
#ifndef STURGEON_APPS_TERMINAL_H_
#define STURGEON_APPS_TERMINAL_H_

#include "terminal/terminal.h"  // IWYU pragma: export
#include "terminal/text.h"      // IWYU pragma: export

#endif  // STURGEON_APPS_TERMINAL_H_
