//! Measures what a plan asks for, on a real wire under the daemon's own faults, and prints it; judges nothing.
//! `scripts/bench/impact.ts` writes the plan, with its predictions, before this runs: WIRE_PLAN names the file, and every line
//! that begins with `wire ` is an answer in JSON.
#![allow(unsafe_code, reason = "socket options of TCP and entering a namespace are system calls without a safe wrapper")]

#[allow(dead_code, reason = "shared with the other network tests, which use the rest")]
#[path = "network/faults.rs"]
mod faults;
#[allow(dead_code, reason = "shared with the other network tests, which use the rest")]
#[path = "network/lab.rs"]
mod lab;
#[path = "wire/plan.rs"]
mod plan;
#[path = "wire/pool.rs"]
mod pool;
#[path = "wire/ready.rs"]
mod ready;
#[path = "wire/streams.rs"]
mod streams;
#[path = "wire/transfer.rs"]
mod transfer;
#[allow(dead_code, reason = "shared with the throughput tests, which use the rest")]
#[path = "network/window.rs"]
mod window;

use chaosgated::effect::network::NetworkEffects;

use faults::{back_end, inject, shaped};
use lab::Lab;
use plan::{Batch, Measure, Plan, say};

#[derive(serde::Serialize)]
struct Kernel {
    release: String,
}

#[test]
#[ignore = "a measurement: takes a plan and prints figures"]
fn the_wire_answers_a_plan() {
    let path = std::env::var("WIRE_PLAN").expect("WIRE_PLAN names a plan");
    let plan = Plan::read(&path);
    say("kernel", &Kernel { release: lab::kernel_release() });
    for batch in &plan.batches {
        // A lab lives four minutes and a batch less; a fresh one has no memory of earlier streams either.
        measure(&Lab::new(), batch);
    }
    println!("wire {{\"done\":{}}}", plan.batches.len());
}

fn measure(lab: &Lab, batch: &Batch) {
    lab.forget_streams();
    if let Some(rate) = batch.link_bits_per_second {
        lab.narrow_the_way_to_the_peer(rate);
    }
    let effects = NetworkEffects::new(back_end());
    let fault = shaped(batch.direction(), batch.netem());
    if let [Measure::Pool(asked)] = batch.cells.as_slice() {
        let seen = pool::fill(lab, asked, || inject(&effects, "run-1/wire", &fault, &lab.victim).expect("injects"));
        return say(&asked.id, &seen);
    }
    let active = batch.is_faulted().then(|| inject(&effects, "run-1/wire", &fault, &lab.victim).expect("injects"));
    for cell in &batch.cells {
        match cell {
            Measure::Stream(asked) => say(&asked.id, &streams::carry_all(lab, asked)),
            Measure::RoundTrip(asked) => say(&asked.id, &transfer::round_trips(lab, asked)),
            Measure::Transfer(asked) => say(&asked.id, &transfer::fetch_all(lab, asked)),
            Measure::Pool(asked) => panic!("{}: a pool is a batch of its own, its fault begins while it works", asked.id),
        }
    }
    if let Some(active) = active {
        effects.undo(&active.receipt).expect("undoes");
    }
}
