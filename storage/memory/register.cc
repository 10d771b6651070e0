#include "core/storage.h"
#include "storage/memory/memory.h"

namespace sturgeon {
namespace {
const LinkedStorage linked(kMemoryStorage);
}  // namespace
}  // namespace sturgeon
