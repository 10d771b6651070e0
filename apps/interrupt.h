// Ctrl-C, once to end cleanly and twice to end at once.
#ifndef STURGEON_APPS_INTERRUPT_H_
#define STURGEON_APPS_INTERRUPT_H_

#include <atomic>

namespace sturgeon {

// From the first call on, the first SIGINT or SIGTERM sets the flag that is returned, and the
// second ends the process as it would have without us.
const std::atomic<bool>* InterruptFlag();

}  // namespace sturgeon

#endif  // STURGEON_APPS_INTERRUPT_H_
