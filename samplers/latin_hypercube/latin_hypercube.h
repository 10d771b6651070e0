// Latin hypercube designs (McKay, Beckman, Conover: "A comparison of three methods for selecting
// values of input variables in the analysis of output from a computer code", Technometrics 21,
// 1979).
//
// A design of n points cuts each axis into n strata and puts one point into each: with independent
// uniform permutations p_j of 0 … n - 1, the coordinates of point i are (p_j(i) + u_ij) / n, where
// u_ij is uniform in [0, 1), or 1/2 if `centred`. So n points try n evenly spread values of every
// parameter at once. Prefer it for a design whose size is known and small; for long or open-ended
// sequences sobol is as even in each coordinate and more so in several together.
//
// maximin_swaps improves the permutations for as many tries: two random points swap their strata in
// a random dimension, and the swap stays if that moves the nearest pair of those that hold either
// point apart, or leaves fewer pairs so near (the criterion of Morris and Mitchell, "Exploratory
// designs for computational experiments", J. Stat. Plan. Inf. 43, 1995, by descent instead of
// annealing, in exact integers). The smallest distance of a design never gets less. A swapped
// design keeps its strata, and each coordinate stays uniform.
//
// n is the option `size`, else the planned number of points up to 65,536, else 64. The points after
// the n-th begin a fresh design, keyed by (seed, number of the design).
//
// Length: endless. Dimensions: any. Cost: O(n d) per design, O(n d) more per swap, then O(d) a
// point; memory 4 n d bytes. The design in use is kept, so calls that alternate between two designs
// make both again and again.
#ifndef STURGEON_SAMPLERS_LATIN_HYPERCUBE_LATIN_HYPERCUBE_H_
#define STURGEON_SAMPLERS_LATIN_HYPERCUBE_LATIN_HYPERCUBE_H_

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/sampler.h"

namespace sturgeon {

struct LatinHypercubeOptions {
  int size = 0;
  bool centred = false;
  int maximin_swaps = 0;
};

class LatinHypercubeSampler final : public Sampler {
 public:
  static const Schema<LatinHypercubeOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(LatinHypercubeOptions options,
                                                         const SamplerContext& context);

  absl::Status Sample(int64_t first, absl::Span<double> out) const override;

 private:
  using Strata = std::vector<uint32_t>;  // [size, dimensions]: p_j(i)

  LatinHypercubeSampler(const LatinHypercubeOptions& options, const SamplerContext& context);

  Strata MakeDesign(int64_t number) const;
  std::shared_ptr<const Strata> Design(int64_t number) const;

  const int dimensions_;
  const uint64_t seed_;
  const int size_;
  const bool centred_;
  const int maximin_swaps_;

  // A cache of MakeDesign, which is pure; guarded by the mutex.
  mutable std::mutex mutex_;
  mutable int64_t latest_number_ = -1;
  mutable std::shared_ptr<const Strata> latest_;
};

inline constexpr SamplerPlugin kLatinHypercubeSampler = MakeSamplerPlugin<LatinHypercubeSampler>(
    "latin_hypercube", "Designs with one point in each of n strata of every axis");

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_LATIN_HYPERCUBE_LATIN_HYPERCUBE_H_
