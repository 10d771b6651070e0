// Counter-based random streams.
//
// A `RandomStream` is a pure function of (seed, trial, stream) and of how many numbers were drawn
// from it. Nothing is shared: two trials never influence each other's draws, so a study can be
// resumed, replayed, or computed on another machine in another order, and the same numbers come
// out.
//
//   RandomStream rng(study.seed, trial_id, kProposalStream);
//   double u = rng.Uniform();       // [0, 1)
//   double z = rng.Normal();        // N(0, 1)
//   uint64_t k = rng.Below(6);      // a die
//
// The generator is Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel random numbers: as easy as
// 1, 2, 3", SC 2011). The key is the seed; the 128-bit counter holds the trial, the stream and the
// number of the block, so distinct (trial, stream) never overlap. Distributions are our own, since
// those of <random> differ between standard libraries.
//
// Threads: an object belongs to one thread; making a new one is cheap (no state to fill).
#ifndef STURGEON_CORE_RANDOM_H_
#define STURGEON_CORE_RANDOM_H_

#include <array>
#include <cmath>
#include <cstdint>
#include <utility>

#include "absl/types/span.h"

namespace sturgeon {

// Streams that the framework itself uses. A plugin that needs several independent streams of one
// trial numbers its own from `kFirstPluginStream` on.
enum : uint32_t {
  kProposalStream = 0,  // a strategy's draws for the trial that it proposes
  kModelStream = 1,     // the seed that a trial's model gets
  kDesignStream = 2,    // the randomisation of a whole design (scrambling, permutations)
  kFirstPluginStream = 16,
};

// A well mixed function of 64 bits without collisions, for hashes: the step and the finaliser of
// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", OOPSLA 2014).
inline uint64_t SplitMix64(uint64_t z) {
  z += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

// One block of Philox4x32-10: four 32-bit words out of a counter and a key.
std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key);

class RandomStream {
 public:
  using result_type = uint64_t;

  RandomStream(uint64_t seed, uint64_t trial, uint32_t stream)
      : seed_(seed), trial_(trial), stream_(stream) {}

  static constexpr result_type min() { return 0; }
  static constexpr result_type max() { return ~uint64_t{0}; }

  // 64 uniform bits.
  result_type operator()() {
    if (left_ == 0) Refill();
    return buffer_[--left_];
  }

  // Uniform in [0, 1): the 2^53 multiples of 2^-53.
  double Uniform() { return static_cast<double>((*this)() >> 11) * 0x1p-53; }

  // Uniform in [low, high).
  double Uniform(double low, double high) { return low + (high - low) * Uniform(); }

  // Uniform in {0, ..., n - 1}, without bias (Lemire's method). `n` must not be 0.
  uint64_t Below(uint64_t n);

  // Standard normal (Box-Muller; draws two uniforms every second call).
  double Normal();

  // Puts `items` into a uniformly random order (Fisher-Yates).
  template <typename T>
  void Shuffle(absl::Span<T> items) {
    for (size_t i = items.size(); i > 1; --i) std::swap(items[i - 1], items[Below(i)]);
  }

 private:
  void Refill();

  uint64_t seed_;
  uint64_t trial_;
  uint32_t stream_;
  uint32_t block_ = 0;
  std::array<uint64_t, 2> buffer_{};
  int left_ = 0;
  bool has_spare_ = false;
  double spare_ = 0;
};

}  // namespace sturgeon

#endif  // STURGEON_CORE_RANDOM_H_
