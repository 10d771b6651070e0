#include "samplers/sobol/sobol.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_cat.h"
#include "core/random.h"
#include "samplers/sobol/directions.h"

namespace sturgeon {
namespace {

constexpr int kBits = 32;

// Multiplies each of `directions`, as a column of binary digits, by one random lower triangular
// matrix with ones on its diagonal. Row r gives digit r out of the digits 0 … r, where digit 0 is
// the highest bit.
void ScrambleLinearly(RandomStream& rng, std::array<uint32_t, kBits>& directions) {
  std::array<uint32_t, kBits> scrambled{};
  for (int bit = kBits - 1; bit >= 0; --bit) {
    const uint32_t diagonal = uint32_t{1} << bit;
    const uint32_t above = ~(diagonal | (diagonal - 1));
    const uint32_t row = (static_cast<uint32_t>(rng()) & above) | diagonal;
    for (int k = 0; k < kBits; ++k) {
      if (__builtin_parity(row & directions[k])) scrambled[k] |= diagonal;
    }
  }
  directions = scrambled;
}

void XorInto(const uint32_t* from, std::vector<uint32_t>& to) {
  for (size_t j = 0; j < to.size(); ++j) to[j] ^= from[j];
}

}  // namespace

const Schema<SobolOptions>& SobolSampler::OptionSchema() {
  static const auto* const schema = new Schema<SobolOptions>(Schema<SobolOptions>().Add(
      "scramble", &SobolOptions::scramble,
      "Whether the seed randomises the points; otherwise they are Sobol's own."));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Sampler>> SobolSampler::Create(SobolOptions options,
                                                              const SamplerContext& context) {
  if (context.dimensions > kSobolDimensions) {
    return absl::InvalidArgumentError(
        absl::StrCat("there are direction numbers for ", kSobolDimensions, " dimensions, not for ",
                     context.dimensions, " dimensions; latin_hypercube and uniform have no limit"));
  }
  return std::unique_ptr<Sampler>(new SobolSampler(options, context));
}

SobolSampler::SobolSampler(const SobolOptions& options, const SamplerContext& context)
    : dimensions_(context.dimensions),
      directions_(static_cast<size_t>(kBits) * context.dimensions),
      shift_(context.dimensions) {
  for (int j = 0; j < dimensions_; ++j) {
    std::array<uint32_t, kBits> directions = SobolDirections(j);
    if (options.scramble) {
      RandomStream rng(context.seed, j, kDesignStream);
      ScrambleLinearly(rng, directions);
      shift_[j] = static_cast<uint32_t>(rng());
    }
    for (int k = 0; k < kBits; ++k) directions_[k * dimensions_ + j] = directions[k];
  }
}

absl::Status SobolSampler::Sample(int64_t first, absl::Span<double> out) const {
  const size_t d = dimensions_;
  if (out.size() / d > size() - std::min(first, size())) {
    return absl::OutOfRangeError(absl::StrCat("the Sobol' sequence has only ", size(), " points"));
  }
  std::vector<uint32_t> digits = shift_;
  const uint64_t gray = first ^ (first >> 1);
  for (int k = 0; k < kBits; ++k) {
    if (gray >> k & 1) XorInto(&directions_[k * d], digits);
  }
  for (size_t begin = 0; begin < out.size(); begin += d) {
    // From one index to the next the Gray code changes in the lowest set bit of the latter.
    if (begin > 0) XorInto(&directions_[__builtin_ctzll(++first) * d], digits);
    for (size_t j = 0; j < d; ++j) out[begin + j] = digits[j] * 0x1p-32;
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
