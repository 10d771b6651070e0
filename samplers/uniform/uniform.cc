#include "samplers/uniform/uniform.h"

#include "core/random.h"

namespace sturgeon {

const Schema<UniformOptions>& UniformSampler::OptionSchema() {
  static const auto* const schema = new Schema<UniformOptions>();
  return *schema;
}

absl::StatusOr<std::unique_ptr<Sampler>> UniformSampler::Create(UniformOptions /*options*/,
                                                                const SamplerContext& context) {
  return std::unique_ptr<Sampler>(new UniformSampler(context));
}

absl::Status UniformSampler::Sample(int64_t first, absl::Span<double> out) const {
  for (size_t begin = 0; begin < out.size(); begin += dimensions_, ++first) {
    RandomStream rng(seed_, first, kDesignStream);
    for (double& coordinate : out.subspan(begin, dimensions_)) coordinate = rng.Uniform();
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
