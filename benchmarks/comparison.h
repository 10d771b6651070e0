// What the programs that compare strategies have in common: their command line,
//
//   PROGRAM LENGTH WORKERS SEEDS STRATEGY[:OPTION=VALUE,...] ...
#ifndef STURGEON_BENCHMARKS_COMPARISON_H_
#define STURGEON_BENCHMARKS_COMPARISON_H_

#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "core/option_schema.h"

namespace sturgeon {

// The value; an error ends the program with its message.
template <typename T>
T OrDie(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "%s\n", result.status().ToString().c_str());
    std::exit(2);
  }
  return *std::move(result);
}

struct Comparison {
  int length = 0, workers = 0, seeds = 0;  // at least 1
  std::vector<PluginSpec> strategies;      // at least one
  std::vector<std::string> names;          // as they were given
};

// `length` is what the first argument is called ("TRIALS"). Ends the program where an argument is
// wrong.
Comparison ReadComparison(int argc, char** argv, const char* length);

}  // namespace sturgeon

#endif  // STURGEON_BENCHMARKS_COMPARISON_H_
