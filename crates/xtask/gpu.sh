#!/usr/bin/env bash
# Trains and tests the paper's CIFAR-10 networks on one NVIDIA GPU whose machine has Python's PyTorch 2.11 with CUDA, and
# nothing else of this project. `cargo xtask gpu-bundle` makes the folders that this script lies in; docs/reproducing.md says how.
#
#   gpu.sh unpack                take what this folder has (programs, data) to $WORK
#   gpu.sh smoke                 one short training and test: does the GPU answer?
#   gpu.sh try                   a few hundred steps of each kind: images a second, share of injection, memory
#   gpu.sh all SECONDS           queue randbet-8 and the rest of $NAMES, with as many epochs as fit into the time
#   gpu.sh queue EPOCHS LIST...  train, test and pack the networks of lists such as clipping-8,normal-8:30 (30 epochs instead), those
#                                of a list one after the other, lists beside each other
#   gpu.sh train NAME EPOCHS     train a network, or go on where its checkpoint was written
#   gpu.sh table NAME MAPS       its errors under random bit errors and on chips A, B, C, to $WORK/runs/NAME
#   gpu.sh keep NAME             all of it to $OUT/NAME.tar, or NAME.tar.00 and so on of 15 MB, its weights as codes where these stand
#                                for them
#
# NAME is METHOD-BITS: normal, rquant, clipping (0.1) or randbet (0.1, p = 1 %), and 8 or 4, such as randbet-8.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=${WORK:-${XDG_CACHE_HOME:-$HOME/.cache}/sram-sim/gpu}
out=${OUT:-$work/out}
precision=${PRECISION:-bfloat16}
# A CPU, to try this script where there is no GPU.
device=${DEVICE:-cuda}
if [ $# -gt 0 ]; then mkdir -p "$work/cifar10" "$work/runs" "$out"; fi

# Programs are linked for CPUs; libtorch finds the GPU if its part for CUDA is loaded beside them.
sram_sim() {
    local torch preload=()
    if [ "$device" != cpu ]; then
        torch=$(python3 -c 'import importlib.util as u; print(u.find_spec("torch").submodule_search_locations[0])')
        preload=("TORCH_CPP_LOG_LEVEL=ERROR" "LD_LIBRARY_PATH=$torch/lib" "LD_PRELOAD=$torch/lib/libtorch_cuda.so")
    fi
    env "${preload[@]}" "$work/sram-sim" "$@"
}

# Waits for processes, and fails if one of them did.
all_end_well() {
    local pid failed=0
    for pid in "$@"; do wait "$pid" || failed=1; done
    return "$failed"
}

unpack() {
    local file
    if [ -f "$here/programs.tar.xz" ]; then tar -xJf "$here/programs.tar.xz" -C "$work"; fi
    local pids=()
    for file in "$here"/*.bin.xz; do
        [ -f "$file" ] || continue
        xz -dc "$file" >"$work/cifar10/$(basename "$file" .xz)" &
        pids+=($!)
    done
    for file in "$here"/*.bin; do
        if [ -f "$file" ]; then cp "$file" "$work/cifar10/"; fi
    done
    all_end_well "${pids[@]}"
    ls -l "$work" "$work/cifar10"
}

# The options of a network's training.
options() {
    case $1 in
        normal-*) echo --method normal ;;
        rquant-*) echo --method rquant ;;
        clipping-*) echo --method clipping --wmax 0.1 ;;
        randbet-*) echo --method randbet --wmax 0.1 --rate 1% ;;
        *) echo "unknown network $1" >&2 && exit 2 ;;
    esac
    echo --bits "${1##*-}"
}

train() {
    # shellcheck disable=SC2046
    sram_sim train --model simplenet --data "cifar10:${data:-$work/cifar10}" --device "$device" --precision "$precision" \
        $(options "$1") --epochs "$2" --out "$work/runs/$1" "${@:3}"
}

table() {
    local run="$work/runs/$1" test=(--data "cifar10:${data:-$work/cifar10}" --device "$device" --images 9000 --format csv)
    sram_sim eval --weights "$run/weights.safetensors" "${test[@]}" --maps "$2" \
        --rate "${RATES:-0.01%,0.05%,0.1%,0.5%,1%,1.5%,2%,2.5%}" >"$run/rates.csv" || return 1
    sram_sim eval --weights "$run/weights.safetensors" "${test[@]}" --maps 4 \
        --chip A,B,C --voltage 0.85,0.8,0.775 >"$run/chips.csv"
}

keep() {
    local run="$work/runs/$1"
    local without=(--exclude checkpoint.safetensors)
    case $1 in
        # Of truncated codes the weights cannot be had back.
        normal-*) ;;
        *)
            sram_sim inject --weights "$run/weights.safetensors" --rate 0 --clean-codes "$run/codes.safetensors" \
                >"$run/codes.txt" || return 1
            without+=(--exclude weights.safetensors)
            ;;
    esac
    # In pieces, where one is more than what some machines give back at a time.
    tar -c -C "$work/runs" "${without[@]}" "$1" | split -b 15M -d - "$out/$1.tar."
    if [ "$(ls "$out/$1.tar."* | wc -l)" = 1 ]; then mv "$out/$1.tar.00" "$out/$1.tar"; fi
}

# Processes wait for each other's turns on a GPU unless a server puts what they do together.
share() {
    export CUDA_MPS_PIPE_DIRECTORY=$work/mps CUDA_MPS_LOG_DIRECTORY=$work/mps
    mkdir -p "$work/mps"
    if nvidia-cuda-mps-control -d && timeout 60 bash "$here/gpu.sh" smoke >"$work/smoke.log" 2>&1; then
        echo "processes share the GPU"
        trap 'echo quit | nvidia-cuda-mps-control' EXIT
    else
        echo quit | nvidia-cuda-mps-control || true
        unset CUDA_MPS_PIPE_DIRECTORY CUDA_MPS_LOG_DIRECTORY
        echo "processes take turns on the GPU"
    fi
}

rate_of() {
    tail -n 1 "$work/runs/$1/log.jsonl" | sed 's/.*"images_per_second":\([0-9]*\).*/\1/'
}

# Trains, tests and packs the networks of a list.
one_by_one() {
    local name
    for name in ${2//,/ }; do
        local epochs=$1
        if [[ $name == *:* ]]; then epochs=${name#*:} name=${name%:*}; fi
        train "$name" "$epochs" --test-every 10 && table "$name" "${MAPS:-20}" && keep "$name" || return 1
    done
}

queue() {
    local list pids=() failed=0
    for list in "${@:2}"; do
        one_by_one "$1" "$list" >"$work/$list.txt" 2>&1 &
        pids+=($!)
    done
    all_end_well "${pids[@]}" || failed=1
    for list in "${@:2}"; do tail -n 2 "$work/$list.txt"; done
    echo "$SECONDS s"
    return "$failed"
}

all() {
    local list lists names=() epochs rates=() pids=() last=${LAST:-55}
    read -ra lists <<<"randbet-8 ${NAMES:-clipping-8 rquant-8}"
    share
    # The first of each list.
    for list in "${lists[@]}"; do
        local name=${list%%,*} count=20000
        name=${name%%:*}
        if [ "$name" = randbet-8 ]; then count=10000; fi
        train "$name" 3 --images "$count" --test-every 3 >"$work/$name.txt" 2>&1 &
        pids+=($!)
        names+=("$name")
    done
    all_end_well "${pids[@]}" || { tail -n 3 "$work"/*-*.txt && return 1; }
    for name in "${names[@]}"; do rates+=("$(rate_of "$name")"); done
    # Those without bit errors end first; then randbet has the GPU for itself. An eighth is left for what tests take.
    epochs=$(python3 - "${rates[@]}" <<END
import sys
rates = [float(rate) for rate in sys.argv[1:]]
print("images a second:", rates, file=sys.stderr)
shared = 50000 / (sum(rates[1:]) / len(rates[1:]))
# What it gains by that.
alone = ${ALONE:-1.6} * rates[0]
epoch = shared + max(0, 50000 - rates[0] * shared) / alone
print(max(1, int(0.875 * ($1 - $SECONDS - $last) / epoch)))
END
)
    echo "$SECONDS s: $epochs epochs"
    rm -rf "$work/runs"/*
    queue "$epochs" "${lists[@]}"
}

case ${1:-} in
    unpack) unpack ;;
    all) all "$2" ;;
    queue) share && queue "${@:2}" ;;
    smoke)
        rm -rf "$work/smoke"
        sram_sim train --model lenet5 --data digits --method randbet --wmax 0.1 --rate 5% --epochs 2 --device "$device" --out "$work/smoke"
        sram_sim eval --weights "$work/smoke/weights.safetensors" --data digits --rate 1% --maps 2 --device "$device"
        ;;
    try)
        # One batch of the data stands for all.
        data=$work/try
        mkdir -p "$data"
        for batch in test_batch data_batch_{1..5}; do
            ln -sf "$work/cifar10/${batch/%[2-5]/1}.bin" "$data/$batch.bin"
        done
        for precision in tf32 bfloat16; do
            for name in clipping-8 randbet-8; do
                rm -rf "$work/runs/$name"
                train "$name" 2 --images 10000 --test-every 2
                tail -n 1 "$work/runs/$name/log.jsonl"
            done
        done
        # Two at a time: does the GPU have room for another?
        rm -rf "$work/runs"/*
        train randbet-8 2 --images 10000 --test-every 2 >/dev/null &
        train clipping-8 4 --images 10000 --test-every 4 >/dev/null &
        sleep 6
        nvidia-smi --query-gpu=memory.used,utilization.gpu --format=csv,noheader
        wait
        tail -qn 1 "$work/runs"/*/log.jsonl
        time sram_sim eval --weights "$work/runs/randbet-8/weights.safetensors" --data "cifar10:$data" --device "$device" \
            --images 9000 --rate 1% --maps 10
        nvidia-smi --query-gpu=name,memory.used,utilization.gpu --format=csv
        rm -rf "$work/runs"/*
        ;;
    train) train "$2" "$3" --test-every "${TEST_EVERY:-10}" --resume ;;
    table) table "$2" "$3" ;;
    keep) keep "$2" ;;
    *) sed -n '2,18s/^# \{0,1\}//p' "$0" && exit 2 ;;
esac
