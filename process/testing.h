// What tests of processes ask about those that they have not started themselves.
#ifndef STURGEON_PROCESS_TESTING_H_
#define STURGEON_PROCESS_TESTING_H_

#include <sys/types.h>

namespace sturgeon {

// Whether there is such a process and it has not ended. (An orphan that nobody has waited for yet
// runs no more either.)
bool Runs(pid_t process);

// Waits for a process to end, a minute at most, and returns whether it has.
bool EndsSoon(pid_t process);

}  // namespace sturgeon

#endif  // STURGEON_PROCESS_TESTING_H_
