// Text with placeholders, as the options of the model `command` have it.
//
//   "--learning_rate={learning_rate}"
//   "--beta2={beta2?}"         where beta2 has no value, all of the text is left out
//   "--beta2={beta2:0.999}"    where beta2 has no value, this one stands for it
//   "{{not a placeholder}}"    {not a placeholder}
#ifndef STURGEON_MODELS_COMMAND_TEMPLATE_H_
#define STURGEON_MODELS_COMMAND_TEMPLATE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace sturgeon {

class Template {
 public:
  struct Placeholder {
    std::string name;
    bool optional = false;                // {name?}
    std::optional<std::string> fallback;  // {name:fallback}
  };

  // InvalidArgument: a brace without its partner, a placeholder without a name.
  static absl::StatusOr<Template> Parse(absl::string_view text);

  const std::string& text() const { return text_; }
  const std::vector<Placeholder>& placeholders() const { return placeholders_; }

  // The text with what `value` gives for each placeholder's name. nullopt: it gave nullopt for an
  // optional one. InvalidArgument: for one that is not, and has no fallback.
  absl::StatusOr<std::optional<std::string>> Render(
      const std::function<std::optional<std::string>(const std::string& name)>& value) const;

 private:
  std::string text_;
  std::vector<Placeholder> placeholders_;
  std::vector<std::string> literals_;  // around the placeholders: one more
};

}  // namespace sturgeon

#endif  // STURGEON_MODELS_COMMAND_TEMPLATE_H_
