#!/usr/bin/env bash
# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
#
# Measures what docs/results.md shows, the most telling first, and writes the page anew:
#
#   tools/measure_results.sh WORK [NAME...]    # all, or only those that are named
#
# WORK is a folder in which OTB and FIELD are data sets (links will do), PUBLISHED holds the boxes of
# published trackers and PEERS the networks of others; it gets the folder out. What is not there, or
# fails, is left out, and what ended before goes on where it was. Commit first: the page says at which
# commit it was measured. MORE holds further arguments of evaluations, such as "--seeds 1 --jobs 1".
set -uo pipefail
checkout=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "${1:?usage: tools/measure_results.sh WORK [NAME...]}" || exit 2
wanted=" ${*:2} "

measure() {  # NAME COMMAND...: into out/NAME
  [ "$wanted" = "  " ] || [[ $wanted == *" $1 "* ]] || return 0
  echo "==> $1"
  "${@:2}" --out "out/$1" || echo "==> $1: failed, or not all of it done" >&2
}

evaluate() {  # the same, with MORE
  # shellcheck disable=SC2086  # words
  measure "$@" ${MORE-}
}

measure moving rlt-bench lost --tracker rlt --cases 1 --set device=cpu
evaluate ope_otb rlt-bench ope OTB --tracker rlt --tracker csrt --tracker nano --peers-onnx PEERS --published PUBLISHED --seeds 3 --set device=cpu
evaluate ope_field rlt-bench ope FIELD --tracker rlt --tracker csrt --tracker nano --peers-onnx PEERS --seeds 3 --set device=cpu
evaluate lost_made rlt-bench lost --tracker rlt --tracker csrt --tracker nano --peers-onnx PEERS --cases 40 --scenario-seed 7 --set device=cpu
measure speed_otb rlt-bench speed OTB --tracker rlt --tracker rlt,backbone_runtime=pytorch,precision=float32 --tracker csrt --tracker mil --max-frames 60 --set device=cpu
measure speed_field rlt-bench speed FIELD --tracker rlt --tracker rlt,backbone_runtime=pytorch,precision=float32 --tracker csrt --tracker mil --max-frames 60 --set device=cpu
measure growth rlt-bench speed --growth --set device=cpu
[ -e Surfer_bag ] || rlt-bench make-bag OTB Surfer Surfer_bag
measure bag_lockstep rlt-bench bag Surfer_bag --set device=cpu
measure bag_live rlt-bench bag Surfer_bag --real-time --set device=cpu
measure bag_watched rlt-bench bag Surfer_bag --real-time --pictures --set device=cpu
# With a GPU; elsewhere what is there stays.
measure gpu_default rlt-bench gpu --only "first frame: default" --only card --only "features: default" --only "pace: default" --only "tracking: default" --only rates --only "stages: default" --only "launches: default" --only watching --only "two trackers"
measure gpu_paper rlt-bench gpu --set precision=tf32 --only "first frame: paper, VGG" --only "features: paper, VGG" --only "pace: paper, VGG" --only rates --only "stages: paper, VGG"
evaluate paper_otb rlt-bench ope OTB --tracker rlt:paper --tracker rlt:paper,attention_weight=0 --sequences Bird2,Couple,Deer,Football1,Skiing --seeds 3 --set device=cpu
evaluate table1_otb rlt-bench ablation table1 OTB --sequences Crossing,Deer,Couple,DragonBaby,Skiing --seeds 3 --set device=cpu
evaluate table1_field rlt-bench ablation table1 FIELD --sequences bike1,car14,Gull1,person11 --max-frames 100 --seeds 3 --set device=cpu
evaluate table1_paper rlt-bench ablation table1 OTB --preset paper --sequences Bird2,Couple,Deer,Football1,Skiing --seeds 1 --set device=cpu
evaluate table2_otb rlt-bench ablation table2 OTB --sequences Crossing,Deer,Couple,DragonBaby,Skiing --seeds 3 --set device=cpu
evaluate table2_field rlt-bench ablation table2 FIELD --sequences bike1,car14,Gull1,person11 --max-frames 100 --seeds 3 --set device=cpu
evaluate table2_paper rlt-bench ablation table2 OTB --preset paper --sequences Bird2,Couple,Deer,Football1,Skiing --seeds 1 --set device=cpu
measure fig2 rlt-bench ablation fig2 OTB --set device=cpu
measure fig3 rlt-bench ablation fig3 OTB --set device=cpu
measure reference rlt-bench speed --reference
evaluate settings_otb rlt-bench ablation settings OTB --sequences Bird2,Bolt2,Couple,Deer,DragonBaby,Skiing --max-frames 40 --seeds 3 --set device=cpu
evaluate settings_field rlt-bench ablation settings FIELD --sequences bike1,car14,Gull1,person11 --max-frames 40 --seeds 3 --set device=cpu

out=$PWD/out
cd "$checkout" && python -m rlt_ros.benchmark.report.results_page --from "$out"
