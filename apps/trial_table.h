// Trials as rows of a table whose columns' widths are known before the first row, so that a study
// of any size can be shown as it is read.
#ifndef STURGEON_APPS_TRIAL_TABLE_H_
#define STURGEON_APPS_TRIAL_TABLE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "core/space.h"
#include "core/study_config.h"
#include "core/trial.h"

namespace sturgeon {

// "0.0123", "adam", "-" if inactive: short, and without control characters.
std::string ShowValue(const Parameter& parameter, double value);

class TrialTable {
 public:
  // `width` columns of a terminal; 0: as many as the table needs. Parameters that do not fit are
  // left out. `highest_id` says how wide ids are.
  TrialTable(const StudyConfig& config, int64_t highest_id, int width);

  // Lines with their ends.
  std::string Header() const;
  std::string Row(const Trial& trial) const;

  // How many parameters did not fit.
  int left_out() const { return config_.space.size() - shown_; }

 private:
  std::string Line(const std::vector<std::string>& cells) const;

  const StudyConfig& config_;
  std::vector<std::string> heads_;
  std::vector<int> widths_;
  int shown_ = 0;  // parameters
};

}  // namespace sturgeon

#endif  // STURGEON_APPS_TRIAL_TABLE_H_
