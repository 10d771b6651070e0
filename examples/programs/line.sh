#!/bin/sh
# Fits a line by stochastic gradient descent, in awk: a trainer in the shell's language, to be tuned.
#
#     line.sh LEARNING_RATE DECAY EPOCHS
#
# It says after each epoch how far it is off, a JSON object on a line of its standard output.
# line.json tunes it: sturgeon tune --study=line.json
exec awk -v rate="$1" -v decay="$2" -v epochs="$3" '
BEGIN {
  # y = 3 x - 1, and a noise that every awk makes alike.
  for (i = 0; i < 200; ++i) {
    x[i] = i / 100 - 1
    noise = sin(i * 12.9898) * 43758.5453
    y[i] = 3 * x[i] - 1 + 0.2 * (noise - int(noise))
  }
  for (epoch = 1; epoch <= epochs; ++epoch) {
    for (k = 0; k < 200; ++k) {
      i = (k * 73 + epoch) % 200
      error = slope * x[i] + intercept - y[i]
      slope -= rate * error * x[i]
      intercept -= rate * error
    }
    rate *= decay
    sum = 0
    for (i = 0; i < 200; ++i) sum += (slope * x[i] + intercept - y[i]) ^ 2
    printf "{\"step\": %d, \"error\": %.6g}\n", epoch, sqrt(sum / 200)
    fflush()  # into a pipe, awk would keep its lines to itself until the end
  }
}'
