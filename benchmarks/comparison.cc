#include "benchmarks/comparison.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"

namespace sturgeon {

Comparison ReadComparison(int argc, char** argv, const char* length) {
  Comparison read;
  if (argc < 5 || !absl::SimpleAtoi(argv[1], &read.length) ||
      !absl::SimpleAtoi(argv[2], &read.workers) || !absl::SimpleAtoi(argv[3], &read.seeds) ||
      read.length < 1 || read.workers < 1 || read.seeds < 1) {
    std::fprintf(stderr, "usage: %s %s WORKERS SEEDS STRATEGY[:OPTION=VALUE,...] ...\n", argv[0],
                 length);
    std::exit(2);
  }
  for (int i = 4; i < argc; ++i) {
    const std::pair<std::string, std::string> parts =
        absl::StrSplit(argv[i], absl::MaxSplits(':', 1));
    read.strategies.push_back({parts.first, OrDie(ParseAssignments(parts.second))});
    read.names.emplace_back(argv[i]);
  }
  return read;
}

}  // namespace sturgeon
