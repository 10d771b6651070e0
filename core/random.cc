#include "core/random.h"

namespace sturgeon {

namespace {
constexpr double kTwoPi = 6.283185307179586476925286766559;
}  // namespace

std::array<uint32_t, 4> Philox4x32(std::array<uint32_t, 4> counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = uint64_t{0xD2511F53} * counter[0];
    const uint64_t b = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(b >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(b),
               static_cast<uint32_t>(a >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(a)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

void RandomStream::Refill() {
  const std::array<uint32_t, 4> words = Philox4x32(
      {static_cast<uint32_t>(trial_), static_cast<uint32_t>(trial_ >> 32), stream_, block_++},
      {static_cast<uint32_t>(seed_), static_cast<uint32_t>(seed_ >> 32)});
  // Consumed from the back, so that the first word pair comes out first.
  buffer_[1] = uint64_t{words[1]} << 32 | words[0];
  buffer_[0] = uint64_t{words[3]} << 32 | words[2];
  left_ = 2;
}

uint64_t RandomStream::Below(uint64_t n) {
  // Lemire, "Fast random integer generation in an interval" (2019): the high half of x * n, where
  // the few x that would favour some results are drawn again.
  const auto multiply = [n](uint64_t x) { return static_cast<unsigned __int128>(x) * n; };
  unsigned __int128 product = multiply((*this)());
  if (static_cast<uint64_t>(product) < n) {
    const uint64_t threshold = -n % n;
    while (static_cast<uint64_t>(product) < threshold) product = multiply((*this)());
  }
  return static_cast<uint64_t>(product >> 64);
}

double RandomStream::Normal() {
  if (has_spare_) {
    has_spare_ = false;
    return spare_;
  }
  const double radius = std::sqrt(-2 * std::log(1 - Uniform()));  // 1 - U is never 0
  const double angle = kTwoPi * Uniform();
  spare_ = radius * std::sin(angle);
  has_spare_ = true;
  return radius * std::cos(angle);
}

}  // namespace sturgeon
