#include "core/storage.h"
#include "storage/sqlite/sqlite.h"

namespace sturgeon {
namespace {
const LinkedStorage linked(kSqliteStorage);
}  // namespace
}  // namespace sturgeon
