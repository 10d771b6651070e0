# Trains nothing, for ten steps: sh trainer.sh SEED RATE CHECKPOINT ARTIFACTS
#
# Its error is a function of the seed, of the rates that it was run with, and of the step. The file
# of a checkpoint holds the step and the state. An empty CHECKPOINT: it begins afresh.
seed=$1 rate=$2 checkpoint=$3 artifacts=$4
step=0
state=$((seed % 9973))
if [ -n "$checkpoint" ]; then
  read -r step state < "$checkpoint"
fi
echo "training with rate $rate"
while [ "$step" -lt 10 ]; do
  step=$((step + 1))
  state=$(((state * 31 + rate * step) % 9973))
  file=""
  if [ -n "$artifacts" ]; then
    file="$artifacts/step-$step"
    echo "$step $state" > "$file"
  fi
  printf '{"step": %d, "error": 0.%04d, "loss": %d, "checkpoint": "%s"}\n' \
    "$step" "$state" "$state" "$file"
done
