#include "core/checkpoint.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace sturgeon {
namespace {

constexpr absl::string_view kMagic("SturgCkp", 8);
constexpr uint32_t kVersion = 1;
constexpr size_t kChecked = kMagic.size() + 4 + 4;  // where the bytes begin that are checked

// kCrcTables[k][b]: the checksum of the byte b with k zero bytes behind it, so that eight bytes are
// taken at a time.
constexpr int kSlices = 8;
using CrcTables = std::array<std::array<uint32_t, 256>, kSlices>;

constexpr CrcTables MakeCrcTables() {
  CrcTables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? 0x82F63B78u : 0);
    tables[0][byte] = crc;
  }
  for (int k = 1; k < kSlices; ++k) {
    for (int byte = 0; byte < 256; ++byte) {
      const uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr CrcTables kCrcTables = MakeCrcTables();

// Unsigned integers byte by byte: the same file on every machine.
template <typename T>
void Put(T value, std::string* out) {
  for (size_t i = 0; i < sizeof(T); ++i) {
    out->push_back(static_cast<char>((value >> (8 * i)) & 0xFF));
  }
}

uint64_t BitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof(bits));
  return bits;
}

template <typename T>
bool Take(absl::string_view* in, T* value) {
  if (in->size() < sizeof(T)) return false;
  *value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    *value |= static_cast<T>(static_cast<unsigned char>((*in)[i])) << (8 * i);
  }
  in->remove_prefix(sizeof(T));
  return true;
}

bool Take(absl::string_view* in, double* value) {
  uint64_t bits = 0;
  if (!Take(in, &bits)) return false;
  std::memcpy(value, &bits, sizeof(bits));
  return true;
}

bool Take(absl::string_view* in, int64_t* value) {
  uint64_t bits = 0;
  if (!Take(in, &bits)) return false;
  std::memcpy(value, &bits, sizeof(bits));
  return true;
}

bool Take(absl::string_view* in, uint64_t size, absl::string_view* bytes) {
  if (in->size() < size) return false;
  *bytes = in->substr(0, size);
  in->remove_prefix(size);
  return true;
}

}  // namespace

uint32_t Crc32c(absl::string_view bytes) {
  uint32_t crc = 0xFFFFFFFFu;
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  size_t left = bytes.size();
  for (; left >= kSlices; left -= kSlices, at += kSlices) {
    uint32_t next = 0;
    for (int i = 0; i < 4; ++i) {
      next ^= kCrcTables[7 - i][((crc >> (8 * i)) & 0xFF) ^ at[i]] ^ kCrcTables[3 - i][at[4 + i]];
    }
    crc = next;
  }
  for (; left > 0; --left, ++at) crc = (crc >> 8) ^ kCrcTables[0][(crc ^ *at) & 0xFF];
  return ~crc;
}

std::string EncodeCheckpoint(const Checkpoint& checkpoint) {
  std::string checked;
  checked.reserve(64 + checkpoint.model.size() + 8 * checkpoint.metrics.size() +
                  checkpoint.state.size());
  Put(static_cast<uint64_t>(checkpoint.trial), &checked);
  Put(static_cast<uint64_t>(checkpoint.step), &checked);
  Put(checkpoint.seed, &checked);
  Put(BitsOf(checkpoint.train_seconds), &checked);
  Put(static_cast<uint32_t>(checkpoint.model.size()), &checked);
  checked += checkpoint.model;
  Put(static_cast<uint32_t>(checkpoint.metrics.size()), &checked);
  for (const double metric : checkpoint.metrics) Put(BitsOf(metric), &checked);
  Put(static_cast<uint64_t>(checkpoint.state.size()), &checked);
  checked += checkpoint.state;

  std::string head(kMagic);
  Put(kVersion, &head);
  Put(Crc32c(checked), &head);
  return head + checked;
}

absl::StatusOr<Checkpoint> DecodeCheckpoint(absl::string_view bytes) {
  if (bytes.empty()) return absl::DataLossError("it is empty");
  if (bytes.substr(0, kMagic.size()) != kMagic.substr(0, bytes.size())) {
    return absl::DataLossError("it is no checkpoint (its first bytes differ)");
  }
  if (bytes.size() < kChecked) return absl::DataLossError("it is cut off");
  absl::string_view rest = bytes.substr(kMagic.size());
  uint32_t version = 0, checksum = 0;
  Take(&rest, &version);
  Take(&rest, &checksum);
  if (version != kVersion) {
    return absl::DataLossError(
        absl::StrCat("its format is version ", version, ", this program knows version ", kVersion));
  }
  if (Crc32c(rest) != checksum) {
    return absl::DataLossError("it is damaged or cut off (its checksum does not match)");
  }

  // Past the checksum only what another program has written can be malformed; it is checked too.
  Checkpoint checkpoint;
  uint32_t model_size = 0, metrics = 0;
  uint64_t state_size = 0;
  absl::string_view model;
  bool complete = Take(&rest, &checkpoint.trial) && Take(&rest, &checkpoint.step) &&
                  Take(&rest, &checkpoint.seed) && Take(&rest, &checkpoint.train_seconds) &&
                  Take(&rest, &model_size) && Take(&rest, model_size, &model) &&
                  Take(&rest, &metrics) && metrics <= rest.size() / sizeof(double);
  if (complete) {
    checkpoint.metrics.resize(metrics);
    for (double& metric : checkpoint.metrics) Take(&rest, &metric);
  }
  complete = complete && Take(&rest, &state_size) && state_size == rest.size() &&
             checkpoint.trial >= 0 && checkpoint.step >= 1;
  if (!complete) return absl::DataLossError("its header is malformed");
  checkpoint.model.assign(model.data(), model.size());
  checkpoint.state.assign(rest.data(), rest.size());
  return checkpoint;
}

}  // namespace sturgeon
