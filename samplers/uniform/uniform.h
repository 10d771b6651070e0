// Independent uniform points: the plain random search (Bergstra, Bengio: "Random search for
// hyper-parameter optimization", JMLR 2012).
//
// Point i has the coordinates u_ij ~ U[0, 1), j < d, multiples of 2^-53 drawn from the
// counter-based stream (seed, i). Prefer it where trials come one at a time for as long as time
// lasts and nothing may depend on what was planned; sobol covers the cube more evenly for the same
// number of points.
//
// Length: endless. Dimensions: any. Cost: about 6 ns a coordinate, no memory.
#ifndef STURGEON_SAMPLERS_UNIFORM_UNIFORM_H_
#define STURGEON_SAMPLERS_UNIFORM_UNIFORM_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "core/option_schema.h"
#include "core/sampler.h"

namespace sturgeon {

struct UniformOptions {};

class UniformSampler final : public Sampler {
 public:
  static const Schema<UniformOptions>& OptionSchema();
  static absl::StatusOr<std::unique_ptr<Sampler>> Create(UniformOptions options,
                                                         const SamplerContext& context);

  absl::Status Sample(int64_t first, absl::Span<double> out) const override;

 private:
  explicit UniformSampler(const SamplerContext& context)
      : dimensions_(context.dimensions), seed_(context.seed) {}

  const int dimensions_;
  const uint64_t seed_;
};

inline constexpr SamplerPlugin kUniformSampler =
    MakeSamplerPlugin<UniformSampler>("uniform", "Independent uniform points");

}  // namespace sturgeon

#endif  // STURGEON_SAMPLERS_UNIFORM_UNIFORM_H_
