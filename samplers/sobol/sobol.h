// Scrambled Sobol' points: a digital net in base 2.
//
// Any 2^m successive points from a multiple of 2^m on are a (t, m, d)-net: every box of volume
// 2^(t-m) whose sides are dyadic intervals holds its exact share of 2^t of them. In one dimension,
// and in the first two together, t = 0; Joe and Kuo's direction numbers keep it small in every
// pair. So all parameters, and most pairs of them, are covered evenly at every length, best at
// powers of two. Prefer it wherever points need not be independent; it is as even as a latin
// hypercube in each coordinate without knowing the number of points beforehand.
//
// Point i is the XOR, over the set bits k of the Gray code of i, of the direction numbers v_jk, as
// 32 binary digits. `scramble` randomises it by a random lower triangular matrix on the digits of
// each dimension and a digital shift (Matousek: "On the L2-discrepancy for anchored boxes", J.
// Complexity 14, 1998). This keeps the net, makes every point uniform over the seeds, and has the
// mean square discrepancy of Owen's nested scrambling; since the matrix is multiplied into the
// direction numbers beforehand, it costs nothing a point. Point 0 belongs to the sequence: to drop
// it would break the net (Owen: "On dropping the first Sobol' point", 2020).
// Unscrambled, the points do not depend on the seed, and point 0 is the origin.
//
// Length: 2^32 points. Dimensions: up to 256, above InvalidArgument. Coordinates are multiples of
// 2^-32. Cost: one XOR a coordinate for points in a row; 16 on average at the start of each call,
// fewer while indices are small. Memory: 128 bytes a dimension.
#ifndef STURGEON_SAMPLERS_SOBOL_SOBOL_H_
#define STURGEON_SAMPLERS_SOBOL_SOBOL_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/sampler.h"

namespace sturgeon {

struct SobolOptions {
  bool scramble = true;
};

class SobolSampler final : public Sampler {
 public:
  static const Schema<SobolOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(SobolOptions options,
                                                         const SamplerContext& context);

  absl::Status Sample(int64_t first, absl::Span<double> out) const override;
  int64_t size() const override { return int64_t{1} << 32; }

 private:
  SobolSampler(const SobolOptions& options, const SamplerContext& context);

  const int dimensions_;
  std::vector<uint32_t> directions_;  // [32, dimensions]: v_kj, scrambled
  std::vector<uint32_t> shift_;       // [dimensions]
};

inline constexpr SamplerPlugin kSobolSampler =
    MakeSamplerPlugin<SobolSampler>("sobol", "Scrambled Sobol' points, even at every length");

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_SOBOL_SOBOL_H_
