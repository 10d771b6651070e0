// A learning curve drawn with plain characters.
//
//   validation_error, log axis      * this model   x days that were left
//
//      0.5 +*
//          |  x
//      0.2 +  **
//          |    *x
//          |      **
//      0.1 +        **
//          +|-|-|-|-|-|
//    epoch  1 2 3 4 5 6
//      day  0 1 2 4 5 6
#ifndef STURGEON_RUNNERS_PANDA_PLOT_H_
#define STURGEON_RUNNERS_PANDA_PLOT_H_

#include <cstdint>
#include <string>
#include <vector>

namespace sturgeon {

struct Curve {
  struct Sample {
    int64_t step = 0;
    double value = 0;  // what is not finite is not drawn
  };
  struct Day {
    int64_t trial = 0;
    int64_t last_step = 0;
  };

  std::string metric;
  std::string unit;           // of the steps
  std::vector<Sample> model;  // of the days that made the model; steps grow
  std::vector<Sample> left;   // of other days
  std::vector<Day> days;      // that made the model; steps grow
};

// Lines of at most `width` columns (but 40 at least), `height` of them for the curve (5 at least).
// The axis is logarithmic where all values are positive and the model's largest is five times its
// least.
// What other days had far above or below the model's own curve stands at the edge as ^ or v. Days
// are marked on the axis where they end, with the numbers that find room. Cost: linear in what is
// drawn.
std::string DrawCurve(const Curve& curve, int width, int height);

}  // namespace sturgeon

#endif  // STURGEON_RUNNERS_PANDA_PLOT_H_
