// A checkpoint: a model's state at a step, and the bytes that it is kept as.
//
// The format, version 1; numbers are little-endian, strings and lists follow their u32 length:
//   "SturgCkp"      8 bytes
//   version         u32
//   checksum        u32, CRC-32C of all bytes that follow
//   trial, step     i64, i64
//   seed            u64
//   train_seconds   f64
//   model           string
//   metrics         list of f64
//   state           u64 length, then the bytes up to the end
// Whatever was cut off, damaged or made by another program is told apart from a checkpoint.
#ifndef STURGEON_CORE_CHECKPOINT_H_
#define STURGEON_CORE_CHECKPOINT_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

struct Checkpoint {
  int64_t trial = 0;            // that made it
  int64_t step = 0;             // how far it was trained
  uint64_t seed = 0;            // ModelOptions::seed of the model that was saved
  double train_seconds = 0;     // kTrainSeconds at that step
  std::string model;            // the plugin's name
  std::vector<double> metrics;  // what Model::Train returned for that step
  std::string state;            // Model::Save
};

// Cost: O(bytes); some 2 GB/s.
std::string EncodeCheckpoint(const Checkpoint& checkpoint);

// DataLoss: these are no checkpoint, or a damaged one; says in which way.
absl::StatusOr<Checkpoint> DecodeCheckpoint(absl::string_view bytes);

// CRC-32C (Castagnoli's polynomial 0x1EDC6F41, reflected; RFC 3720, B.4): 0xE3069283 for
// "123456789".
uint32_t Crc32c(absl::string_view bytes);

}  // namespace sturgeon

#endif  // STURGEON_CORE_CHECKPOINT_H_
