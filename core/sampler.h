// The contract of a sampler: where in the unit cube do points lie?
//
// A sampler is a function of (dimensions, seed, count, options) from an index to a point of
// [0, 1)^d; asking for the points 10 … 19 gives the same as asking for 0 … 19 and dropping ten.
// Samplers know nothing of search spaces, trials or results.
#ifndef STURGEON_CORE_SAMPLER_H_
#define STURGEON_CORE_SAMPLER_H_

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "core/registry.h"

namespace sturgeon {

struct SamplerContext {
  int dimensions = 1;  // at least 1
  uint64_t seed = 0;
  // How many points are planned; 0 where that is not known. Designs that cover the cube as a whole
  // lay themselves out for it; after it, latin_hypercube begins a fresh design and a grid ends.
  int64_t count = 0;
  // For each dimension, how many distinct values it can take (0: a continuum). Empty: all
  // continuous. A grid does not place two points on one value.
  std::vector<int64_t> levels;
};

class Sampler {
 public:
  virtual ~Sampler() = default;

  // Fills `out`, [n, dimensions] row-major, with the points first … first + n - 1. The caller
  // guarantees first >= 0 and that the size of `out` is a multiple of the dimensions.
  // OutOfRange: the sequence ends before (say, Sobol's 2^32 points); says how many there are.
  // Const and without hidden state: safe to call from several threads.
  virtual absl::Status Sample(int64_t first, absl::Span<double> out) const = 0;

  // How many points the sequence has: `Sample` is OutOfRange beyond. Most go on for ever.
  virtual int64_t size() const { return std::numeric_limits<int64_t>::max(); }
};

struct SamplerKind {
  using Interface = Sampler;
  using Context = SamplerContext;
  static constexpr char kName[] = "sampler";
};
using SamplerPlugin = Plugin<SamplerKind>;
using SamplerRegistry = Registry<SamplerKind>;
using LinkedSampler = Linked<SamplerKind>;

template <>
const LinkedSampler* LinkedSampler::head_;

template <typename Implementation>
constexpr SamplerPlugin MakeSamplerPlugin(const char* name, const char* summary) {
  return MakePlugin<SamplerKind, Implementation>(name, summary);
}

}  // namespace sturgeon

#endif  // STURGEON_CORE_SAMPLER_H_
