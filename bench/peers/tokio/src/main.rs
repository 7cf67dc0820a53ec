//! The Tokio peer: the programs of the suite, each actor a task and its mailbox a bounded channel.
//!
//!     savina PROGRAM [--samples K] [--scale F] [--loops N]
//!
//! An actor ends when its mailbox has no sender left, or when it is told to; what it reports in the
//! end is the result of its task. Replies come in a oneshot of their own.
//!
//! Status 1: a program got a wrong answer. 2: the arguments make no sense. 3: no such program.

mod ask;
mod ask_many;
mod bank_transaction;
mod bench;
mod big;
mod bounded_buffer;
mod chameneos;
mod cigarette_smokers;
mod concurrent_dictionary;
mod concurrent_sorted_list;
mod counting;
mod dining_philosophers;
mod fan_in;
mod fork_join_create;
mod fork_join_throughput;
mod hop;
mod idle_actor;
mod logistic_map;
mod ping_pong;
mod random;
mod skynet;
mod sleeping_barber;
mod thread_ring;
mod waiting_task;

use std::env;
use std::process::exit;
use std::str::FromStr;

use bench::{Bench, Outcome};

const STATUS_WRONG: i32 = 1;
const STATUS_USAGE: i32 = 2;
const STATUS_NO_PROGRAM: i32 = 3;

type Program = fn(&Bench) -> Outcome;

const PROGRAMS: &[(&str, Program)] = &[
    ("ask", ask::measure),
    ("ask_many", ask_many::measure),
    ("bank_transaction", bank_transaction::measure),
    ("big", big::measure),
    ("bounded_buffer", bounded_buffer::measure),
    ("chameneos", chameneos::measure),
    ("cigarette_smokers", cigarette_smokers::measure),
    ("concurrent_dictionary", concurrent_dictionary::measure),
    ("concurrent_sorted_list", concurrent_sorted_list::measure),
    ("counting", counting::measure),
    ("dining_philosophers", dining_philosophers::measure),
    ("fan_in", fan_in::measure),
    ("fork_join_create", fork_join_create::measure),
    ("fork_join_throughput", fork_join_throughput::measure),
    ("hop", hop::measure),
    ("idle_actor", idle_actor::measure),
    ("logistic_map", logistic_map::measure),
    ("ping_pong", ping_pong::measure),
    ("skynet", skynet::measure),
    ("sleeping_barber", sleeping_barber::measure),
    ("thread_ring", thread_ring::measure),
    ("waiting_task", waiting_task::measure),
];

fn fail(status: i32, message: &str) -> ! {
    eprintln!("{message}");
    exit(status)
}

fn usage() -> ! {
    fail(STATUS_USAGE, "savina PROGRAM [--samples K] [--scale F] [--loops N]")
}

/// The number above zero that an option is given.
fn read<T: FromStr + PartialOrd + Default>(option: &str, argument: Option<String>) -> T {
    let text = argument.unwrap_or_default();
    match text.parse() {
        Ok(number) if number > T::default() => number,
        _ => fail(STATUS_USAGE, &format!("{option} wants a number above 0, not '{text}'")),
    }
}

fn read_options(mut arguments: impl Iterator<Item = String>) -> Bench {
    let (mut samples, mut scale, mut loops) = (7usize, 1f64, 1usize);
    while let Some(option) = arguments.next() {
        match option.as_str() {
            "--samples" => samples = read(&option, arguments.next()),
            "--scale" => scale = read(&option, arguments.next()),
            "--loops" => loops = read(&option, arguments.next()),
            _ => usage(),
        }
    }
    Bench::new(samples, scale, loops)
}

fn main() {
    let mut arguments = env::args().skip(1);
    let wanted = arguments.next().unwrap_or_else(|| usage());
    let (name, program) = match PROGRAMS.iter().find(|(name, _)| *name == wanted) {
        Some(found) => found,
        None => fail(STATUS_NO_PROGRAM, &format!("{wanted}: no such program")),
    };
    if let Err(wrong) = program(&read_options(arguments)) {
        fail(STATUS_WRONG, &format!("{name}: {wrong}"));
    }
}
