//! A thousand askers of one actor at once, each one ask after the other.

use crate::ask::play;
use crate::bench::{Bench, Outcome, Row};

const ASKERS: usize = 1_000;

pub fn measure(bench: &Bench) -> Outcome {
    let asks = bench.scaled(100);
    let row = Row { name: "ask_many", variant: "", operations: ASKERS * asks };
    bench.measure(row, || play(ASKERS, asks))
}
