#include "samplers/halton/halton.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "core/random.h"

namespace sturgeon {
namespace {

constexpr double kBelowOne = 1 - 0x1p-53;

std::vector<uint32_t> FirstPrimes(int count) {
  std::vector<uint32_t> primes;
  for (uint32_t n = 2; primes.size() < count; ++n) {
    const auto divides = [n](uint32_t prime) { return n % prime == 0; };
    if (std::none_of(primes.begin(), primes.end(), divides)) primes.push_back(n);
  }
  return primes;
}

}  // namespace

const Schema<HaltonOptions>& HaltonSampler::OptionSchema() {
  static const auto* const schema = new Schema<HaltonOptions>(Schema<HaltonOptions>().Add(
      "scramble", &HaltonOptions::scramble,
      "Whether the seed permutes the digits; otherwise the points are Halton's own."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Sampler>> HaltonSampler::Create(HaltonOptions options,
                                                               const SamplerContext& context) {
  if (context.dimensions > kHaltonDimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("made for at most ", kHaltonDimensions, " dimensions, not for ",
                     context.dimensions, " dimensions; latin_hypercube and uniform have no limit"));
  }
  return std::unique_ptr<Sampler>(new HaltonSampler(options, context));
}

HaltonSampler::HaltonSampler(const HaltonOptions& options, const SamplerContext& context) {
  for (uint32_t base : FirstPrimes(context.dimensions)) {
    Axis axis;
    axis.base = base;
    // As many places as keep numerators exact in a double; they hold any index below 2^32.
    for (double power = 1; power <= 0x1p53; power *= base) axis.powers.push_back(power);
    const size_t places = axis.powers.size() - 1;
    axis.permutations.resize(places * base);
    RandomStream rng(context.seed, axes_.size(), kDesignStream);
    for (size_t p = 0; p < places; ++p) {
      const absl::Span<uint16_t> permutation(&axis.permutations[p * base], base);
      std::iota(permutation.begin(), permutation.end(), 0);
      if (options.scramble) rng.Shuffle(permutation);
    }
    axis.tails.resize(places + 1, 0);
    for (size_t p = places; p > 0; --p) {
      axis.tails[p - 1] = (axis.permutations[(p - 1) * base] + axis.tails[p]) / base;
    }
    axes_.push_back(std::move(axis));
  }
}

absl::Status HaltonSampler::Sample(int64_t first, absl::Span<double> out) const {
  const size_t d = axes_.size();
  if (out.size() / d > size() - std::min(first, size())) {
    return absl::OutOfRangeError(absl::StrCat("the Halton sequence has only ", size(), " points"));
  }
  auto index = static_cast<uint32_t>(first);
  for (size_t begin = 0; begin < out.size(); begin += d, ++index) {
    for (size_t j = 0; j < d; ++j) {
      const Axis& axis = axes_[j];
      const uint16_t* permutation = axis.permutations.data();
      uint64_t numerator = 0;
      size_t places = 0;
      for (uint32_t rest = index; rest > 0; rest /= axis.base) {
        numerator = numerator * axis.base + permutation[rest % axis.base];
        permutation += axis.base;
        ++places;
      }
      const double x = (static_cast<double>(numerator) + axis.tails[places]) / axis.powers[places];
      out[begin + j] = std::min(x, kBelowOne);
    }
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
