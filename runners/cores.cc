#include "runners/cores.h"

#include <sched.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>  // NOLINT(build/c++11)

namespace sturgeon {
namespace {

int CoresOfAffinity() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof(set), &set) == 0) return CPU_COUNT(&set);
  // More cores than the set has bits for.
  return static_cast<int>(std::thread::hardware_concurrency());
}

// As a container sees its own group (control groups v2): "max 100000", or the microseconds of CPU
// time in a period, and the period. Returns `otherwise` where there is no quota.
int CoresOfQuota(int otherwise) {
  std::ifstream file("/sys/fs/cgroup/cpu.max");
  double quota = 0, period = 0;
  if (!(file >> quota >> period) || quota <= 0 || period <= 0) return otherwise;
  return static_cast<int>(std::min(std::ceil(quota / period), 1e6));
}

}  // namespace

int UsableCores() {
  const int cores = std::max(1, CoresOfAffinity());
  return std::max(1, std::min(cores, CoresOfQuota(cores)));
}

}  // namespace sturgeon
