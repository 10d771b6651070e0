// How many cores this process may use.
#ifndef STURGEON_RUNNERS_CORES_H_
#define STURGEON_RUNNERS_CORES_H_

namespace sturgeon {

// The cores that the process's affinity (taskset, cpusets) and its control group's CPU quota
// (containers, batch systems) leave it, a part of one counted as one; at least 1.
int UsableCores();

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_CORES_H_
