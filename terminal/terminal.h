// What is known about the terminal that a descriptor leads to.
#ifndef STURGEON_TERMINAL_TERMINAL_H_
#define STURGEON_TERMINAL_TERMINAL_H_

namespace sturgeon {

// Whether the descriptor is a terminal whose current line can be redrawn.
bool IsLiveTerminal(int descriptor);

// Columns of the terminal; 80 if the descriptor is none.
int TerminalWidth(int descriptor);

// Whether the environment (LC_ALL, LC_CTYPE, LANG: the first that is set) says that text is UTF-8.
bool SpeaksUtf8();

}  // namespace sturgeon

#endif  // STURGEON_TERMINAL_TERMINAL_H_
