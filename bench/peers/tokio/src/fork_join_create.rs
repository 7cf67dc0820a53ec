//! Savina's fork join (creation): many actors are spawned, each computes one sine for the one message
//! it is sent, tells the collector, and ends.
//!
//! The spawner sends by the future although there is always room: Tokio has a task that does so yield
//! now and then, and actors that run in between leave their memory to the next.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, end_of, send, Bench, Outcome, Row};
use crate::fork_join_throughput::{squared_sine, ARGUMENT};

const ROOM: usize = 1024;

struct Done;

async fn actor(mut mailbox: Receiver<f64>, collector: Sender<Done>) {
    if let Some(x) = mailbox.recv().await {
        squared_sine(x);
        send(&collector, Done).await;
    }
}

/// Reports how many actors were done once none is left.
async fn collector(mut mailbox: Receiver<Done>) -> usize {
    let mut done = 0;
    while let Some(Done) = mailbox.recv().await {
        done += 1;
    }
    done
}

async fn play(actors: usize) -> Outcome {
    let (to_collector, mailbox) = channel(ROOM);
    let collector = spawn(collector(mailbox));
    for _ in 0..actors {
        let (to, mailbox) = channel(1);
        spawn(actor(mailbox, to_collector.clone()));
        let _ = to.send(ARGUMENT).await;
    }
    drop(to_collector);
    check("actors done", end_of(collector).await, actors)
}

pub fn measure(bench: &Bench) -> Outcome {
    let actors = bench.scaled(40_000);
    let row = Row { name: "fork_join_create", variant: "", operations: actors };
    bench.measure(row, || play(actors))
}
