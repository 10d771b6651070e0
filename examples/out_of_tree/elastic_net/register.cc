#include "core/model.h"
#include "elastic_net/elastic_net.h"

namespace elastic_net {
namespace {
const sturgeon::LinkedModel linked(kElasticNetModel);
}  // namespace
}  // namespace elastic_net
