//! Savina's ping pong: two actors send one message to and fro.

use tokio::spawn;
use tokio::sync::mpsc::{channel, Receiver, Sender};

use crate::bench::{check, end_of, send, Bench, Outcome, Row};

pub struct Ping;

pub struct Pong {
    _number: usize,
}

/// Sends a ping, waits for its pong, and so on.
async fn ping_actor(mut mailbox: Receiver<Pong>, pong: Sender<Ping>, pings: usize) {
    for _ in 0..pings {
        send(&pong, Ping).await;
        mailbox.recv().await;
    }
}

/// Answers each ping, and reports how many it has seen.
async fn pong_actor(mut mailbox: Receiver<Ping>, ping: Sender<Pong>) -> usize {
    let mut count = 0;
    while let Some(Ping) = mailbox.recv().await {
        count += 1;
        send(&ping, Pong { _number: count }).await;
    }
    count
}

async fn play(pings: usize) -> Outcome {
    let (ping, to_ping) = channel(1);
    let (pong, to_pong) = channel(1);
    let seen = spawn(pong_actor(to_pong, ping));
    spawn(ping_actor(to_ping, pong, pings));
    check("pings", end_of(seen).await, pings)
}

pub fn measure(bench: &Bench) -> Outcome {
    let pings = bench.scaled(40_000);
    let row = Row { name: "ping_pong", variant: "", operations: 2 * pings };
    bench.measure(row, || play(pings))
}
