#include "third_party/abi/libraries.h"

#include <zlib.h>

#include <string>
#include <thread>
#include <vector>

#include "Eigen/Dense"
#include "absl/container/flat_hash_map.h"
#include "absl/random/random.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "gflags/gflags.h"
#include "nlohmann/json.hpp"

DEFINE_string(abi_check, "", "What RoundTrip was given last.");

namespace sturgeon {
namespace {

absl::StatusOr<std::string> ThroughZlib(const std::string& text) {
  uLongf packed_size = compressBound(text.size());
  std::vector<Bytef> packed(packed_size);
  uLongf size = text.size();
  std::string result(size, '\0');
  if (compress(packed.data(), &packed_size, reinterpret_cast<const Bytef*>(text.data()),
               text.size()) != Z_OK ||
      uncompress(reinterpret_cast<Bytef*>(&result[0]), &size, packed.data(), packed_size) != Z_OK) {
    return absl::InternalError("zlib: compress and uncompress failed");
  }
  return result;
}

}  // namespace

absl::StatusOr<std::string> RoundTrip(const std::string& text) {
  const absl::StatusOr<std::string> unpacked = ThroughZlib(text);
  if (!unpacked.ok()) return unpacked.status();

  const nlohmann::json value = nlohmann::json::parse(nlohmann::json(*unpacked).dump(), nullptr,
                                                     /*allow_exceptions=*/false);
  if (!value.is_string()) return absl::InternalError("nlohmann_json: not a string");

  const Eigen::Matrix2d identity = Eigen::Matrix2d::Identity();
  if (!identity.inverse().isApprox(identity)) return absl::InternalError("eigen: inverse of I");

  // Two threads share a map: sanitizers must see Abseil's mutex order them.
  absl::Mutex mutex;
  absl::flat_hash_map<std::string, int> counts;
  bool started = false;
  std::thread other([&] {
    absl::MutexLock lock(&mutex);
    ++counts[value.get<std::string>()];
    started = true;
  });
  {
    absl::MutexLock lock(&mutex);
    mutex.Await(absl::Condition(&started));
    ++counts[text];
  }
  other.join();
  if (counts[text] != 2) return absl::InternalError("abseil-cpp: flat_hash_map");

  absl::BitGen random;
  if (absl::Uniform(random, 0, 1) != 0) return absl::InternalError("abseil-cpp: Uniform");
  if (absl::FormatDuration(absl::Milliseconds(1500)) != "1.5s") {
    return absl::InternalError("abseil-cpp: FormatDuration");
  }
  gflags::SetCommandLineOption("abi_check", counts.begin()->first.c_str());
  return absl::StrFormat("%s", FLAGS_abi_check);
}

}  // namespace sturgeon
