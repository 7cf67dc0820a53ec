//! Ping pong between two actors on two threads: each runs in a runtime of its own with one thread,
//! since one runtime would run both on the same worker.
//!
//! Waking a thread costs the system's switch, tens of microseconds. So that this measures the hop and
//! not the wakening, an actor polls its mailbox a while before it waits.

use std::hint::spin_loop;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::error::TryRecvError;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, end_of, send, Bench, Outcome, Row};

const POLLS: usize = 300_000;

struct Ping;
struct Pong;

/// Takes the next message; none when there is no sender left. Waits only after it has polled a while.
async fn receive<T>(mailbox: &mut Receiver<T>) -> Option<T> {
    for _ in 0..POLLS {
        match mailbox.try_recv() {
            Ok(message) => return Some(message),
            Err(TryRecvError::Disconnected) => return None,
            Err(TryRecvError::Empty) => spin_loop(),
        }
    }
    mailbox.recv().await
}

async fn ping_actor(mut mailbox: Receiver<Pong>, pong: Sender<Ping>, pings: usize) {
    for _ in 0..pings {
        send(&pong, Ping).await;
        receive(&mut mailbox).await;
    }
}

/// Answers each ping, and reports how many it has seen.
async fn pong_actor(mut mailbox: Receiver<Ping>, ping: Sender<Pong>) -> usize {
    let mut count = 0;
    while let Some(Ping) = receive(&mut mailbox).await {
        count += 1;
        send(&ping, Pong).await;
    }
    count
}

fn new_thread() -> Runtime {
    Builder::new_multi_thread().worker_threads(1).build().expect("no runtime")
}

fn play(threads: &[Runtime; 2], pings: usize) -> Outcome {
    let (ping, to_ping) = channel(1);
    let (pong, to_pong) = channel(1);
    let seen = threads[0].spawn(pong_actor(to_pong, ping));
    threads[1].spawn(ping_actor(to_ping, pong, pings));
    check("pings", threads[0].block_on(end_of(seen)), pings)
}

pub fn measure(bench: &Bench) -> Outcome {
    let threads = [new_thread(), new_thread()];
    let pings = bench.scaled(40_000);
    let row = Row { name: "hop", variant: "", operations: 2 * pings };
    bench.measure_runs(row, || play(&threads, pings))
}
