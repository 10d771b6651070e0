#include "samplers/latin_hypercube/latin_hypercube.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <utility>

#include "core/random.h"

namespace sturgeon {
namespace {

constexpr int kMaxSize = 65536;
constexpr int kSizeIfUnknown = 64;
constexpr uint32_t kPlaceInStratumStream = kFirstPluginStream;
constexpr double kBelowOne = 1 - 0x1p-53;

// The nearest pairs of some set: their squared distance in strata, and how many there are.
struct Nearest {
  int64_t squared_distance = std::numeric_limits<int64_t>::max();
  int64_t pairs = 0;

  void Add(int64_t squared) {
    if (squared < squared_distance) {
      squared_distance = squared;
      pairs = 0;
    }
    if (squared == squared_distance) ++pairs;
  }
  bool FurtherThan(const Nearest& other) const {
    return squared_distance != other.squared_distance ? squared_distance > other.squared_distance
                                                      : pairs < other.pairs;
  }
};

int64_t SquaredDistance(const uint32_t* a, const uint32_t* b, size_t dimensions) {
  int64_t sum = 0;
  for (size_t j = 0; j < dimensions; ++j) {
    const int64_t difference = int64_t{a[j]} - int64_t{b[j]};
    sum += difference * difference;
  }
  return sum;
}

// Swaps strata within dimensions, `tries` times at random, whenever that moves points apart.
void SpreadOut(int tries, size_t dimensions, std::vector<uint32_t>& strata, RandomStream& rng) {
  const size_t n = strata.size() / dimensions;
  if (n < 3) return;  // the only distance of two points cannot change
  for (int t = 0; t < tries; ++t) {
    const size_t a = rng.Below(n);
    const size_t b = (a + 1 + rng.Below(n - 1)) % n;
    const size_t j = rng.Below(dimensions);
    uint32_t* const point_a = &strata[a * dimensions];
    uint32_t* const point_b = &strata[b * dimensions];
    // What the swap adds to the distances of another point is known before it is made. The distance
    // between a and b stays what it is.
    Nearest before;
    Nearest after;
    for (size_t k = 0; k < n; ++k) {
      if (k == a || k == b) continue;
      const uint32_t* const point = &strata[k * dimensions];
      const int64_t from_a = SquaredDistance(point_a, point, dimensions);
      const int64_t from_b = SquaredDistance(point_b, point, dimensions);
      const int64_t along_a = int64_t{point_a[j]} - int64_t{point[j]};
      const int64_t along_b = int64_t{point_b[j]} - int64_t{point[j]};
      const int64_t change = along_b * along_b - along_a * along_a;
      before.Add(from_a);
      before.Add(from_b);
      after.Add(from_a + change);
      after.Add(from_b - change);
    }
    if (after.FurtherThan(before)) std::swap(point_a[j], point_b[j]);
  }
}

}  // namespace

const Schema<LatinHypercubeOptions>& LatinHypercubeSampler::OptionSchema() {
  static const auto* const schema = new Schema<LatinHypercubeOptions>(
      Schema<LatinHypercubeOptions>()
          .Add("size", &LatinHypercubeOptions::size,
               "Points of a design; 0: the planned number of points (at most 65,536), or 64 where "
               "that is not known.",
               Between(0, kMaxSize))
          .Add("centred", &LatinHypercubeOptions::centred,
               "Whether points stand in the middles of their strata instead of anywhere in them.")
          .Add("maximin_swaps", &LatinHypercubeOptions::maximin_swaps,
               "Swaps tried to move the nearest points apart; 100 a point do much.", AtLeast(0)));
  return *schema;
}

absl::StatusOr<std::unique_ptr<Sampler>> LatinHypercubeSampler::Create(
    LatinHypercubeOptions options, const SamplerContext& context) {
  if (options.size == 0) {
    options.size = context.count == 0
                       ? kSizeIfUnknown
                       : static_cast<int>(std::min<int64_t>(context.count, kMaxSize));
  }
  return std::unique_ptr<Sampler>(new LatinHypercubeSampler(options, context));
}

LatinHypercubeSampler::LatinHypercubeSampler(const LatinHypercubeOptions& options,
                                             const SamplerContext& context)
    : dimensions_(context.dimensions),
      seed_(context.seed),
      size_(options.size),
      centred_(options.centred),
      maximin_swaps_(options.maximin_swaps) {}

LatinHypercubeSampler::Strata LatinHypercubeSampler::MakeDesign(int64_t number) const {
  RandomStream rng(seed_, number, kDesignStream);
  Strata strata(static_cast<size_t>(size_) * dimensions_);
  std::vector<uint32_t> permutation(size_);
  for (int j = 0; j < dimensions_; ++j) {
    std::iota(permutation.begin(), permutation.end(), 0);
    rng.Shuffle(absl::MakeSpan(permutation));
    for (size_t i = 0; i < permutation.size(); ++i) strata[i * dimensions_ + j] = permutation[i];
  }
  SpreadOut(maximin_swaps_, dimensions_, strata, rng);
  return strata;
}

std::shared_ptr<const LatinHypercubeSampler::Strata> LatinHypercubeSampler::Design(
    int64_t number) const {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (number != latest_number_) {
    latest_ = std::make_shared<const Strata>(MakeDesign(number));
    latest_number_ = number;
  }
  return latest_;
}

absl::Status LatinHypercubeSampler::Sample(int64_t first, absl::Span<double> out) const {
  int64_t number = -1;
  std::shared_ptr<const Strata> design;
  for (size_t begin = 0; begin < out.size(); begin += dimensions_, ++first) {
    if (first / size_ != number) {
      number = first / size_;
      design = Design(number);
    }
    const uint32_t* const strata = &(*design)[first % size_ * dimensions_];
    RandomStream rng(seed_, first, kPlaceInStratumStream);
    for (int j = 0; j < dimensions_; ++j) {
      const double place = centred_ ? 0.5 : rng.Uniform();
      // The last stratum's end would round to 1.
      out[begin + j] = std::min((strata[j] + place) / size_, kBelowOne);
    }
  }
  return absl::OkStatus();
}

}  // namespace sturgeon
