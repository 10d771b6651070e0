// Scrambled Halton points: each coordinate is the radical inverse of the index in a base of its
// own.
//
// With the digits i = sum_p a_p b^p of the index in base b, the j-th prime, the coordinate is
//
//   x_ij = sum_p pi_jp(a_p) b^-(p+1)
//
// with pi_jp an independent random permutation of 0 … b - 1 for every dimension and digit place
// (Owen: "A randomized Halton algorithm in R", arXiv:1706.02808, 2017), zeros above the index's
// leading digit included; the identity where not to `scramble`. Any b^m successive points from a
// multiple of b^m on put one into each b^-m-th of the axis. Unscrambled, the high dimensions march
// in step (the first points of the bases 229 and 233 lie on a line): that is for comparing with
// tables, not for use.
// It has no favoured lengths, where sobol has powers of two; sobol is otherwise more even.
//
// Length: 2^32 points. Dimensions: up to 256, above InvalidArgument. Coordinates are multiples of
// b^-k, the smallest such above 2^-53. Cost: a division for every digit of the index and every
// dimension. Memory: 100 bytes times the base a dimension, at most 3 MB in all.
#ifndef STURGEON_SAMPLERS_HALTON_HALTON_H_
#define STURGEON_SAMPLERS_HALTON_HALTON_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/sampler.h"

namespace sturgeon {

inline constexpr int kHaltonDimensions = 256;

struct HaltonOptions {
  bool scramble = true;
};

class HaltonSampler final : public Sampler {
 public:
  static const Schema<HaltonOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(HaltonOptions options,
                                                         const SamplerContext& context);

  absl::Status Sample(int64_t first, absl::Span<double> out) const override;
  int64_t size() const override { return int64_t{1} << 32; }

 private:
  struct Axis {
    uint32_t base;
    std::vector<uint16_t> permutations;  // [places, base]
    std::vector<double> powers;          // base^p, p = 0 … places
    // What the zeros from place p on are worth, in units of b^-p: sum_(q >= p) pi_q(0) b^(p-q-1).
    std::vector<double> tails;
  };

  HaltonSampler(const HaltonOptions& options, const SamplerContext& context);

  std::vector<Axis> axes_;
};

inline constexpr SamplerPlugin kHaltonSampler =
    MakeSamplerPlugin<HaltonSampler>("halton", "Scrambled Halton points, of no favoured length");

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_HALTON_HALTON_H_
