#include "core/storage.h"
#include "storage/postgresql/postgresql.h"

namespace sturgeon {
namespace {
const LinkedStorage linked(kPostgresqlStorage);
}  // namespace
}  // namespace sturgeon
