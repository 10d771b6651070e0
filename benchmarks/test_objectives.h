// Objectives that the benchmarks of strategies share.
#ifndef STURGEON_BENCHMARKS_TEST_OBJECTIVES_H_
#define STURGEON_BENCHMARKS_TEST_OBJECTIVES_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "core/space.h"

namespace sturgeon {

// One objective with its optimum where a seed puts it; `regret` is 0 there, NaN where a trial
// fails.
struct Instance {
  SearchSpace space;
  std::function<double(const Point&)> regret;
  double noise = 0;  // standard deviation
};

struct NamedObjective {
  const char* name;
  std::function<Instance(uint64_t seed)> make;
};

// Optima of the smooth ones are shifted by the seed, so that no design is favoured for sampling the
// middle.
std::vector<NamedObjective> TestObjectives();

}  // namespace sturgeon

#endif  // STURGEON_BENCHMARKS_TEST_OBJECTIVES_H_
