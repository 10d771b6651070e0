// Error messages for names that are not known: the nearest one, and the whole list.
#ifndef STURGEON_CORE_SUGGEST_H_
#define STURGEON_CORE_SUGGEST_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace sturgeon {

// The known name with the smallest edit distance to `name`, if it is near enough to be what was
// meant (at most a third of its letters differ, and at most 3); otherwise empty.
std::string Nearest(absl::string_view name, const std::vector<std::string>& known);

// `unknown strategy "tpee"; did you mean "tpe"? Known: grid, random, tpe`
std::string UnknownName(absl::string_view what, absl::string_view name,
                        const std::vector<std::string>& known);

}  // namespace sturgeon

#endif  // STURGEON_CORE_SUGGEST_H_
